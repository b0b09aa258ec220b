import { Link } from "wouter";
import type { AgentSummary, AgentTrend, Regression } from "../../api/views.gen";
import { Spark } from "../../charts/Spark";
import { changeWords } from "../../lib/changeWords";
import { clockTime, cost, count, duration, NONE, percent, shortDay } from "../../lib/format";
import { epochMs } from "../../lib/time";
import { type Column, DataTable } from "../../ui/DataTable";
import { Icon } from "../../ui/icons";

export interface AgentRow {
  readonly agent: AgentSummary;
  readonly trend: AgentTrend | null;
  /** What last got worse. */
  readonly change: Regression | null;
}

interface Props {
  readonly rows: readonly AgentRow[];
  readonly range: string;
}

const tone = (value: unknown) => (value === null ? "s" : "");
const tokensOf = ({ agent }: AgentRow) =>
  agent.input_tokens === null && agent.output_tokens === null
    ? null
    : (agent.input_tokens ?? 0) + (agent.output_tokens ?? 0);
const orNone = ({ agent }: AgentRow, text: string) => (agent.model_calls === 0 ? NONE : text);
const targetOf = ({ agent }: AgentRow, range: string) => `/agents/${encodeURIComponent(agent.agent)}${range}`;

function columnsOf(range: string, now: number): readonly Column<AgentRow>[] {
  return [
    {
      key: "agent",
      title: "Agent",
      by: ({ agent }) => agent.agent,
      cell: (row) => (
        <Link href={targetOf(row, range)} className="strong-link">
          {row.agent.agent}
        </Link>
      ),
    },
    {
      key: "changed",
      title: "Changed",
      by: ({ change }) => (change ? epochMs(change.at) : null),
      cell: ({ change, agent }) =>
        change ? (
          <Changed change={change} />
        ) : (
          <span className="s">{agent.executions === 0 ? "registered, did not run" : NONE}</span>
        ),
    },
    {
      key: "trend",
      title: "Median over time",
      cell: ({ trend, change }) => (trend ? <Trend trend={trend} change={change} /> : NONE),
    },
    {
      key: "now",
      title: "Now",
      hint: "Running now",
      isNumber: true,
      by: ({ agent }) => agent.running,
      className: ({ agent }) => (agent.running ? "" : "s"),
      cell: ({ agent }) => (agent.running ? count(agent.running) : NONE),
    },
    {
      key: "runs",
      title: "Runs",
      isNumber: true,
      by: ({ agent }) => agent.executions,
      cell: ({ agent }) => count(agent.executions),
    },
    {
      key: "p50",
      title: "p50",
      isNumber: true,
      by: ({ agent }) => agent.p50_ns,
      className: ({ agent }) => tone(agent.p50_ns),
      cell: ({ agent }) => (agent.executions ? duration(agent.p50_ns) : NONE),
    },
    {
      key: "p95",
      title: "p95",
      isNumber: true,
      by: ({ agent }) => agent.p95_ns,
      className: ({ agent }) => tone(agent.p95_ns),
      cell: ({ agent }) => (agent.executions ? duration(agent.p95_ns) : NONE),
    },
    {
      key: "success",
      title: "Success",
      isNumber: true,
      by: ({ agent }) => agent.success_rate,
      className: ({ agent }) => tone(agent.success_rate),
      cell: ({ agent }) => (agent.success_rate === null ? NONE : percent(agent.success_rate)),
    },
    {
      key: "failed",
      title: "Failed",
      isNumber: true,
      by: ({ agent }) => agent.failed,
      className: ({ agent }) => (agent.failed ? "bad" : "s"),
      cell: ({ agent }) => (agent.failed ? count(agent.failed) : NONE),
    },
    {
      key: "skipped",
      title: "Skipped",
      isNumber: true,
      by: ({ agent }) => agent.skipped,
      className: ({ agent }) => (agent.skipped ? "" : "s"),
      cell: ({ agent }) => (agent.skipped ? count(agent.skipped) : NONE),
    },
    {
      key: "tokens",
      title: "Tokens",
      isNumber: true,
      by: tokensOf,
      className: (row) => tone(tokensOf(row)),
      cell: (row) => orNone(row, count(tokensOf(row))),
    },
    {
      key: "cost",
      title: "Cost",
      isNumber: true,
      by: ({ agent }) => agent.cost_usd,
      className: ({ agent }) => tone(agent.cost_usd),
      cell: (row) => orNone(row, cost(row.agent.cost_usd)),
    },
    {
      key: "seen",
      title: "Last seen",
      isNumber: true,
      by: ({ agent }) => (agent.last_seen ? epochMs(agent.last_seen) : null),
      className: () => "m",
      cell: ({ agent }) => (agent.last_seen ? clockTime(agent.last_seen, now) : NONE),
    },
  ];
}

function Changed({ change }: { readonly change: Regression }) {
  const [first] = change.changes;
  if (!first) return NONE;
  const { word, numbers } = changeWords(first);
  return (
    <span
      style={{ display: "inline-flex", gap: 6, alignItems: "center" }}
      title={`${word} since ${shortDay(change.at)}`}
    >
      <span className="chip bad">
        <Icon name="trend" size={11} /> {word}
      </span>
      <span className="t11 m">
        {shortDay(change.at)}, {numbers}
      </span>
    </span>
  );
}

function Trend({ trend, change }: { readonly trend: AgentTrend; readonly change: Regression | null }) {
  const mark = change ? trend.points.findIndex(({ started }) => epochMs(started) >= epochMs(change.at)) : -1;
  return (
    <Spark
      values={trend.points.map(({ p50_ns }) => p50_ns)}
      width={96}
      height={22}
      mark={mark}
      label={`Median over ${count(trend.points.length)} stretches of time, now ${duration(trend.points.at(-1)?.p50_ns ?? null)}`}
    />
  );
}

/** One row per agent; J, K and Enter walk it. */
export function AgentsTable({ rows, range }: Props) {
  const columns = columnsOf(range, Date.now());
  return (
    <section className="card" aria-label="Agents">
      <DataTable
        label="Agents"
        columns={columns}
        rows={rows}
        rowKey={({ agent }) => agent.agent}
        href={(row) => targetOf(row, range)}
        hasKeys
      />
    </section>
  );
}
