import { expect, test } from "vitest";
import type { NameChange } from "../api/views.gen";
import { stepDiff, whyOf } from "./stepDiff";

function named(
  name: string,
  a: number | null,
  b: number | null,
  counts: [number, number] = [1, 1],
): NameChange {
  return {
    name,
    category: "tool",
    count_a: counts[0],
    count_b: counts[1],
    self_a_ns: a,
    self_b_ns: b,
    critical_a_ns: a,
    critical_b_ns: b,
    cost_a_usd: null,
    cost_b_usd: null,
  };
}

const NAMES = [
  named("same", 10, 10),
  named("slower", 10, 60),
  named("faster", 40, 15),
  named("new", null, 7, [0, 1]),
  named("beside", 0, 30),
];

test("rows are sorted by the size of their change and add up to the difference, folded or not", () => {
  const all = stepDiff(NAMES, "path", 10);
  expect(all.rows.map(({ name }) => name)).toEqual(["slower", "beside", "faster", "new", "same"]);
  expect(all.total).toBe(50 + 30 - 25 + 7);
  const folded = stepDiff(NAMES, "path", 2);
  expect(folded.rows).toHaveLength(3);
  expect(folded.rows[2]).toMatchObject({ names: 3, change: -18 });
  expect(folded.rows.reduce((sum, row) => sum + (row.change ?? 0), 0)).toBe(folded.total);
});

test("what nobody tells is left out, and is not nothing", () => {
  expect(stepDiff(NAMES, "cost", 10)).toEqual({ rows: [], total: 0 });
});

test("a row says which side has it, how often it ran and whether it came onto the path", () => {
  const [row = named("", 0, 0)] = [named("new", null, 7, [0, 1])];
  expect(whyOf(stepDiff([row], "path", 9).rows[0] as never).badge).toBe("only in B");
  expect(whyOf(stepDiff([named("beside", 0, 30)], "path", 9).rows[0] as never).badge).toBe(
    "moved onto the path",
  );
  expect(whyOf(stepDiff([named("often", 1, 30, [2, 5])], "path", 9).rows[0] as never).text).toBe(
    "5 times, was 2",
  );
});
