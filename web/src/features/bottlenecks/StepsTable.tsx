import { useMemo } from "react";
import type { BottleneckStep, Bottlenecks, SlackShares } from "../../api/views.gen";
import { Swatch } from "../../charts/Patterns";
import { withParts } from "../../lib/address";
import { count, duration, NONE, percent } from "../../lib/format";
import { kindOf } from "../../lib/shares";
import { type Column, DataTable } from "../../ui/DataTable";

interface Props {
  readonly found: Bottlenecks;
  readonly range: string;
}

/** Every step with its part of the path, how often it is on it, and how much later it could have ended. */
export function StepsTable({ found, range }: Props) {
  const columns = useMemo(() => columnsOf(), []);
  return (
    <section className="card" aria-label="Steps">
      <div className="hd">
        <h2>Steps</h2>
        <span className="m t12">the most critical time first; Enter shows executions of its agent</span>
      </div>
      <DataTable
        label="Steps by critical time"
        columns={columns}
        rows={found.operations}
        rowKey={(step) => `${step.agent} ${step.name} ${step.is_agent}`}
        href={({ agent }) => `/executions${withParts(range, { agent, sort: "duration" })}`}
        hasKeys
      />
    </section>
  );
}

function columnsOf(): Column<BottleneckStep>[] {
  const time = (key: "p50_ns" | "p95_ns" | "p99_ns", title: string): Column<BottleneckStep> => ({
    key,
    title,
    isNumber: true,
    by: (step) => step[key],
    cell: (step) => (step.is_agent ? NONE : duration(step[key])),
  });
  return [
    {
      key: "name",
      title: "Step",
      by: ({ name }) => name,
      cell: (step) => (
        <span className="bottlenecks-name">
          <Swatch kind={kindOf(step.category)} />
          <b>{step.name}</b>
          {step.is_agent && <span className="chip outline">between its steps</span>}
        </span>
      ),
    },
    { key: "agent", title: "Agent", by: ({ agent }) => agent, cell: ({ agent }) => agent },
    {
      key: "critical",
      title: "Critical time",
      isNumber: true,
      by: ({ critical_ns }) => critical_ns,
      cell: ({ critical_ns }) => duration(critical_ns),
    },
    {
      key: "share",
      title: "Of all",
      isNumber: true,
      by: ({ critical_share }) => critical_share,
      cell: ({ critical_share }) => percent(critical_share),
    },
    {
      key: "on_path",
      title: "On the path",
      hint: "share of its agent's executions in which it is on the critical path",
      isNumber: true,
      by: ({ on_path_share }) => on_path_share,
      cell: (step) => (step.is_agent ? NONE : percent(step.on_path_share)),
    },
    {
      key: "steps",
      title: "Count",
      isNumber: true,
      by: ({ steps }) => steps,
      cell: ({ steps }) => count(steps),
    },
    time("p50_ns", "p50"),
    time("p95_ns", "p95"),
    time("p99_ns", "p99"),
    {
      key: "failed",
      title: "Failed",
      isNumber: true,
      by: ({ failed_share }) => failed_share,
      cell: (step) => (step.is_agent ? NONE : percent(step.failed_share)),
    },
    {
      key: "slack",
      title: "Slack",
      hint: "how much later they could have ended without moving the end",
      by: ({ slack }) => slack?.none,
      cell: ({ slack }) => (slack ? <Slack slack={slack} /> : NONE),
    },
  ];
}

const WIDTH = 96;
const PARTS: readonly (readonly [keyof SlackShares, string, string])[] = [
  ["none", "none", "var(--ink)"],
  ["under_10_ms", "under 10 ms", "var(--muted)"],
  ["under_100_ms", "under 100 ms", "var(--subtle)"],
  ["under_1_s", "under 1 s", "var(--line-2)"],
  ["over_1_s", "over 1 s", "var(--line)"],
  ["not_waited_for", "not waited for", "none"],
];

/** The shares of steps by slack, from none (dark) to much (light). */
function Slack({ slack }: { readonly slack: SlackShares }) {
  const words = PARTS.filter(([key]) => slack[key] > 0)
    .map(([key, name]) => `${name}: ${percent(slack[key])}`)
    .join(", ");
  let x = 0;
  return (
    <svg width={WIDTH} height={9} role="img" aria-label={`Slack ${words}`}>
      <title>{words}</title>
      {PARTS.map(([key, , fill]) => {
        const left = x;
        x += slack[key] * WIDTH;
        return slack[key] > 0 ? (
          <rect
            key={key}
            x={left + 0.5}
            y={0.5}
            width={Math.max(0.5, slack[key] * WIDTH - 1)}
            height={8}
            fill={fill}
            stroke="var(--line-2)"
          />
        ) : null;
      })}
    </svg>
  );
}
