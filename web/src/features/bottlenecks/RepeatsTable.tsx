import type { CacheRate, RepeatedOperation } from "../../api/views.gen";
import { cost, count, duration, NONE, percent } from "../../lib/format";
import { SECOND } from "../../lib/time";

/** The cache that would have answered most. */
const best = (caches: readonly CacheRate[]) =>
  caches.reduce<CacheRate | null>((most, one) => (most && most.hit_rate >= one.hit_rate ? most : one), null);

/** Operations that are called again with the same arguments, and what a cache would have answered. */
export function RepeatsTable({ operations }: { readonly operations: readonly RepeatedOperation[] }) {
  return (
    <section className="card" aria-label="Repeats">
      <div className="hd">
        <h2>Asked again</h2>
        <span className="m t12">
          {operations.length === 0
            ? "No operation was called twice with the same arguments."
            : "with the same arguments: what a cache would have answered"}
        </span>
      </div>
      {operations.length > 0 && (
        <div className="scroll">
          <table className="table">
            <thead>
              <tr>
                <th>Operation</th>
                <th className="r">Calls</th>
                <th className="r">Different</th>
                <th className="r">Time</th>
                <th className="r">Cost</th>
                <th>A cache would have answered</th>
                <th className="r">Saved</th>
              </tr>
            </thead>
            <tbody>
              {operations.map((row) => {
                const cache = best(row.caches);
                return (
                  <tr key={`${row.name} ${row.model}`}>
                    <td>
                      <b>{row.name}</b> <span className="m t12">{row.model}</span>{" "}
                      {row.may_write && (
                        <span className="chip warn" title="Its name sounds as if it changed something">
                          may write
                        </span>
                      )}
                    </td>
                    <td className="r">{count(row.calls)}</td>
                    <td className="r">{count(row.different_arguments)}</td>
                    <td className="r">{duration(row.total_ns)}</td>
                    <td className="r">{row.cost_usd === null ? NONE : cost(row.cost_usd)}</td>
                    <td>
                      {cache
                        ? `${percent(cache.hit_rate)} if entries live ${duration(cache.ttl_s * SECOND)}`
                        : "not tried"}
                    </td>
                    <td className="r">{cache ? duration(cache.saved_ns) : NONE}</td>
                  </tr>
                );
              })}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}
