import type { EChartsOption } from "echarts";
import { useMemo } from "react";
import type { Tokens } from "../ui/theme";
import { useTokens } from "../ui/useTokens";
import { Chart } from "./Chart";
import { axisLook } from "./chartTheme";

export interface Stack {
  readonly name: string;
  /** One value a label, 0 where there is none. */
  readonly values: readonly number[];
}

interface Props {
  /** What stands below each bar. */
  readonly labels: readonly string[];
  /** From below to above; the first ones have the strongest colours. */
  readonly stacks: readonly Stack[];
  readonly print: (value: number) => string;
  readonly height: number;
  readonly label: string;
}

const COLOURS = ["gen", "tool", "db", "own", "join", "queue"] as const satisfies readonly (keyof Tokens)[];

/** Bars over time, each cut into parts, with a legend above. */
export function StackedBars({ labels, stacks, print, height, label }: Props) {
  const tokens = useTokens();
  const option = useMemo((): EChartsOption => {
    const look = axisLook(tokens);
    return {
      grid: { left: 56, right: 14, top: 34, bottom: 22 },
      legend: {
        top: 4,
        left: 10,
        itemWidth: 10,
        itemHeight: 10,
        textStyle: { color: tokens.muted, fontSize: 11.5 },
      },
      xAxis: { type: "category", data: [...labels], ...look },
      yAxis: {
        type: "value",
        splitNumber: 4,
        ...look,
        axisLabel: { ...look.axisLabel, formatter: (value: number) => print(value) },
      },
      tooltip: { trigger: "axis", valueFormatter: (value) => print(Number(value)) },
      series: stacks.map(({ name, values }, at) => ({
        type: "bar",
        stack: "all",
        name,
        barMaxWidth: 26,
        itemStyle: {
          color: tokens[COLOURS[at % COLOURS.length] ?? "queue"],
          borderColor: tokens.card,
          borderWidth: 0.5,
        },
        data: [...values],
      })),
    };
  }, [labels, stacks, print, tokens]);
  return (
    <Chart
      label={label}
      height={height}
      option={option}
      table={{
        columns: ["When", ...stacks.map(({ name }) => name)],
        rows: labels.map((each, at) => [each, ...stacks.map(({ values }) => print(values[at] ?? 0))]),
      }}
    />
  );
}
