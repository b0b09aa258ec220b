import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link, useSearch } from "wouter";
import { questionQuery, type Wishes } from "../../api/questions";
import type { AgentPerformance, AgentVersions } from "../../api/views.gen";
import { type ListAddress, onlyRange, readListAddress, withParts } from "../../lib/address";
import { Asked } from "../../ui/Asked";
import { Page } from "../../ui/Page";
import { PageHead } from "../../ui/PageHead";
import { Pick } from "../../ui/Pick";
import { Empty } from "../../ui/States";
import { TimeRange } from "../../ui/TimeRange";
import { AgentFigures } from "./AgentFigures";
import { AgentTabs } from "./AgentTabs";
import { TrendCard } from "./TrendCard";
import { Verdict } from "./Verdict";
import "./agent.css";

/** What all parts of the page ask about: the agent, the version, the time. */
export interface Asks {
  readonly agent: string;
  readonly wishes: Wishes;
  readonly address: ListAddress;
}

/** One agent: how it goes, what changed, on which ways it goes, where its time goes, why it did not fire. */
export default function AgentPage({ agent }: { readonly agent: string }) {
  const search = useSearch();
  const range = onlyRange(search);
  const address = readListAddress(search);
  const { environment, version } = address.filters;
  const wishes = { agent, environment, version };
  const versions = useQuery(questionQuery<AgentVersions>("versions", { agent, environment }, address));
  const query = useQuery(questionQuery<AgentPerformance>("agent", wishes, address));
  const known = versions.data?.versions ?? [];
  // Reports look at the last days unless they are told since when: all means since this agent first ran.
  const first = known.map(({ first_at }) => first_at).sort()[0];
  const whole = address.range === "all" && !address.from && first ? { ...address, from: first } : address;
  return (
    <Page
      crumb={
        <>
          <Link href={`/agents${range}`}>Agents</Link>
          <i>/</i>
          <b className="cut">{agent}</b>
        </>
      }
    >
      <title>{`${agent} · Longpole`}</title>
      <PageHead title={agent}>
        <Button component={Link} variant="default" href={`/executions${withParts(range, { agent })}`}>
          Executions
        </Button>
        <Button component={Link} variant="default" href={`/why-not${withParts(range, { agent })}`}>
          Why not?
        </Button>
        <Pick
          name="version"
          label="Version"
          none="All versions"
          width={140}
          options={known.flatMap((one) => (one.version === null ? [] : [one.version]))}
        />
        <TimeRange />
      </PageHead>
      <Asked query={query} what="The agent" heights={[60, 76, 240, 300]}>
        {(performance) =>
          performance.executions === 0 ? (
            <NeverRan agent={agent} hasRange={range !== "" || version !== undefined} />
          ) : (
            versions.data && (
              <Answer
                performance={performance}
                versions={versions.data}
                asks={{ agent, wishes, address: whole }}
              />
            )
          )
        }
      </Asked>
    </Page>
  );
}

function NeverRan({ agent, hasRange }: { readonly agent: string; readonly hasRange: boolean }) {
  return (
    <Empty title={hasRange ? `${agent} did not run in this time.` : `${agent} has not run yet.`}>
      <Link href={`/why-not?agent=${encodeURIComponent(agent)}`}>Why not?</Link>
    </Empty>
  );
}

interface AnswerProps {
  readonly performance: AgentPerformance;
  readonly versions: AgentVersions;
  readonly asks: Asks;
}

function Answer({ performance, versions, asks }: AnswerProps) {
  return (
    <>
      <Verdict performance={performance} asks={asks} />
      <AgentFigures performance={performance} asks={asks} />
      <TrendCard versions={versions.versions} asks={asks} />
      <AgentTabs versions={versions.versions} asks={asks} />
    </>
  );
}
