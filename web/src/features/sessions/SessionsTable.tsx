import { Link } from "wouter";
import type { SessionSummary } from "../../api/views.gen";
import { DutyBar } from "../../charts/DutyBar";
import { clockTime, cost, count, duration, NONE, percent, UNKNOWN } from "../../lib/format";
import { epochMs } from "../../lib/time";
import { type Column, DataTable } from "../../ui/DataTable";
import { Icon } from "../../ui/icons";

interface Props {
  readonly sessions: readonly SessionSummary[];
  /** The time range of the address, which goes along. */
  readonly range: string;
}

const orNone = (session: SessionSummary, text: string) => (session.model_calls === 0 ? NONE : text);
const tone = (value: unknown) => (value === null ? "s" : "");

function columnsOf(now: number, range: string): readonly Column<SessionSummary>[] {
  return [
    {
      key: "session",
      title: "Session",
      cell: (row) => (
        <Link href={targetOf(row, range)} className="strong-link">
          {row.session_id}
        </Link>
      ),
    },
    { key: "user", title: "User", cell: (row) => <span className="m">{row.user_id ?? UNKNOWN}</span> },
    { key: "agents", title: "Agents", cell: (row) => agentsOf(row) },
    {
      key: "last",
      title: "Last",
      hint: "End of the last turn",
      isNumber: true,
      by: (row) => epochMs(row.last_at),
      cell: (row) => <span className="m">{clockTime(row.last_at, now)}</span>,
    },
    { key: "turns", title: "Turns", isNumber: true, by: (row) => row.turns, cell: (row) => count(row.turns) },
    {
      key: "duration",
      title: "Took",
      hint: "From the first start to the last end",
      isNumber: true,
      by: (row) => row.duration_ns,
      cell: (row) => duration(row.duration_ns),
    },
    {
      key: "busy",
      title: "Agent time",
      hint: "Wall time in which a turn ran",
      isNumber: true,
      by: (row) => row.busy_ns,
      cell: (row) => duration(row.busy_ns),
    },
    {
      key: "think",
      title: "User time",
      hint: "Time between turns, which is the user's",
      isNumber: true,
      by: (row) => row.think_ns,
      cell: (row) => <span className="m">{row.turns > 1 ? duration(row.think_ns) : NONE}</span>,
    },
    {
      key: "share",
      title: "Agent, user",
      cell: (row) => (
        <DutyBar
          busy={row.busy_ns}
          idle={row.think_ns}
          width={84}
          label={`${percent(row.duration_ns ? row.busy_ns / row.duration_ns : null)} agent time`}
        />
      ),
    },
    {
      key: "p50",
      title: "Turn p50",
      isNumber: true,
      by: (row) => row.p50_ns,
      className: (row) => tone(row.p50_ns),
      cell: (row) => duration(row.p50_ns),
    },
    {
      key: "p95",
      title: "p95",
      isNumber: true,
      by: (row) => row.p95_ns,
      className: (row) => tone(row.p95_ns),
      cell: (row) => duration(row.p95_ns),
    },
    {
      key: "tokens",
      title: "Tokens",
      isNumber: true,
      by: (row) => row.tokens,
      className: (row) => tone(row.tokens),
      cell: (row) => orNone(row, count(row.tokens)),
    },
    {
      key: "cost",
      title: "Cost",
      isNumber: true,
      by: (row) => row.cost_usd,
      className: (row) => tone(row.cost_usd),
      cell: (row) => orNone(row, cost(row.cost_usd)),
    },
    {
      key: "failed",
      title: "Failed",
      isNumber: true,
      by: (row) => row.failed,
      className: (row) => (row.failed ? "bad" : "s"),
      cell: (row) => (row.failed ? count(row.failed) : NONE),
    },
  ];
}

const targetOf = (row: SessionSummary, range: string) =>
  `/sessions/${encodeURIComponent(row.session_id)}${range}`;

function agentsOf({ agents, running }: SessionSummary) {
  const [first, ...others] = agents;
  return (
    <span style={{ display: "inline-flex", gap: 6, alignItems: "center" }}>
      <span className="cut" style={{ maxWidth: 150 }}>
        {first?.agent ?? UNKNOWN}
      </span>
      {others.length > 0 && (
        <span className="chip" title={others.map(({ agent }) => agent).join(", ")}>
          +{count(others.length)}
        </span>
      )}
      {running > 0 && (
        <span className="chip info">
          <Icon name="play" size={11} /> running
        </span>
      )}
    </span>
  );
}

/** One row per conversation; J, K and Enter walk it. */
export function SessionsTable({ sessions, range }: Props) {
  const columns = columnsOf(Date.now(), range);
  return (
    <section className="card" aria-label="Sessions">
      <DataTable
        label="Sessions"
        columns={columns}
        rows={sessions}
        rowKey={(row) => `${row.workspace} ${row.session_id}`}
        href={(row) => targetOf(row, range)}
        hasKeys
      />
    </section>
  );
}
