import { useQuery } from "@tanstack/react-query";
import { questionQuery } from "../../api/questions";
import type {
  AgentVersions,
  ExecutionTree,
  Regression,
  Regressions,
  SetComparison,
  StepChange,
} from "../../api/views.gen";
import { clockTime, duration, percent } from "../../lib/format";

interface Props {
  readonly tree: ExecutionTree;
}

const MOST = 4;

/** What differs between the version of this execution and the one before it, and when the agent's numbers moved. */
export function WhatChanged({ tree }: Props) {
  const { agent, version, workspace } = tree.execution;
  const { data: versions } = useQuery(questionQuery<AgentVersions>("versions", { agent, workspace }));
  const before = versions && beforeOf(versions, version);
  const sets = useQuery({
    ...questionQuery<SetComparison>("compare-sets", {
      agent,
      workspace,
      version: before?.version ?? null,
      with_version: version,
    }),
    enabled: Boolean(before?.version && version),
  });
  const { data: regressions, error } = useQuery(
    questionQuery<Regressions>("regressions", { agent, workspace, show: "all", limit: "20" }),
  );
  const moved = regressions?.items.find((item) => item.is_worse && item.earliest <= tree.started_at);
  const steps = sets.data ? movedSteps(sets.data) : [];
  return (
    <section className="card" aria-label="What changed">
      <div className="hd">
        <h2>What changed</h2>
        <span className="m t12 cut">
          {before?.version
            ? `since ${before.version}, the version before (p50 ${duration(before.p50_ns)})`
            : "in the last 60 days"}
        </span>
      </div>
      {steps.map((step) => (
        <ChangedStep key={`${step.name}-${step.category}`} step={step} />
      ))}
      {moved && <Moved moved={moved} />}
      {steps.length === 0 && !moved && (
        <p className="m t12 quiet">
          {error
            ? `What changed is not known: ${error.message}`
            : sets.data
              ? `No step is certainly slower. ${sets.data.message.replaceAll(" B is", " this version is")}`
              : versions && regressions
                ? "No number of this agent moved, and it has no version before this one to be held against."
                : "Looking at the last 60 days …"}
        </p>
      )}
    </section>
  );
}

/** The version that came before: of the others, the one that was first seen last before this one. */
function beforeOf({ versions }: AgentVersions, version: string | null) {
  const own = versions.find((one) => one.version === version);
  return versions
    .filter((one) => own && one.version !== null && one.first_at < own.first_at && one.p50_ns !== null)
    .sort((a, b) => (a.first_at < b.first_at ? 1 : -1))[0];
}

/** The steps that moved with the whole: each by a tenth of its change or more; none if the whole may not have moved. */
function movedSteps({ p50_ns, steps }: SetComparison): StepChange[] {
  if (!p50_ns.is_certain || p50_ns.change === null) return [];
  const least = Math.abs(p50_ns.change) / 10;
  return steps
    .filter((step) => Math.abs(shiftOf(step)) >= least && step.timings_a > 0 && step.timings_b > 0)
    .sort((a, b) => shiftOf(b) - shiftOf(a))
    .slice(0, MOST);
}

const shiftOf = ({ critical_a_ns, critical_b_ns }: StepChange) =>
  Math.round((critical_b_ns ?? 0) - (critical_a_ns ?? 0));

function ChangedStep({ step }: { readonly step: StepChange }) {
  const shift = shiftOf(step);
  const calls =
    Math.abs(step.calls_b - step.calls_a) >= 0.1
      ? `${step.calls_a.toFixed(1)} → ${step.calls_b.toFixed(1)} calls an execution`
      : null;
  const { a, b } = step.p50_ns;
  const median = a !== null && b !== null ? `p50 ${duration(a)} → ${duration(b)}` : null;
  return (
    <div className="changed">
      <b className="tn">
        {shift > 0 ? "+" : ""}
        {duration(shift)}
      </b>
      <div>
        <b className="mono">{step.name}</b> on the critical path
        <p className="m t12">{[calls, median].filter(Boolean).join(", ")}</p>
      </div>
    </div>
  );
}

function Moved({ moved }: { readonly moved: Regression }) {
  const [first] = moved.changes;
  if (!first) return null;
  const isTime = first.metric === "p50" || first.metric === "p95";
  const values = isTime
    ? `${duration(first.before)} → ${duration(first.after)}`
    : `${first.before.toPrecision(3)} → ${first.after.toPrecision(3)}`;
  const then = moved.changed_then.map(
    ({ kind, before, after }) => `${kind} ${before ? `${before} → ` : ""}${after.slice(0, 14)}`,
  );
  return (
    <div className="changed">
      <b className="tn">
        {first.change === null ? "" : `${first.change > 0 ? "+" : "−"}${percent(Math.abs(first.change))}`}
      </b>
      <div>
        {first.operation ? <b className="mono">{first.operation}</b> : "The agent's"} {first.metric} {values}
        <p className="m t12">
          change point {clockTime(moved.at, Date.now())}
          {then.length > 0 && `, together with ${then.join(", ")}`}
        </p>
      </div>
    </div>
  );
}
