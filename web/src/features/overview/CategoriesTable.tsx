import type { CategorySummary } from "../../api/views.gen";
import { Swatch } from "../../charts/Patterns";
import { cost, count, duration, NONE, percent } from "../../lib/format";
import { kindOf } from "../../lib/shares";

const tone = (value: unknown) => (value === null ? "r s" : "r");

/** Where the time of all steps went; own time counts each moment once, so its shares make a whole. */
export function CategoriesTable({ categories }: { readonly categories: readonly CategorySummary[] }) {
  if (categories.length === 0) return null;
  const whole = categories.reduce((sum, category) => sum + (category.self_ns ?? 0), 0);
  const sorted = [...categories].sort((a, b) => (b.self_ns ?? 0) - (a.self_ns ?? 0) || b.steps - a.steps);
  return (
    <section className="card" aria-label="Categories">
      <div className="hd">
        <h2>Where steps spend their time</h2>
        <span className="m t12">own time: without what runs inside a step</span>
      </div>
      <div className="scroll">
        <table className="table">
          <thead>
            <tr>
              <th>Category</th>
              <th className="r">Own time</th>
              <th className="r">Share</th>
              <th style={{ width: "26%" }} aria-label="Share as a bar" />
              <th className="r">Steps</th>
              <th className="r">Failed</th>
              <th className="r">p50</th>
              <th className="r">p95</th>
              <th className="r">p99</th>
              <th className="r">Cost</th>
            </tr>
          </thead>
          <tbody>
            {sorted.map((category) => (
              <CategoryRow key={category.category} category={category} whole={whole} />
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

interface RowProps {
  readonly category: CategorySummary;
  readonly whole: number;
}

function CategoryRow({ category, whole }: RowProps) {
  const share = category.self_ns === null || whole === 0 ? null : category.self_ns / whole;
  return (
    <tr>
      <td>
        <span style={{ display: "flex", gap: 8, alignItems: "center", fontWeight: 550 }}>
          <Swatch kind={kindOf(category.category)} />
          {category.category.replaceAll("_", " ")}
        </span>
      </td>
      <td className={tone(category.self_ns)}>{duration(category.self_ns)}</td>
      <td className={tone(share)}>{percent(share)}</td>
      <td>
        <svg width="100%" height="6" aria-hidden="true">
          <rect width="100%" height="6" rx="2" fill="var(--sunk)" />
          <rect width={`${(share ?? 0) * 100}%`} height="6" rx="2" fill="var(--join)" />
        </svg>
      </td>
      <td className="r">{count(category.steps)}</td>
      <td className={category.failed ? "r bad" : "r s"}>{category.failed ? count(category.failed) : NONE}</td>
      <td className={tone(category.p50_ns)}>{duration(category.p50_ns)}</td>
      <td className={tone(category.p95_ns)}>{duration(category.p95_ns)}</td>
      <td className={tone(category.p99_ns)}>{duration(category.p99_ns)}</td>
      <td className={category.cost_usd === null ? "r s" : "r"}>
        {category.category === "llm" || category.cost_usd !== null ? cost(category.cost_usd) : NONE}
      </td>
    </tr>
  );
}
