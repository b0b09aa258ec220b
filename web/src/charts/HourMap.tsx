import type { EChartsOption } from "echarts";
import { useMemo } from "react";
import type { Tokens } from "../ui/theme";
import { useTokens } from "../ui/useTokens";
import { Chart } from "./Chart";
import { axisLook } from "./chartTheme";

export interface HourCell {
  /** Which row, from 0. */
  readonly row: number;
  /** 0 to 23. */
  readonly hour: number;
  readonly value: number;
  /** All that is known of the cell, in words. */
  readonly words: string;
}

interface Props {
  readonly rows: readonly string[];
  readonly cells: readonly HourCell[];
  readonly label: string;
}

const ROW = 17;

/** Hours of the day across, days down; the darker the more. Hours in which nothing was are empty. */
export function HourMap({ rows, cells, label }: Props) {
  const tokens = useTokens();
  const option = useMemo(() => optionOf(rows, cells, tokens), [rows, cells, tokens]);
  return (
    <Chart
      label={label}
      height={rows.length * ROW + 30}
      option={option}
      table={{
        columns: ["Day", "Hour", "What"],
        rows: cells.map((cell) => [rows[cell.row], cell.hour, cell.words]),
      }}
    />
  );
}

function optionOf(rows: readonly string[], cells: readonly HourCell[], tokens: Tokens): EChartsOption {
  const look = axisLook(tokens);
  const most = Math.max(1e-9, ...cells.map(({ value }) => value));
  return {
    grid: { left: 80, right: 12, top: 4, bottom: 22 },
    xAxis: {
      type: "category",
      data: Array.from({ length: 24 }, (_, hour) => String(hour).padStart(2, "0")),
      ...look,
      splitLine: { show: false },
    },
    yAxis: {
      type: "category",
      inverse: true,
      data: [...rows],
      ...look,
      axisLabel: { ...look.axisLabel, interval: 0 },
      splitLine: { show: false },
    },
    visualMap: {
      show: false,
      min: 0,
      max: most,
      dimension: 2,
      inRange: { color: [tokens.waitBg, tokens.gen] },
    },
    tooltip: {
      formatter: (at) => cells[(at as { dataIndex: number }).dataIndex]?.words ?? "",
    },
    series: [
      {
        type: "heatmap",
        data: cells.map(({ row, hour, value }) => [hour, row, value]),
        itemStyle: { borderColor: tokens.card, borderWidth: 1.5, borderRadius: 3 },
        emphasis: { itemStyle: { borderColor: tokens.ink } },
      },
    ],
  };
}
