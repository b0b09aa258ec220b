import { expect, test } from "vitest";
import { ago, axisTime, cost, count, counted, duration, durationParts, percent, quantity } from "./format";

const plain = (text: string) => text.replaceAll("\u202f", " ");

test.each([
  [0, "0 s"],
  [850, "850 ns"],
  [850_000, "850 µs"],
  [340_400_000, "340 ms"],
  [999_600_000, "1.00 s"],
  [4_111_000_000, "4.11 s"],
  [31_400_000_000, "31.4 s"],
  [99_960_000_000, "1 min 40 s"],
  [372_000_000_000, "6 min 12 s"],
  [7_500_000_000_000, "2 h 05 min"],
  [-2_400_000_000, "−2.40 s"],
  [null, "unknown"],
])("a duration of %s ns prints as %s", (ns, text) => {
  expect(plain(duration(ns))).toBe(text);
});

test("an axis leaves out digits that say nothing", () => {
  expect([0, 5e9, 2.5e9, 120e9].map(axisTime).map(plain)).toEqual(["0", "5 s", "2.5 s", "2 min"]);
  expect([24, 36, 120].map((hours) => plain(axisTime(hours * 3600e9)))).toEqual(["24 h", "36 h", "5 d"]);
});

test("figure and unit of a duration come apart", () => {
  expect(durationParts(372_000_000_000)).toEqual([
    ["6", "min"],
    ["12", "s"],
  ]);
});

test.each([
  [412.6, "$412.60"],
  [12_345.678, "$12,345.68"],
  [0.1, "$0.100"],
  [0.0027, "$0.0027"],
  [0.0000027, "$0.0000027"],
  [0, "$0"],
  [null, "unknown"],
])("a cost of %s prints as %s", (usd, text) => {
  expect(cost(usd)).toBe(text);
});

test("unknown is a word, never 0", () => {
  expect([count(null), percent(null), count(0)]).toEqual(["unknown", "unknown", "0"]);
});

test("counts have commas and agree with their noun", () => {
  expect([count(1_234_567), counted(1, "retry", "retries"), counted(3, "retry", "retries")]).toEqual([
    "1,234,567",
    "1 retry",
    "3 retries",
  ]);
});

test("a number of unknown kind keeps what it says, without noise behind the point", () => {
  expect([0.82, 4, 0.30000000000000004, -1.5].map(quantity)).toEqual(["0.82", "4", "0.3", "−1.5"]);
});

test("a moment ago is now, and a clock that runs ahead is too", () => {
  const heard = "2026-11-21T10:00:00.000Z";
  const times = [400, 12_500, -5_000].map((ms) => plain(ago(heard, Date.UTC(2026, 10, 21, 10) + ms)));
  expect(times).toEqual(["now", "12.5 s ago", "now"]);
});

test("what is not all and not nothing does not read so", () => {
  expect([0.99987, 0.00003, 1, 0, 0.5].map(percent).map(plain)).toEqual([
    "99.9 %",
    "0.1 %",
    "100.0 %",
    "0.0 %",
    "50.0 %",
  ]);
});
