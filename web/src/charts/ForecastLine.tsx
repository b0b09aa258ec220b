import type { EChartsOption } from "echarts";
import { useMemo } from "react";
import { useTokens } from "../ui/useTokens";
import { Chart } from "./Chart";
import { axisLook } from "./chartTheme";

export interface Expected {
  readonly expected: number;
  readonly low: number;
  readonly high: number;
}

interface Props {
  /** What stands below each point: those that were, then those to come. */
  readonly labels: readonly string[];
  readonly past: readonly (number | null)[];
  /** What is expected afterwards, with its interval. */
  readonly ahead?: readonly Expected[];
  /** A level that is drawn across, with its name. */
  readonly level?: { readonly value: number; readonly name: string } | undefined;
  /** The place from which on the level is another one. */
  readonly mark?: { readonly label: string; readonly name: string } | undefined;
  readonly print: (value: number) => string;
  readonly height: number;
  readonly label: string;
}

/** A line of what was and, dashed with its interval, of what is expected. */
export function ForecastLine({ labels, past, ahead = [], level, mark, print, height, label }: Props) {
  const tokens = useTokens();
  const option = useMemo((): EChartsOption => {
    const look = axisLook(tokens);
    const none = past.map(() => null);
    const line = { type: "line", symbol: "none", emphasis: { disabled: true }, silent: true } as const;
    const alone = { symbol: "circle", symbolSize: 6, itemStyle: { color: tokens.gen } };
    const marks = [
      ...(level
        ? [{ yAxis: level.value, label: { formatter: level.name, position: "insideEndTop" as const } }]
        : []),
      ...(mark ? [{ xAxis: mark.label, label: { formatter: mark.name, position: "end" as const } }] : []),
    ];
    return {
      grid: { left: 56, right: 16, top: 24, bottom: 22 },
      xAxis: { type: "category", data: [...labels], boundaryGap: false, ...look },
      yAxis: {
        type: "value",
        min: 0,
        splitNumber: 4,
        ...look,
        axisLabel: { ...look.axisLabel, formatter: (value: number) => print(value) },
      },
      tooltip: { trigger: "axis", valueFormatter: (value) => (value === null ? "–" : print(Number(value))) },
      series: [
        {
          ...line,
          name: "was",
          data: past.map((value, at) => (isAlone(past, at) ? { value, ...alone } : value)),
          lineStyle: { color: tokens.gen, width: 1.8 },
          markLine: {
            symbol: ["none", "none"],
            silent: true,
            lineStyle: { color: tokens.bad },
            label: { color: tokens.bad, fontSize: 11 },
            data: marks,
          },
        },
        {
          ...line,
          name: "at least",
          stack: "band",
          data: [...none, ...ahead.map(({ low }) => Math.max(0, low))],
          lineStyle: { opacity: 0 },
        },
        {
          ...line,
          name: "between",
          stack: "band",
          data: [...none, ...ahead.map(({ low, high }) => high - Math.max(0, low))],
          lineStyle: { opacity: 0 },
          areaStyle: { color: tokens.gen, opacity: 0.13 },
        },
        {
          ...line,
          name: "expected",
          data: [...none, ...ahead.map(({ expected }) => expected)],
          lineStyle: { color: tokens.gen, width: 1.4, type: "dashed" },
        },
      ],
    };
  }, [labels, past, ahead, level, mark, print, tokens]);
  return (
    <Chart
      label={label}
      height={height}
      option={option}
      table={{
        columns: ["When", "Value", "At least", "At most"],
        rows: labels.map((each, at) => {
          const told = ahead[at - past.length];
          const was = past[at];
          return told
            ? [each, print(told.expected), print(Math.max(0, told.low)), print(told.high)]
            : [each, was === null || was === undefined ? "unknown" : print(was), "", ""];
        }),
      }}
    />
  );
}

/** Whether no line goes to a point, which would not be seen. */
const isAlone = (values: readonly (number | null)[], at: number) =>
  values[at] !== null && (values[at - 1] ?? null) === null && (values[at + 1] ?? null) === null;
