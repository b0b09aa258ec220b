import { Link } from "wouter";
import type { ExecutionItem } from "../../api/views.gen";
import { ShareBar } from "../../charts/ShareBar";
import { isVanished } from "../../lib/doing";
import { clockTime, cost, count, duration, fullTime, NONE } from "../../lib/format";
import { sharesOf } from "../../lib/shares";
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

/** What a number says when no model was called: none, not unknown. */
const orNone = (row: ExecutionItem, text: string) =>
  row.model_calls === 0 && text === "unknown" ? NONE : text;

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
        {isRunning ? <span className="s">open</span> : duration(row.duration_ns)}
      </td>
      <td>
        {row.category_ns ? (
          <ShareBar shares={sharesOf(row.category_ns)} width={104} height={10} />
        ) : (
          <span className="s">{NONE}</span>
        )}
      </td>
      <td className="r">{count(row.steps_total)}</td>
      <td className={tokens === null ? "r s" : "r"}>{orNone(row, count(tokens))}</td>
      <td className={row.cost_usd === null ? "r s" : "r"}>{orNone(row, cost(row.cost_usd))}</td>
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
