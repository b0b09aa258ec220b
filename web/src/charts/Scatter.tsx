import type { EChartsOption, ScatterSeriesOption } from "echarts";
import { useMemo } from "react";
import { axisTime, clockTime, duration } from "../lib/format";
import { epochMs } from "../lib/time";
import type { Tokens } from "../ui/theme";
import { useTokens } from "../ui/useTokens";
import { Chart, type ChartTable, type Selection } from "./Chart";
import { axisLook, timeAxis } from "./chartTheme";

export interface ScatterPoint {
  readonly id: string;
  readonly name: string;
  readonly status: string;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly duration_ns: number;
}

export interface TimeMark {
  readonly at: string;
  readonly label: string;
}

interface Props {
  readonly label: string;
  readonly height: number;
  readonly points: readonly ScatterPoint[];
  /** Both ends of the time axis, in ms since 1970. */
  readonly range: readonly [number, number];
  readonly marks: readonly TimeMark[];
  readonly selected: Selection | null;
  readonly onSelect: (selection: Selection | null) => void;
  readonly onOpen: (id: string) => void;
  readonly table: ChartTable;
}

const CROSS =
  "path://M1.2 0L5 3.8L8.8 0L10 1.2L6.200 5L10 8.800L8.800 10L5 6.200L1.200 10L0 8.800L3.800 5L0 1.200Z";
const ZAP = "path://M6 0L0 6H3.600L3 10L9 4H5.400Z";

/** How a status is drawn: symbol, size, colour, opacity. Dot, cross, triangle: place and form say it without colour. */
function lookOf(status: string, tokens: Tokens): readonly [string, number, string, number] {
  if (status === "failed") return [CROSS, 6.5, tokens.block, 1];
  if (status === "crashed") return [ZAP, 9, tokens.block, 1];
  if (status === "timeout") return ["triangle", 8, tokens.retry, 1];
  if (status === "skipped") return ["emptyDiamond", 5, tokens.queue, 0.7];
  return ["circle", 4, tokens.gen, 0.42];
}

/** Executions over time by duration, on a logarithmic axis; a rectangle drawn over them selects. */
export function Scatter(props: Props) {
  const { label, height, points, range, marks, selected, onSelect, onOpen, table } = props;
  const tokens = useTokens();
  const groups = useMemo(() => grouped(points), [points]);
  const option = useMemo(
    () => optionOf(groups, range, marks, selected, tokens),
    [groups, range, marks, selected, tokens],
  );
  return (
    <Chart
      label={label}
      height={height}
      option={option}
      table={table}
      selects="rect"
      onSelect={onSelect}
      onPick={(series, index) => {
        const point = groups.get(series)?.[index];
        if (point) onOpen(point.id);
      }}
    />
  );
}

/** By status, the failing ones last, so that they lie on top. */
function grouped(points: readonly ScatterPoint[]): Map<string, ScatterPoint[]> {
  const found = new Map<string, ScatterPoint[]>([
    ["success", []],
    ["skipped", []],
  ]);
  for (const point of points) {
    const group = found.get(point.status);
    if (group) group.push(point);
    else found.set(point.status, [point]);
  }
  return found;
}

function optionOf(
  groups: ReadonlyMap<string, readonly ScatterPoint[]>,
  range: readonly [number, number],
  marks: readonly TimeMark[],
  selected: Selection | null,
  tokens: Tokens,
): EChartsOption {
  const look = axisLook(tokens);
  return {
    grid: { left: 58, right: 14, top: 18, bottom: 24 },
    toolbox: { show: false },
    brush: {
      toolbox: [],
      xAxisIndex: 0,
      yAxisIndex: 0,
      brushStyle: brushLook(tokens),
      throttleType: "debounce",
    },
    xAxis: timeAxis(tokens, range[0], range[1], 9),
    yAxis: {
      type: "log",
      ...look,
      axisLabel: { ...look.axisLabel, formatter: axisTime },
      minorSplitLine: { show: false },
    },
    tooltip: {
      formatter: (at) => {
        const { seriesName = "", dataIndex } = at as { seriesName?: string; dataIndex: number };
        const point = groups.get(seriesName)?.[dataIndex];
        if (!point) return "";
        return `${point.name}\n${point.status}, ${duration(point.duration_ns)}\n${clockTime(new Date(point.at).toISOString(), 0)}`;
      },
    },
    series: [...groups].map(([status, points], place) => {
      const [symbol, symbolSize, color, opacity] = lookOf(status, tokens);
      return {
        type: "scatter" as const,
        name: status,
        data: points.map((point) => [point.at, Math.max(1, point.duration_ns)]),
        symbol,
        symbolSize,
        itemStyle: { color, opacity },
        cursor: "pointer",
        ...(place === 0
          ? ({ markLine: linesOf(marks, tokens), markArea: areaOf(selected, tokens) } as ScatterSeriesOption)
          : {}),
      };
    }),
  };
}

function brushLook(tokens: Tokens) {
  return { color: tokens.sel, borderColor: tokens.selLine, borderWidth: 1, opacity: 0.5 };
}

function linesOf(marks: readonly TimeMark[], tokens: Tokens): ScatterSeriesOption["markLine"] {
  return {
    symbol: "none",
    silent: true,
    lineStyle: { color: tokens.ink, type: [3, 3], width: 1 },
    data: marks.map(({ at, label }) => ({
      xAxis: epochMs(at),
      label: {
        formatter: label,
        color: tokens.ink,
        fontSize: 11,
        fontWeight: 600,
        align: "right",
        padding: [0, 6, 0, 0],
      },
    })),
  };
}

function areaOf(selected: Selection | null, tokens: Tokens): ScatterSeriesOption["markArea"] {
  const [from, to] = selected?.x ?? [0, 0];
  const y = selected?.y;
  return {
    silent: true,
    itemStyle: { color: tokens.selLine, opacity: 0.1, borderColor: tokens.selLine, borderWidth: 1 },
    data: selected
      ? [
          [
            { xAxis: from, ...(y ? { yAxis: y[0] } : {}) },
            { xAxis: to, ...(y ? { yAxis: y[1] } : {}) },
          ],
        ]
      : [],
  };
}
