import { expect, test } from "vitest";
import { linePath, topOf } from "./line";

test("a line goes from place to place and up with the value", () => {
  expect(linePath([0, 5, 10], 100, 20, 10)).toBe("M0.0 20.0L50.0 10.0L100.0 0.0");
});

test("what is unknown is a gap, and a value alone between gaps is still seen", () => {
  expect(linePath([1, null, 1, 1, null], 40, 10, 2)).toBe("M0.0 5.0h1M20.0 5.0L30.0 5.0");
  expect(linePath([], 40, 10, 2)).toBe("");
});

test("the top shows the limit too, and is never 0", () => {
  expect(topOf([[1, null, 3]], 10)).toBeCloseTo(11);
  expect(topOf([[20]], 10)).toBeCloseTo(22);
  expect(topOf([], 0)).toBe(1);
});
