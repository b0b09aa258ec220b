import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useLocation, useSearch } from "wouter";
import { overviewQuery } from "../../api/queries";
import { questionQuery } from "../../api/questions";
import type { Comparison } from "../../api/views.gen";
import { readListAddress, withParts } from "../../lib/address";
import { Asked } from "../../ui/Asked";
import { Icon } from "../../ui/icons";
import { Pick } from "../../ui/Pick";
import { Empty } from "../../ui/States";
import { ExecutionPick } from "./ExecutionPick";
import { PathsCard } from "./PathsCard";
import { Sides } from "./Sides";
import { StepDiffCard } from "./StepDiffCard";

const EVER = { range: "all", from: "", to: "" };

/** B held against A: which steps make the difference. */
export function TwoExecutions() {
  const search = useSearch();
  const [path, navigate] = useLocation();
  const given = new URLSearchParams(search);
  const [a, b] = [given.get("a"), given.get("b")];
  const { agent } = readListAddress(search).filters;
  const agents = useQuery(overviewQuery(EVER)).data?.agents.map((one) => one.agent) ?? [];
  return (
    <>
      <section className="card compare-line" aria-label="What is compared">
        <b className="side-letter">A</b>
        <ExecutionPick name="a" label="First execution" agent={agent} />
        <Button
          variant="default"
          leftSection={<Icon name="columns" size={13} />}
          onClick={() => navigate(path + withParts(search, { a: b, b: a }))}
          disabled={!a && !b}
        >
          Swap
        </Button>
        <b className="side-letter outline">B</b>
        <ExecutionPick name="b" label="Held against it" agent={agent} />
        <span className="sp" />
        <Pick name="agent" label="Agent" none="All agents" options={agents} />
      </section>
      {a && b ? (
        <Compared a={a} b={b} />
      ) : (
        <Empty title="Choose two executions.">
          <p>
            B is held against A: the critical paths on one axis, and what each step adds to the difference, so
            that the rows sum to it. From an execution's page, Compare brings it here with a usual one.
          </p>
        </Empty>
      )}
    </>
  );
}

function Compared({ a, b }: { readonly a: string; readonly b: string }) {
  const query = useQuery(questionQuery<Comparison>("compare", { a, b }));
  return (
    <Asked query={query} what="The comparison" heights={[90, 240, 400]}>
      {(comparison) => (
        <>
          <Sides comparison={comparison} />
          <p className="says">{comparison.message}</p>
          <PathsCard comparison={comparison} />
          <StepDiffCard comparison={comparison} />
        </>
      )}
    </Asked>
  );
}
