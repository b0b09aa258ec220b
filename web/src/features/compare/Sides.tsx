import { Link } from "wouter";
import type { Comparison, ExecutionItem } from "../../api/views.gen";
import { clockTime, cost, count, counted, duration, NONE, signed } from "../../lib/format";
import { Status } from "../../ui/Status";

/** The two executions in figures, and what lies between them. */
export function Sides({ comparison }: { readonly comparison: Comparison }) {
  const { a, b, duration_change_ns: change } = comparison;
  const costChange = a.cost_usd === null || b.cost_usd === null ? null : b.cost_usd - a.cost_usd;
  const tone = change === null || change === 0 ? "" : change > 0 ? "bad" : "good";
  return (
    <section className="card sides" aria-label="The two executions">
      <Side letter="A" item={a} />
      <Side letter="B" item={b} />
      <div>
        <div className="m t12">B against A</div>
        <div className={`side-figure ${tone}`}>{signed(change, duration)}</div>
        <div className="t12 m">
          {a.duration_ns && b.duration_ns
            ? `${(b.duration_ns / a.duration_ns).toFixed(2)} times as long`
            : ""}
          {costChange !== null && ` · ${signed(costChange, cost)}`}
        </div>
        <div className="t12 m">
          {`${counted(comparison.matched, "step")} in both · ${count(comparison.only_in_a)} only in A · ${count(comparison.only_in_b)} only in B`}
        </div>
      </div>
    </section>
  );
}

function Side({ letter, item }: { readonly letter: string; readonly item: ExecutionItem }) {
  const tokens =
    item.input_tokens === null && item.output_tokens === null
      ? null
      : (item.input_tokens ?? 0) + (item.output_tokens ?? 0);
  return (
    <div>
      <div className="side-head">
        <b className={letter === "A" ? "side-letter" : "side-letter outline"}>{letter}</b>
        <Link href={`/executions/${item.execution_id}`} className="strong-link">
          {item.agent}
        </Link>
        {item.version && <span className="chip outline">{item.version}</span>}
        <Status status={item.status} />
      </div>
      <div className="side-figure">{item.duration_ns === null ? "running" : duration(item.duration_ns)}</div>
      <div className="t12 m">
        {`${counted(item.steps_total, "step")} · ${item.model_calls === 0 ? NONE : `${count(tokens)} tokens · ${cost(item.cost_usd)}`}`}
      </div>
      <div className="t12 m cut">
        {clockTime(item.started_at, Date.now())}
        {item.session_id && ` · ${item.session_id}`}
      </div>
    </div>
  );
}
