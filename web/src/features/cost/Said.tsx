import type { Costs } from "../../api/views.gen";
import { bigCount, cost, count, counted, percent, shortDay } from "../../lib/format";

interface Props {
  readonly costs: Costs;
  readonly days: Costs | undefined;
}

/** What it cost, who most, and what nobody can price. */
export function Said({ costs, days }: Props) {
  const { total, parts, by } = costs;
  const first = parts.find(({ cost_usd }) => cost_usd !== null);
  const dearest = days?.parts.reduce((most, day) =>
    (day.cost_usd ?? 0) > (most.cost_usd ?? 0) ? day : most,
  );
  return (
    <section className="card verdict" aria-label="What it cost">
      <p className="says">
        <b>{cost(total.cost_usd)}</b> for {counted(total.calls, "model call")}
        {first && first.share !== null && by !== "day" && (
          <>
            ; {percent(first.share)} of it by {by} <b>{first.name ?? "that was not told"}</b> (
            {cost(first.cost_usd)})
          </>
        )}
        .{" "}
        {total.calls_without_cost > 0 && (
          <span className="warn">
            {counted(total.calls_without_cost, "call")} {total.calls_without_cost === 1 ? "has" : "have"} no
            known cost: the sum is at least that.
          </span>
        )}
      </p>
      <p className="m t12">
        {bigCount(total.input_tokens)} tokens in
        {total.cache_read_tokens !== null && ` (${bigCount(total.cache_read_tokens)} of them from a cache)`},{" "}
        {bigCount(total.output_tokens)} out.
        {total.calls_without_usage > 0 && ` ${count(total.calls_without_usage)} calls told no tokens.`}
        {dearest?.name &&
          ` The dearest day was ${shortDay(`${dearest.name}T12:00:00Z`)} with ${cost(dearest.cost_usd)}.`}
      </p>
    </section>
  );
}
