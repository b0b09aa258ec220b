import { Link } from "wouter";
import type { AlertItem } from "../../api/views.gen";
import { clockTime, duration } from "../../lib/format";
import { offsetBetween } from "../../lib/time";

/** What fired and why, the latest first, with a link to what it was about. */
export function History({ items }: { readonly items: readonly AlertItem[] }) {
  const now = Date.now();
  return (
    <section className="card" aria-label="History">
      <div className="hd">
        <h2>History</h2>
        <span className="m t12">{items.length === 0 && "Nothing has fired yet"}</span>
      </div>
      {items.length > 0 && (
        <div className="scroll">
          <table className="table">
            <thead>
              <tr>
                <th>Fired</th>
                <th className="r">Lasted</th>
                <th>Rule</th>
                <th>Why</th>
                <th aria-label="Evidence" />
              </tr>
            </thead>
            <tbody>
              {items.map((item) => (
                <tr key={item.alert_id}>
                  <td className="m tn">{item.fired_at && clockTime(item.fired_at, now)}</td>
                  <td className="r tn">
                    {item.cleared_at && item.fired_at ? (
                      duration(offsetBetween(item.fired_at, item.cleared_at))
                    ) : (
                      <span className="chip bad">fires now</span>
                    )}
                  </td>
                  <td>{item.title}</td>
                  <td className="wrap">{item.said}</td>
                  <td className="r">
                    <Link href={item.link}>Evidence</Link>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}
