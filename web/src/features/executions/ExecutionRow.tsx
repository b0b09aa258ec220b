import { Link } from "wouter";
import type { ExecutionItem } from "../../api/views.gen";
import { ShareBar } from "../../charts/ShareBar";
import { isVanished } from "../../lib/doing";
import { clockTime, cost, count, counted, duration, fullTime, NONE, UNKNOWN } from "../../lib/format";
import { sharesOf } from "../../lib/shares";
import { epochMs, MILLISECOND } from "../../lib/time";
import { Status } from "../../ui/Status";

interface Props {
  readonly row: ExecutionItem;
  readonly index: number;
  readonly isCurrent: boolean;
  readonly onOpen: () => void;
}

/** Tokens in and out together; unknown when neither is known. */
function tokensOf(row: ExecutionItem): number | null {
  if (row.input_tokens === null && row.output_tokens === null) return null;
  return (row.input_tokens ?? 0) + (row.output_tokens ?? 0);
}

interface KnownProps {
  readonly row: ExecutionItem;
  readonly text: string;
  /** Model calls that told nothing of it. */
  readonly without: number;
}

/** A sum over model calls: none where no model was called, and with a plus where some calls told nothing. */
function Known({ row, text, without }: KnownProps) {
  if (text === UNKNOWN) return <td className="r s">{row.model_calls === 0 ? NONE : UNKNOWN}</td>;
  return (
    <td className="r" title={without > 0 ? `${counted(without, "model call")} told nothing` : undefined}>
      {text}
      {without > 0 && "+"}
    </td>
  );
}

/** How many steps it had; of what is under way, or was when its process vanished, how many of them are done. */
function stepsOf(row: ExecutionItem): string {
  if (row.status === "pending") return NONE;
  if (row.duration_ns !== null && !isVanished(row)) return count(row.steps_total);
  return `${count(row.steps_completed)} of ${count(row.steps_total)}`;
}

/** How long it has run by now; what has not begun has no time. */
function SoFar({ row }: { readonly row: ExecutionItem }) {
  if (row.status === "pending") return <span className="s">{NONE}</span>;
  const elapsed = Math.max(0, Date.now() - epochMs(row.started_at)) * MILLISECOND;
  return (
    <span className="info" title="so far">
      {duration(elapsed)}…
    </span>
  );
}

export function ExecutionRow({ row, index, isCurrent, onOpen }: Props) {
  const isRunning = row.ended_at === null && row.duration_ns === null;
  const tokens = tokensOf(row);
  return (
    <tr
      className={isCurrent ? "click cur" : "click"}
      aria-rowindex={index + 1}
      aria-current={isCurrent ? "true" : undefined}
      onClick={onOpen}
    >
      <td>
        <Status status={row.status} />
      </td>
      <td className="who cut" title={row.agent}>
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
        {row.version && <span className="s t12"> {row.version}</span>}
      </td>
      <td className="tn" title={fullTime(row.started_at)}>
        {clockTime(row.started_at, Date.now())}
      </td>
      <td className="r" style={{ fontWeight: 550 }}>
        {isRunning ? <SoFar row={row} /> : duration(row.duration_ns)}
      </td>
      <td>
        {row.category_ns ? (
          <ShareBar shares={sharesOf(row.category_ns)} width={104} height={10} />
        ) : (
          <span className="s">{NONE}</span>
        )}
      </td>
      <td className="r nw">{stepsOf(row)}</td>
      <Known row={row} text={count(tokens)} without={row.model_calls_without_usage} />
      <Known row={row} text={cost(row.cost_usd)} without={row.model_calls_without_cost} />
      <td className={row.session_id ? "session cut" : "s"}>{row.session_id ?? NONE}</td>
      <td className="error cut" title={row.error_message ?? undefined}>
        {row.error_type || row.error_message ? (
          <>
            {row.error_type && !isVanished(row) && <span className="bad">{row.error_type} </span>}
            <span className="m">{row.error_message}</span>
          </>
        ) : (
          <span className="s">{NONE}</span>
        )}
      </td>
    </tr>
  );
}
