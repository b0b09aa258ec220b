// What a change point says, in a word and its numbers.

import type { MetricChange } from "../api/views.gen";
import { cost, count, duration, percent, quantity } from "./format";

const WORDS: Readonly<Record<string, readonly [string, string]>> = {
  p50: ["slower", "faster"],
  p95: ["slower at p95", "faster at p95"],
  errors: ["fails more", "fails less"],
  tokens: ["more tokens", "fewer tokens"],
  cost: ["dearer", "cheaper"],
  calls: ["called more", "called less"],
};

const PRINT: Readonly<Record<string, (value: number) => string>> = {
  p50: duration,
  p95: duration,
  errors: percent,
  tokens: count,
  cost,
  calls: (value) => quantity(value),
};

/** `slower` and `p50 10.1 s → 17.9 s`, of what changed by itself; a step is named. */
export function changeWords(change: MetricChange): { readonly word: string; readonly numbers: string } {
  const [more, less] = WORDS[change.metric] ?? [change.metric, change.metric];
  const print = PRINT[change.metric] ?? quantity;
  const name = change.operation ? `${change.operation} ${change.metric}` : change.metric;
  return {
    word: change.after >= change.before ? more : less,
    numbers: `${name} ${print(change.before)} → ${print(change.after)}`,
  };
}
