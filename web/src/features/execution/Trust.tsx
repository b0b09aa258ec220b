import type { ReactNode } from "react";
import type { ExecutionTree } from "../../api/views.gen";
import { ago, count, counted, duration, percent, quantity } from "../../lib/format";
import { type Recording, recordingOf } from "../../lib/recording";
import { Icon } from "../../ui/icons";

interface Props {
  readonly tree: ExecutionTree;
  readonly onCoverage: () => void;
}

/** What the numbers above rest on: how much is explained, what was lost, and what clients did not send. */
export function Trust({ tree, onCoverage }: Props) {
  const { coverage } = tree;
  const recording = recordingOf(tree.processes);
  const troubles = troublesOf(tree, recording?.dropped ?? 0);
  const isPartial = troubles.length > 0;
  const facts: [string, ReactNode][] = [
    ["covered", percent(coverage.share)],
    [
      "largest gap",
      coverage.largest_gap_ns === null ? (
        "none"
      ) : (
        <button key="gap" type="button" className="more" onClick={onCoverage}>
          {duration(coverage.largest_gap_ns)}
        </button>
      ),
    ],
    ["timed", `${count(coverage.timed)} of ${counted(coverage.operations, "operation")}`],
    ...recordingFacts(recording, tree.duration_ns === null || tree.execution.status === "crashed"),
    ...modelFacts(tree),
    ...(tree.execution.weight === 1
      ? []
      : [["stands for", `${quantity(tree.execution.weight)} executions`] as [string, ReactNode]]),
    ...(tree.execution.is_settled ? [] : [["settled", "not yet"] as [string, ReactNode]]),
  ];
  return (
    <section
      className={isPartial ? "card trust partial" : "card trust"}
      aria-label="What the numbers rest on"
    >
      <span className="lead">
        <span className={isPartial ? "warn" : "good"}>
          <Icon name={isPartial ? "warn" : "check"} size={14} />
        </span>
        <b>{isPartial ? troubles.join("; ") : "Every step has its parent"}</b>
      </span>
      {facts.map(([name, value]) => (
        <span key={name}>
          {name} <b>{value}</b>
        </span>
      ))}
    </section>
  );
}

function troublesOf(tree: ExecutionTree, dropped: number): string[] {
  const troubles: string[] = [];
  if (tree.missing_parents > 0)
    troubles.push(`${counted(tree.missing_parents, "step names", "steps name")} a parent that never arrived`);
  for (const { process, against, skew_ns } of tree.clocks)
    troubles.push(
      `the clock of ${process} is ${duration(Math.abs(skew_ns))} ${skew_ns < 0 ? "behind" : "ahead of"} ${against}`,
    );
  if (dropped > 0) troubles.push(`${counted(dropped, "step")} of its process dropped`);
  return troubles;
}

function recordingFacts(recording: Recording | null, isAlive: boolean): [string, ReactNode][] {
  if (recording === null) return [["dropped, overhead", <i key="none">not reported by this client</i>]];
  const facts: [string, ReactNode][] = [
    ["dropped", recording.dropped === null ? "unknown" : count(recording.dropped)],
    ["overhead", percent(recording.overhead)],
  ];
  if (recording.lastHeard && isAlive)
    facts.push(["process last heard", ago(recording.lastHeard, Date.now())]);
  return facts;
}

function modelFacts({ execution }: ExecutionTree): [string, ReactNode][] {
  const calls = execution.model_calls;
  if (calls === 0) return [];
  return [
    ["tokens sent for", `${calls - execution.model_calls_without_usage} of ${counted(calls, "model call")}`],
    ["priced", `${calls - execution.model_calls_without_cost} of ${calls}`],
  ];
}
