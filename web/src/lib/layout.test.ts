import { expect, test } from "vitest";
import { clampView, packLanes, pan, rowsOnScreen, scrollTo, toTime, toX, viewOf, zoom } from "./layout";
import { ticks } from "./time";

const whole = { from: 0, to: 1_000_000 };

test("zoom keeps the moment under the pointer where it is", () => {
  const view = zoom(whole, whole, 0.5, 400_000);
  expect(toX(400_000, view, 0, 100)).toBeCloseTo(toX(400_000, whole, 0, 100));
});

test("no view leaves the whole or gets shorter than a microsecond", () => {
  expect(clampView({ from: -5, to: 2e6 }, whole)).toEqual(whole);
  expect(pan(whole, whole, 0.5)).toEqual(whole);
  const deep = zoom(whole, whole, 1e-9, 500_000);
  expect(deep.to - deep.from).toBe(1_000);
});

test("a step that is fitted lies inside the view with air around it", () => {
  expect(viewOf(100_000, 50_000, whole)).toEqual({ from: 95_000, to: 155_000 });
});

test("pixels and times are each other's way back", () => {
  expect(toTime(toX(123_456, whole, 340, 900), whole, 340, 900)).toBeCloseTo(123_456);
});

test("only rows that touch the screen are drawn", () => {
  expect(rowsOnScreen(45, 60, 20, 1_000)).toEqual([2, 6]);
  expect(rowsOnScreen(0, 600, 20, 3)).toEqual([0, 3]);
});

test("a row is brought on screen with the least movement", () => {
  expect([scrollTo(0, 100, 200, 20), scrollTo(30, 100, 200, 20), scrollTo(8, 100, 200, 20)]).toEqual([
    0, 420, 100,
  ]);
});

test("lanes never overlap and are as many as run at once", () => {
  const intervals = Array.from({ length: 400 }, (_, i) => ({ from: i * 7, to: i * 7 + 5 + ((i * 37) % 40) }));
  const lanes = packLanes(intervals);
  const ends = new Map<number, number>();
  let atOnce = 0;
  intervals.forEach(({ from, to }, i) => {
    const lane = lanes[i] as number;
    expect(ends.get(lane) ?? 0).toBeLessThanOrEqual(from);
    ends.set(lane, to);
    atOnce = Math.max(atOnce, intervals.filter((other) => other.from <= from && other.to > from).length);
  });
  expect(Math.max(...lanes) + 1).toBe(atOnce);
});

test("ticks are round and few", () => {
  expect(ticks(0, 31.4e9, 8)).toEqual([0, 5e9, 10e9, 15e9, 20e9, 25e9, 30e9]);
  expect(ticks(0, 600e9, 6)).toEqual([0, 120e9, 240e9, 360e9, 480e9, 600e9]);
});
