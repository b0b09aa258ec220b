import { Link } from "wouter";
import type { OpportunityItem } from "../../api/views.gen";
import { cost, count, duration, NONE, shortId } from "../../lib/format";

/** What was found again and again, with what it would have saved. */
export function OpportunitiesTable({ items }: { readonly items: readonly OpportunityItem[] }) {
  return (
    <section className="card" aria-label="What could be done better">
      <div className="hd">
        <h2>What could be done better</h2>
        <span className="m t12">
          {items.length === 0
            ? "Nothing to save was found in this time."
            : "summed over the executions in which it was found; savings overlap"}
        </span>
      </div>
      {items.length > 0 && (
        <div className="scroll">
          <table className="table">
            <thead>
              <tr>
                <th>What</th>
                <th>Agent</th>
                <th>Code</th>
                <th className="r">Executions</th>
                <th className="r">Would save</th>
                <th className="r">At most</th>
                <th className="r">Money</th>
                <th>Confidence</th>
                <th>Example</th>
              </tr>
            </thead>
            <tbody>
              {items.map((item) => (
                <tr key={`${item.rule} ${item.agent} ${item.code_file} ${item.code_line} ${item.title}`}>
                  <td className="bottlenecks-advice">
                    <b>{item.title}</b>
                    <div className="m t12">{item.advice}</div>
                  </td>
                  <td>{item.agent}</td>
                  <td className="mono">
                    {item.code_file ? `${item.code_file}:${item.code_line ?? "?"}` : NONE}
                  </td>
                  <td className="r">{count(item.executions)}</td>
                  <td className="r">{duration(item.saving_ns)}</td>
                  <td className="r" title="of one execution">
                    {duration(item.most_saving_ns)}
                  </td>
                  <td className="r">{item.saving_usd === null ? NONE : cost(item.saving_usd)}</td>
                  <td>{item.confidence}</td>
                  <td>
                    <Link href={`/executions/${item.example_execution_id}`}>
                      {shortId(item.example_execution_id)}
                    </Link>
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
