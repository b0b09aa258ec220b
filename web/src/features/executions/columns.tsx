import { Link } from "wouter";
import type { ExecutionItem, UsualAgent } from "../../api/views.gen";
import { ShareBar } from "../../charts/ShareBar";
import { UsualDot } from "../../charts/UsualDot";
import { isVanished } from "../../lib/doing";
import { clockTime, cost, count, counted, duration, fullTime, NONE, UNKNOWN } from "../../lib/format";
import { sharesOf } from "../../lib/shares";
import { epochMs, MILLISECOND } from "../../lib/time";
import { Status } from "../../ui/Status";

export interface Usual {
  readonly [agent: string]: UsualAgent | undefined;
}

export interface ListColumn {
  readonly id: string;
  readonly title: string;
  readonly sort?: string;
  readonly isRight?: boolean;
  /** Whether it is shown while nobody has chosen. */
  readonly isUsual: boolean;
  readonly className?: string;
  readonly cell: (row: ExecutionItem, usual: Usual) => React.ReactNode;
}

/** So many executions have to tell what is usual. */
const ENOUGH = 30;

const plain = (value: string | null) => value ?? <span className="s">{NONE}</span>;

export const COLUMNS: readonly ListColumn[] = [
  {
    id: "status",
    title: "Status",
    sort: "status",
    isUsual: true,
    className: "status",
    cell: (row) => <Outcome row={row} />,
  },
  {
    id: "agent",
    title: "Agent",
    sort: "agent",
    isUsual: true,
    className: "who cut",
    cell: (row) => <Agent row={row} />,
  },
  {
    id: "started",
    title: "Started",
    sort: "started",
    isUsual: true,
    className: "tn when",
    cell: (row) => <span title={fullTime(row.started_at)}>{clockTime(row.started_at, Date.now())}</span>,
  },
  {
    id: "time",
    title: "Time",
    sort: "duration",
    isRight: true,
    isUsual: true,
    className: "strong",
    cell: (row) => (isRunning(row) ? <SoFar row={row} /> : duration(row.duration_ns)),
  },
  {
    id: "usual",
    title: "p50 – p95",
    isUsual: true,
    cell: (row, usual) => {
      const one = usual[row.agent];
      const isKnown = one !== undefined && one.executions >= ENOUGH && row.duration_ns !== null;
      return (
        <UsualDot
          value={row.duration_ns ?? 0}
          p50={isKnown ? one.p50_ns : null}
          p95={isKnown ? one.p95_ns : null}
        />
      );
    },
  },
  {
    id: "where",
    title: "Where it went",
    isUsual: true,
    cell: ({ category_ns }) =>
      category_ns ? <ShareBar shares={sharesOf(category_ns)} width={96} height={10} /> : plain(null),
  },
  { id: "steps", title: "Steps", isRight: true, isUsual: true, className: "nw", cell: stepsOf },
  {
    id: "retries",
    title: "Retries",
    isRight: true,
    isUsual: false,
    cell: ({ retries }) => (retries ? count(retries) : plain(null)),
  },
  {
    id: "tokens",
    title: "Tokens",
    sort: "tokens",
    isRight: true,
    isUsual: true,
    cell: (row) => <Known row={row} text={count(tokensOf(row))} without={row.model_calls_without_usage} />,
  },
  {
    id: "cost",
    title: "Cost",
    sort: "cost",
    isRight: true,
    isUsual: true,
    cell: (row) => <Known row={row} text={cost(row.cost_usd)} without={row.model_calls_without_cost} />,
  },
  {
    id: "version",
    title: "Version",
    isUsual: true,
    className: "version cut",
    cell: ({ version }) => plain(version),
  },
  {
    id: "session",
    title: "Session",
    isUsual: true,
    className: "session cut",
    cell: ({ session_id }) => plain(session_id),
  },
  {
    id: "error",
    title: "Error",
    isUsual: true,
    className: "error cut",
    cell: (row) => <Problem row={row} />,
  },
  { id: "model", title: "Model", isUsual: false, cell: ({ model }) => plain(model) },
  { id: "environment", title: "Environment", isUsual: false, cell: ({ environment }) => plain(environment) },
  { id: "user", title: "User", isUsual: false, cell: ({ user_id }) => plain(user_id) },
];

/** The columns that an address names, the usual ones where it names none. */
export function columnsOf(search: string): readonly ListColumn[] {
  const named = new URLSearchParams(search).get("columns")?.split(",") ?? [];
  const chosen = COLUMNS.filter(({ id }) => named.includes(id));
  return chosen.length > 0 ? chosen : COLUMNS.filter(({ isUsual }) => isUsual);
}

/** How the address names columns; nothing for the usual ones. */
export function columnsText(ids: ReadonlySet<string>): string | null {
  const chosen = COLUMNS.filter(({ id }) => ids.has(id));
  return chosen.every(({ isUsual }) => isUsual) &&
    chosen.length === COLUMNS.filter(({ isUsual }) => isUsual).length
    ? null
    : chosen.map(({ id }) => id).join(",");
}

function isRunning(row: ExecutionItem): boolean {
  return row.ended_at === null && row.duration_ns === null;
}

function Outcome({ row }: { readonly row: ExecutionItem }) {
  return <Status status={row.status} />;
}

function Agent({ row }: { readonly row: ExecutionItem }) {
  return (
    <span title={row.agent}>
      {row.parent_execution_id && (
        <span className="s" title="called by another execution">
          ↳{" "}
        </span>
      )}
      <Link
        href={`/executions/${row.execution_id}`}
        className="agent"
        onClick={(event) => event.stopPropagation()}
      >
        {row.agent}
      </Link>
    </span>
  );
}

/** How long it has run by now; what has not begun has no time. */
function SoFar({ row }: { readonly row: ExecutionItem }) {
  if (row.status === "pending") return plain(null);
  const elapsed = Math.max(0, Date.now() - epochMs(row.started_at)) * MILLISECOND;
  return (
    <span className="info" title="so far">
      {duration(elapsed)}…
    </span>
  );
}

/** Tokens in and out together; unknown when neither is known. */
function tokensOf(row: ExecutionItem): number | null {
  if (row.input_tokens === null && row.output_tokens === null) return null;
  return (row.input_tokens ?? 0) + (row.output_tokens ?? 0);
}

/** How many steps it had; of what is under way, or was when its process vanished, how many of them are done. */
function stepsOf(row: ExecutionItem): string {
  if (row.status === "pending") return NONE;
  if (row.duration_ns !== null && !isVanished(row)) return count(row.steps_total);
  return `${count(row.steps_completed)} of ${count(row.steps_total)}`;
}

interface KnownProps {
  readonly row: ExecutionItem;
  readonly text: string;
  /** Model calls that told nothing of it. */
  readonly without: number;
}

/** A sum over model calls: none where no model was called, and with a plus where some calls told nothing. */
function Known({ row, text, without }: KnownProps) {
  if (text === UNKNOWN) return <span className="s">{row.model_calls === 0 ? NONE : UNKNOWN}</span>;
  return (
    <span title={without > 0 ? `${counted(without, "model call")} told nothing` : undefined}>
      {text}
      {without > 0 && "+"}
    </span>
  );
}

function Problem({ row }: { readonly row: ExecutionItem }) {
  if (!row.error_type && !row.error_message) return plain(null);
  return (
    <span title={row.error_message ?? undefined}>
      {row.error_type && !isVanished(row) && <span className="bad">{row.error_type} </span>}
      <span className="m">{row.error_message}</span>
    </span>
  );
}
