import type { StepChange } from "../../api/views.gen";
import { Swatch } from "../../charts/Patterns";
import { duration, NONE, quantity, signed } from "../../lib/format";
import { kindOf } from "../../lib/shares";
import { type Column, DataTable } from "../../ui/DataTable";

const onPath = (step: StepChange) =>
  step.critical_a_ns === null && step.critical_b_ns === null
    ? null
    : (step.critical_b_ns ?? 0) - (step.critical_a_ns ?? 0);
const calls = (value: number) => quantity(Math.round(value * 100) / 100);
const time = (ns: number | null) => (ns === null ? NONE : duration(ns));

const COLUMNS: readonly Column<StepChange>[] = [
  {
    key: "step",
    title: "Step",
    by: ({ name }) => name,
    cell: ({ name, category }) => (
      <span className="kind-name">
        <Swatch kind={kindOf(category)} />
        <b>{name}</b>
      </span>
    ),
  },
  {
    key: "calls-a",
    title: "Calls A",
    isNumber: true,
    by: ({ calls_a }) => calls_a,
    cell: ({ calls_a }) => calls(calls_a),
  },
  {
    key: "calls-b",
    title: "Calls B",
    isNumber: true,
    by: ({ calls_b }) => calls_b,
    cell: ({ calls_b }) => calls(calls_b),
  },
  {
    key: "p50-a",
    title: "p50 A",
    isNumber: true,
    by: ({ p50_ns }) => p50_ns.a,
    cell: ({ p50_ns }) => time(p50_ns.a),
  },
  {
    key: "p50-b",
    title: "p50 B",
    isNumber: true,
    by: ({ p50_ns }) => p50_ns.b,
    cell: ({ p50_ns }) => time(p50_ns.b),
  },
  {
    key: "p50",
    title: "B − A",
    isNumber: true,
    by: ({ p50_ns }) => p50_ns.change,
    className: (step) => toneOf(step),
    cell: ({ p50_ns }) => (p50_ns.change === null ? NONE : signed(p50_ns.change, duration)),
  },
  {
    key: "interval",
    title: "95 % interval",
    isNumber: true,
    className: () => "m",
    cell: ({ p50_ns }) =>
      p50_ns.low === null || p50_ns.high === null
        ? NONE
        : `${signed(p50_ns.low, duration)} to ${signed(p50_ns.high, duration)}`,
  },
  {
    key: "path",
    title: "On the path, B − A",
    hint: "Mean time on the critical path of an execution",
    isNumber: true,
    by: onPath,
    cell: (step) => {
      const change = onPath(step);
      return change === null ? NONE : signed(Math.round(change), duration);
    },
  },
  {
    key: "sure",
    title: "More than chance?",
    by: ({ is_certain }) => Number(is_certain),
    cell: (step) =>
      step.is_certain ? (
        <span className={`chip ${toneOf(step)}`}>yes</span>
      ) : (
        <span className="s">may be chance</span>
      ),
  },
];

function toneOf({ is_certain, p50_ns }: StepChange): string {
  if (!is_certain || p50_ns.change === null || p50_ns.change === 0) return "";
  return p50_ns.change > 0 ? "bad" : "good";
}

/** The agent's own steps in both sets, the largest change on the critical path first. */
export function SetSteps({ steps }: { readonly steps: readonly StepChange[] }) {
  return (
    <section className="card" aria-label="Steps of both sets">
      <div className="hd">
        <h2>Steps</h2>
        <span className="m t12">those that changed the critical path most come first</span>
      </div>
      <DataTable
        label="Steps of both sets"
        columns={COLUMNS}
        rows={steps}
        rowKey={({ name, category }) => `${category} ${name}`}
        hasKeys
      />
    </section>
  );
}
