import type { EChartsOption } from "echarts";
import { useMemo } from "react";
import type { FailureGroups } from "../../api/views.gen";
import { Chart } from "../../charts/Chart";
import { axisLook, timeAxis } from "../../charts/chartTheme";
import { clockTime, count, counted, duration } from "../../lib/format";
import { epochMs, MILLISECOND } from "../../lib/time";
import { useTokens } from "../../ui/useTokens";

/** How many executions failed in each stretch of the period. */
export function FailureTimes({ failures }: { readonly failures: FailureGroups }) {
  const tokens = useTokens();
  const { from_time, to_time, over_time, width_ns } = failures;
  const option = useMemo((): EChartsOption => {
    const [from, to] = [epochMs(from_time), epochMs(to_time)];
    const look = axisLook(tokens);
    const half = width_ns / MILLISECOND / 2;
    return {
      grid: { left: 40, right: 14, top: 8, bottom: 22 },
      xAxis: { ...timeAxis(tokens, from, to, 8), splitLine: { show: false } },
      yAxis: { type: "value", minInterval: 1, splitNumber: 3, ...look },
      tooltip: {
        formatter: (at: unknown) => {
          const slice = over_time[(at as { dataIndex: number }).dataIndex];
          return slice
            ? `${clockTime(slice.started, 0)}\n${counted(slice.executions, "execution")}, ${counted(slice.steps, "step")}`
            : "";
        },
      },
      series: [
        {
          type: "bar",
          name: "failed",
          barWidth: 7,
          itemStyle: { color: tokens.bad },
          data: over_time.map(({ started, executions }) => [epochMs(started) + half, executions]),
        },
      ],
    };
  }, [from_time, to_time, over_time, width_ns, tokens]);
  return (
    <section className="card" aria-label="Over time">
      <div className="hd">
        <h2>Failed executions over time</h2>
        <span className="m t12">in stretches of {duration(width_ns)}</span>
      </div>
      <Chart
        label="Failed executions over time"
        height={132}
        option={option}
        table={{
          columns: ["From", "Executions", "Steps"],
          rows: over_time.map((slice) => [
            clockTime(slice.started, 0),
            count(slice.executions),
            count(slice.steps),
          ]),
        }}
      />
    </section>
  );
}
