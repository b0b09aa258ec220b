import type { ServerParts, TimeSummary } from "../../api/views.gen";
import { count, duration, NONE } from "../../lib/format";

/** How long the server's own work takes, since it started. */
export function OwnWork({ server }: { readonly server: ServerParts }) {
  const rows: readonly (readonly [string, TimeSummary])[] = [
    ["Commits to the store", server.commits],
    ["Questions to the store", server.questions],
    ["Waits for a thread", server.thread_waits],
    ["Event loop late by", server.loop_lag],
  ];
  return (
    <section className="card" aria-label="Own work">
      <div className="hd">
        <h2>Own work</h2>
        <span className="m t12">since the server started</span>
      </div>
      <table className="table">
        <thead>
          <tr>
            <th>What</th>
            <th className="r">Number</th>
            <th className="r">p50</th>
            <th className="r">p95</th>
            <th className="r">p99</th>
          </tr>
        </thead>
        <tbody>
          {rows.map(([name, times]) => (
            <tr key={name}>
              <td>{name}</td>
              <td className="r">{count(times.number)}</td>
              {[times.p50_ns, times.p95_ns, times.p99_ns].map((ns, place) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: three columns that never change place
                <td key={place} className={ns === null ? "r s" : "r"}>
                  {ns === null ? NONE : duration(ns)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
