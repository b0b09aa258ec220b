import { expect, test } from "vitest";
import type { ExecutionTree, UsualExecution } from "../api/views.gen";
import { isOverUsual, rankOf, ranksOf, spreadOf, usualShares } from "./usual";

const percentiles = Array.from({ length: 99 }, (_, i) => (i + 1) * 10);
const usual = {
  shares: { llm: 0.5, tool: 0.3, http: 0.1, agent: 0.1 },
  steps: [
    {
      agent: "shop",
      name: "shop",
      category: "agent",
      is_agent: true,
      others: 40,
      percentiles_ns: percentiles,
    },
    {
      agent: "shop",
      name: "look",
      category: "tool",
      is_agent: false,
      others: 40,
      percentiles_ns: percentiles,
    },
  ],
} as unknown as UsualExecution;

test("a rank is how many percent are exceeded, from 1 to 99", () => {
  expect([5, 505, 955, 99_999].map((ns) => rankOf(percentiles, ns))).toEqual([1, 50, 95, 99]);
});

test("steps are ranked among their like, and those without enough like them or without an end are not", () => {
  const tree = {
    executions: [{ execution_id: "e", span_id: "top", agent: "shop", status: "success", duration_ns: 905 }],
    steps: [
      { step_id: "a", execution_id: "e", name: "look", category: "tool", duration_ns: 255 },
      { step_id: "b", execution_id: "e", name: "look", category: "llm", duration_ns: 255 },
      { step_id: "c", execution_id: "e", name: "look", category: "tool", duration_ns: null },
    ],
  } as unknown as ExecutionTree;
  expect([...ranksOf(tree, usual)]).toEqual([
    ["top", 90],
    ["a", 25],
  ]);
});

test("usual shares sum to a hundred, and three points over one is marked", () => {
  const shares = usualShares(usual);
  expect(shares).toEqual([
    { kind: "generating", percent: 50 },
    { kind: "tool", percent: 40 },
    { kind: "unexplained", percent: 10 },
  ]);
  const share = { kind: "tool", name: "Tools", ns: 1, percent: 43 } as const;
  expect(isOverUsual(share, shares)).toBe(true);
  expect(isOverUsual({ ...share, percent: 42.9 }, shares)).toBe(false);
  expect(isOverUsual(share, [])).toBe(false);
});

test("a spread has all hundredths in its bins, and a duration beyond them widens it", () => {
  const inside = spreadOf(percentiles, 500, 10);
  expect(inside.bars.reduce((sum, bar) => sum + bar, 0)).toBe(99);
  expect(inside.at).toBeGreaterThan(0.5);
  expect(inside.at).toBeLessThan(1);
  const beyond = spreadOf(percentiles, 1_000_000, 10);
  expect(beyond.at).toBe(1);
  expect(beyond.bars[9]).toBe(0);
  expect(spreadOf([7, 7, 7], 7, 5)).toEqual({ bars: [3, 0, 0, 0, 0], at: 0 });
});
