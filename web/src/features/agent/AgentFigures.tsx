import { useQuery } from "@tanstack/react-query";
import { questionQuery } from "../../api/questions";
import type { AgentPerformance, Figure, Statistics } from "../../api/views.gen";
import { cost, count, duration, NONE, percent, signed } from "../../lib/format";
import { FigureRow } from "../../ui/FigureRow";
import type { Asks } from "./AgentPage";

interface Props {
  readonly performance: AgentPerformance;
  readonly asks: Asks;
}

/** The numbers of the time range, each with its change against the time before. */
export function AgentFigures({ performance, asks }: Props) {
  const statistics = useQuery(questionQuery<Statistics>("statistics", asks.wishes, asks.address)).data;
  const failed = performance.failed + performance.timed_out + performance.crashed;
  const ofCalls = (text: string) => (performance.model_calls === 0 ? NONE : text);
  return (
    <FigureRow
      label="Figures"
      figures={[
        {
          name: "Executions",
          value: count(performance.executions),
          note: change(statistics?.executions, null) ?? `${count(performance.running)} running`,
        },
        {
          name: "Success rate",
          value: performance.success_rate === null ? NONE : percent(performance.success_rate),
          note:
            change(statistics?.success_rate, false) ??
            `${count(failed)} failed, ${count(performance.skipped)} skipped`,
        },
        {
          name: "Median time",
          value: duration(performance.p50_ns),
          note: change(statistics?.p50_ns, true) ?? "half are quicker",
        },
        {
          name: "p95 time",
          value: duration(performance.p95_ns),
          note: change(statistics?.p95_ns, true) ?? `p99 ${duration(performance.p99_ns)}`,
        },
        {
          name: "Tokens",
          value: ofCalls(count(performance.tokens)),
          note:
            performance.mean_call_tokens === null
              ? "of its own calls"
              : `${count(performance.mean_call_tokens)} a call`,
        },
        {
          name: "Cost of its own calls",
          value: ofCalls(cost(performance.cost_usd)),
          note: change(statistics?.mean_cost_usd, true) ?? `${count(performance.model_calls)} model calls`,
        },
      ]}
    />
  );
}

/** How a figure changed, if there is a time before; `isMoreWorse` null is neither good nor bad. */
function change(figure: Figure | undefined, isMoreWorse: boolean | null) {
  if (!figure || figure.change === null || figure.previous === null) return null;
  const isRate = isMoreWorse === false;
  const text = isRate
    ? `${signed(figure.change * 100, (value) => value.toFixed(1))} points`
    : signed(figure.change, percent);
  const isWorse = isMoreWorse !== null && figure.change !== 0 && figure.change > 0 === isMoreWorse;
  const tone = figure.is_notable && isMoreWorse !== null ? (isWorse ? "bad" : "good") : "m";
  return (
    <span>
      <span className={tone}>{text}</span> against before
    </span>
  );
}
