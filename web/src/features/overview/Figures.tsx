import type { Totals } from "../../api/views.gen";
import { cost, count, counted, duration, NONE, percent, UNKNOWN } from "../../lib/format";
import "./overview.css";

/** The totals of the time range, each with the numbers that explain it. */
export function Figures({ totals }: { readonly totals: Totals }) {
  const ofCalls = (text: string) => (totals.model_calls === 0 ? NONE : text);
  const isSampled = totals.executions_weight !== totals.executions;
  const failed = totals.failed + totals.timed_out + totals.crashed;
  const tokens =
    totals.input_tokens === null && totals.output_tokens === null
      ? null
      : (totals.input_tokens ?? 0) + (totals.output_tokens ?? 0);
  const figures: readonly (readonly [string, string, string])[] = [
    [
      "Executions",
      count(totals.executions),
      isSampled
        ? `stand for ${count(totals.executions_weight)}, ${counted(totals.steps, "step")}`
        : `${counted(totals.steps, "step")}, ${count(totals.running)} running`,
    ],
    [
      "Success rate",
      percent(totals.success_rate),
      `${count(failed)} failed, ${count(totals.skipped)} skipped`,
    ],
    ["Median time", duration(totals.p50_ns), "half are quicker"],
    ["p95 time", duration(totals.p95_ns), `p99 ${duration(totals.p99_ns)}`],
    ["Tokens", ofCalls(count(tokens)), tokensNote(totals)],
    [
      "Cost",
      ofCalls(cost(totals.cost_usd)),
      missing(totals.model_calls_without_cost, totals.model_calls, "priced"),
    ],
  ];
  return (
    <section className="card figures" aria-label="Totals">
      {figures.map(([name, value, note]) => (
        <div key={name}>
          <div className="name">{name}</div>
          <div className={value === UNKNOWN || value === NONE ? "value s" : "value"}>{value}</div>
          <div className="t12 m">{note}</div>
        </div>
      ))}
    </section>
  );
}

function tokensNote(totals: Totals): string {
  if (totals.input_tokens === null && totals.output_tokens === null) {
    return missing(totals.model_calls_without_usage, totals.model_calls, "counted");
  }
  return `${count(totals.input_tokens)} in, ${count(totals.output_tokens)} out`;
}

function missing(without: number, all: number, deed: string): string {
  if (all === 0) return "no model calls";
  return without === 0
    ? `all ${counted(all, "call")} ${deed}`
    : `${count(all - without)} of ${counted(all, "call")} ${deed}`;
}
