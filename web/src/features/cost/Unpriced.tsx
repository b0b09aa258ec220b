import { Link } from "wouter";
import type { Costs } from "../../api/views.gen";
import { cost, count, counted } from "../../lib/format";

/** Which lists priced the calls, and which models nobody can price. */
export function Unpriced({ costs }: { readonly costs: Costs }) {
  const { price_lists, parts, unpriced_without_usage, total } = costs;
  const without = parts.filter(({ calls_without_cost }) => calls_without_cost > 0);
  return (
    <section className="card" aria-label="Prices">
      <div className="hd">
        <h2>Where the prices are from</h2>
      </div>
      <div className="verdict">
        <p>
          {price_lists
            .map(
              ({ price_version, calls, cost_usd }) =>
                `${counted(calls, "call")} by ${price_version ?? "no list"} (${cost(cost_usd)})`,
            )
            .join("; ")}
          .
        </p>
        {total.calls_without_cost > 0 && (
          <p className="warn">
            {counted(total.calls_without_cost, "call")} without a cost: {count(unpriced_without_usage)} told
            no tokens; the others have a model without a price:{" "}
            {without
              .map(({ name, calls_without_cost }) => `${name ?? "not told"} (${count(calls_without_cost)})`)
              .join(", ")}
            . <Link href="/settings?part=prices">Set a price</Link>
          </p>
        )}
      </div>
    </section>
  );
}
