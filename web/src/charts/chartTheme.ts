// What all charts share: axes, grid and tooltip in the colours of the theme.

import type { EChartsOption } from "echarts";
import { clockTicks, tickWords } from "../lib/clockTicks";
import { FONT, type Tokens } from "../ui/theme";

/** Text and lines of an axis; spread into `xAxis` and `yAxis`. */
export function axisLook(tokens: Tokens) {
  return {
    axisLine: { show: false },
    axisTick: { show: false },
    axisLabel: {
      color: tokens.subtle,
      fontSize: 11,
      fontFamily: FONT,
      hideOverlap: true,
      minMargin: 10,
    },
    splitLine: { lineStyle: { color: tokens.grid } },
    nameTextStyle: { color: tokens.subtle, fontSize: 11 },
  } as const;
}

/** An axis of moments from one to another, in milliseconds since 1970; at most `most` of them have a label. */
export function timeAxis(tokens: Tokens, from: number, to: number, most: number) {
  const look = axisLook(tokens);
  const customValues = clockTicks(from, to, most);
  return {
    type: "time",
    min: from,
    max: to,
    ...look,
    axisTick: { show: false, customValues },
    axisLabel: { ...look.axisLabel, customValues, formatter: (ms: number) => tickWords(ms) },
  } as const;
}

/** What every chart starts from: no animation, little space around, a tooltip drawn in the canvas: names of agents
 * never become HTML. */
export function chartLook(tokens: Tokens): EChartsOption {
  return {
    animation: false,
    textStyle: { fontFamily: FONT, color: tokens.ink },
    grid: { left: 44, right: 12, top: 12, bottom: 24 },
    tooltip: {
      renderMode: "richText",
      confine: true,
      backgroundColor: tokens.card,
      borderColor: tokens.line2,
      borderWidth: 1,
      padding: [6, 9],
      textStyle: { color: tokens.ink, fontSize: 12, fontFamily: FONT },
      axisPointer: { lineStyle: { color: tokens.line2 }, crossStyle: { color: tokens.line2 } },
    },
    aria: { enabled: false },
  };
}
