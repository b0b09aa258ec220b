import type { NoiseItem } from "../../api/views.gen";
import { count, counted, NONE } from "../../lib/format";

/** What each rule against noise has taken away; nothing on a server without rules. */
export function NoiseTable({ rules }: { readonly rules: readonly NoiseItem[] }) {
  if (rules.length === 0) return null;
  return (
    <section className="card" aria-label="Noise">
      <div className="hd">
        <h2>Noise</h2>
        <span className="m t12">
          {counted(rules.length, "rule")}, in the order in which they are asked; steps that got no row of
          their own
        </span>
      </div>
      <div className="scroll">
        <table className="table">
          <thead>
            <tr>
              <th>Rule</th>
              <th className="r">Dropped</th>
              <th className="r">Folded</th>
            </tr>
          </thead>
          <tbody>
            {rules.map(({ rule, dropped, folded }) => (
              <tr key={rule}>
                <td style={{ fontWeight: 550 }}>{rule}</td>
                <td className="r">{dropped ? count(dropped) : NONE}</td>
                <td className="r">{folded ? count(folded) : NONE}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}
