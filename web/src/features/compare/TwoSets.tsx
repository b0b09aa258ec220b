import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useLocation, useSearch } from "wouter";
import { overviewQuery } from "../../api/queries";
import { questionQuery } from "../../api/questions";
import type { AgentVersions, SetComparison } from "../../api/views.gen";
import { withParts } from "../../lib/address";
import { Asked } from "../../ui/Asked";
import { Icon } from "../../ui/icons";
import { Pick } from "../../ui/Pick";
import { Empty } from "../../ui/States";
import { TypeIn } from "../../ui/TypeIn";
import { SetChanges } from "./SetChanges";
import { SetSteps } from "./SetSteps";

const EVER = { range: "all", from: "", to: "" };
const WISHES = [
  "agent",
  "version",
  "environment",
  "from",
  "to",
  "with_version",
  "with_environment",
  "with_from",
  "with_to",
  "at",
] as const;
const OTHER = ["with_version", "with_environment", "with_from", "with_to", "at"] as const;

/** Two versions, two environments, or before and since a time: what differs, and how sure that is. */
export function TwoSets() {
  const search = useSearch();
  const [path, navigate] = useLocation();
  const given = new URLSearchParams(search);
  const wishes = Object.fromEntries(WISHES.map((name) => [name, given.get(name)]));
  const agents = useQuery(overviewQuery(EVER)).data?.agents.map((one) => one.agent) ?? [];
  const agent = given.get("agent");
  const versions = useQuery({
    ...questionQuery<AgentVersions>("versions", { agent }),
    enabled: agent !== null,
  });
  const known = versions.data?.versions ?? [];
  const names = known.flatMap(({ version }) => (version === null ? [] : [version]));
  const swap = () =>
    navigate(
      path +
        withParts(search, {
          version: given.get("with_version"),
          with_version: given.get("version"),
          environment: given.get("with_environment"),
          with_environment: given.get("environment"),
        }),
    );
  return (
    <>
      <section className="card compare-line" aria-label="What is compared">
        <Pick name="agent" label="Agent" none="Which agent" options={agents} width={170} />
        <b className="side-letter">A</b>
        <Pick name="version" label="Version of A" none="any version" options={names} width={130} />
        <TypeIn name="environment" label="Environment of A" none="any environment" options={[]} width={140} />
        <Button
          variant="default"
          leftSection={<Icon name="columns" size={13} />}
          onClick={swap}
          disabled={!agent}
        >
          Swap
        </Button>
        <b className="side-letter outline">B</b>
        <Pick name="with_version" label="Version of B" none="as A" options={names} width={130} />
        <TypeIn name="with_environment" label="Environment of B" none="as A" options={[]} width={140} />
        <span className="m">or before and since</span>
        <TypeIn
          name="at"
          label="Time of a change"
          none="2026-11-14T12:00Z"
          options={known.map(({ first_at }) => first_at)}
          width={210}
        />
      </section>
      {agent && OTHER.some((name) => given.has(name)) ? (
        <Compared wishes={wishes} />
      ) : (
        <Empty
          title={
            agent ? "Say how the other set differs." : "Choose an agent and what sets its executions apart."
          }
        >
          <p>
            Two versions, two environments, or what began before a time against what began since. Every
            difference comes with an interval and says whether it is more than chance.
          </p>
        </Empty>
      )}
    </>
  );
}

function Compared({ wishes }: { readonly wishes: Readonly<Record<string, string | null>> }) {
  const query = useQuery(questionQuery<SetComparison>("compare-sets", wishes));
  return (
    <Asked query={query} what="The comparison" heights={[60, 240, 300]}>
      {(comparison) => (
        <>
          <p className="says">{comparison.message}</p>
          <SetChanges comparison={comparison} />
          <SetSteps steps={comparison.steps} />
        </>
      )}
    </Asked>
  );
}
