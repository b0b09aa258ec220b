import type { EChartsOption } from "echarts";
import { useMemo } from "react";
import { axisTime, clockTime, count, duration, percent } from "../lib/format";
import { epochMs } from "../lib/time";
import type { Tokens } from "../ui/theme";
import { useTokens } from "../ui/useTokens";
import { Chart } from "./Chart";
import { axisLook, timeAxis } from "./chartTheme";

export interface BandPoint {
  readonly started: string;
  readonly executions: number;
  readonly failed_share: number | null;
  readonly p50_ns: number | null;
  readonly p95_ns: number | null;
}

export interface BandMark {
  readonly at: string;
  readonly label: string;
  /** Whether something got worse or better there; a version is neither. */
  readonly kind: "version" | "change";
}

interface Props {
  readonly points: readonly BandPoint[];
  readonly marks: readonly BandMark[];
  readonly height: number;
  readonly label: string;
}

type Pair = readonly [number, number | null];

/** The median as a line, the band up to p95 above it, and what changed when. */
export function TrendBand({ points, marks, height, label }: Props) {
  const tokens = useTokens();
  const option = useMemo(() => optionOf(points, marks, tokens), [points, marks, tokens]);
  return (
    <Chart
      label={label}
      height={height}
      option={option}
      table={{
        columns: ["From", "Executions", "Median", "p95", "Failed"],
        rows: points.map((point) => [
          clockTime(point.started, 0),
          count(point.executions),
          duration(point.p50_ns),
          duration(point.p95_ns),
          percent(point.failed_share),
        ]),
      }}
    />
  );
}

function optionOf(points: readonly BandPoint[], marks: readonly BandMark[], tokens: Tokens): EChartsOption {
  const times = points.map(({ started }) => epochMs(started));
  const look = axisLook(tokens);
  const median: Pair[] = points.map(({ p50_ns }, at) => [times[at] ?? 0, p50_ns]);
  const above: Pair[] = points.map(({ p50_ns, p95_ns }, at) => [
    times[at] ?? 0,
    p50_ns === null || p95_ns === null ? null : p95_ns - p50_ns,
  ]);
  const line = { type: "line", stack: "band", symbol: "none", emphasis: { disabled: true } } as const;
  // No line leads to a point between gaps.
  const alone = points.flatMap(({ p50_ns }, at) =>
    p50_ns !== null && (points[at - 1]?.p50_ns ?? null) === null && (points[at + 1]?.p50_ns ?? null) === null
      ? [[times[at] ?? 0, p50_ns] as [number, number]]
      : [],
  );
  return {
    grid: { left: 52, right: 16, top: 34, bottom: 24 },
    xAxis: { ...timeAxis(tokens, times[0] ?? 0, times.at(-1) ?? 0, 7), splitLine: { show: false } },
    yAxis: {
      type: "value",
      min: 0,
      ...look,
      axisLabel: { ...look.axisLabel, formatter: (ns: number) => axisTime(ns) },
    },
    tooltip: { trigger: "axis", formatter: (at: unknown) => tooltipOf(at, points) },
    series: [
      {
        ...line,
        name: "median",
        data: median as [number, number][],
        lineStyle: { color: tokens.gen, width: 2 },
        markLine: {
          symbol: ["none", "none"],
          silent: true,
          data: marks.map((mark) => markOf(mark, tokens)),
        },
      },
      {
        ...line,
        name: "p95",
        data: above as [number, number][],
        lineStyle: { color: tokens.gen, width: 1, opacity: 0.7 },
        areaStyle: { color: tokens.gen, opacity: 0.13 },
      },
      {
        type: "scatter",
        name: "median alone",
        data: alone,
        symbolSize: 6,
        itemStyle: { color: tokens.gen },
        silent: true,
      },
    ],
  };
}

function markOf({ at, label, kind }: BandMark, tokens: Tokens) {
  const isChange = kind === "change";
  const colour = isChange ? tokens.bad : tokens.subtle;
  return {
    xAxis: epochMs(at),
    lineStyle: {
      color: isChange ? tokens.block : tokens.subtle,
      type: isChange ? "solid" : "dashed",
      width: isChange ? 1.5 : 1,
    },
    label: {
      formatter: label,
      position: "end",
      color: colour,
      fontSize: 11,
      fontWeight: isChange ? 600 : 400,
      align: isChange ? "right" : "left",
      distance: isChange ? 4 : 18,
    },
  } as const;
}

function tooltipOf(at: unknown, points: readonly BandPoint[]): string {
  const [first] = at as { dataIndex: number }[];
  const point = first && points[first.dataIndex];
  if (!point) return "";
  return [
    clockTime(point.started, 0),
    `median ${duration(point.p50_ns)}, p95 ${duration(point.p95_ns)}`,
    `${count(point.executions)} executions, ${percent(point.failed_share)} failed`,
  ].join("\n");
}
