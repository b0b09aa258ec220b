import type { EChartsOption } from "echarts";
import { useMemo } from "react";
import { axisTime, count, duration } from "../lib/format";
import type { Tokens } from "../ui/theme";
import { useTokens } from "../ui/useTokens";
import { Chart } from "./Chart";
import { axisLook } from "./chartTheme";

export interface Bin {
  readonly from_ns: number;
  readonly to_ns: number;
  readonly executions: number;
  readonly against: number | null;
}

interface Props {
  readonly label: string;
  readonly height: number;
  readonly bins: readonly Bin[];
  /** What the line is, and what the bars are when there are both. */
  readonly names: readonly [string, string | null];
}

/** How long things took, on a logarithmic axis: bars; with another set that one is the bars and this one the line. */
export function Histogram({ label, height, bins, names }: Props) {
  const tokens = useTokens();
  const option = useMemo(() => optionOf(bins, names, tokens), [bins, names, tokens]);
  const [own, other] = names;
  return (
    <Chart
      label={label}
      height={height}
      option={option}
      table={{
        columns: ["Longer than", "Up to", own, ...(other ? [other] : [])],
        rows: bins.map((bin) => [
          duration(bin.from_ns),
          duration(bin.to_ns),
          count(bin.executions),
          ...(other ? [count(bin.against)] : []),
        ]),
      }}
    />
  );
}

function optionOf(bins: readonly Bin[], [own, other]: Props["names"], tokens: Tokens): EChartsOption {
  const look = axisLook(tokens);
  // Sets of different size are shown as shares of themselves.
  const sums = [sum(bins.map((bin) => bin.executions)), sum(bins.map((bin) => bin.against ?? 0))];
  const shares = bins.map(
    (bin) => [bin.executions / (sums[0] || 1), (bin.against ?? 0) / (sums[1] || 1)] as const,
  );
  const bars = {
    type: "bar" as const,
    barCategoryGap: "6%",
    data: shares.map(([ours, theirs]) => (other ? theirs : ours)),
    itemStyle: { color: other ? tokens.line2 : tokens.gen, opacity: other ? 1 : 0.75 },
    emphasis: { disabled: true },
  };
  return {
    grid: { left: 10, right: 10, top: 12, bottom: 24 },
    xAxis: {
      type: "category",
      data: bins.map((bin) => axisTime(bin.to_ns)),
      ...look,
      axisLabel: { ...look.axisLabel, interval: Math.max(0, Math.ceil(bins.length / 5) - 1) },
    },
    yAxis: { type: "value", ...look, axisLabel: { show: false } },
    tooltip: {
      trigger: "axis",
      formatter: (at) => {
        const [first] = at as unknown as { dataIndex: number }[];
        const bin = first && bins[first.dataIndex];
        if (!bin) return "";
        const lines = [
          `${duration(bin.from_ns)} to ${duration(bin.to_ns)}`,
          `${own}: ${count(bin.executions)}`,
        ];
        return (other ? [...lines, `${other}: ${count(bin.against)}`] : lines).join("\n");
      },
    },
    series: other
      ? [
          { ...bars, name: other },
          {
            type: "line",
            step: "middle",
            name: own,
            symbol: "none",
            data: shares.map(([ours]) => ours),
            lineStyle: { color: tokens.gen, width: 2 },
          },
        ]
      : [{ ...bars, name: own }],
  };
}

function sum(values: readonly number[]): number {
  return values.reduce((whole, value) => whole + value, 0);
}
