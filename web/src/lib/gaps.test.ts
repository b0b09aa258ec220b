import { expect, test } from "vitest";
import { straight, withoutGaps } from "./gaps";
import type { Tree, TreeNode } from "./tree";

const work = (offset: number, duration: number, kind = "tool") =>
  ({ offset, duration, kind, isContainer: false, type: "step" }) as TreeNode;
const tree = (...nodes: TreeNode[]): Tree => ({ nodes, positionOf: new Map() });

test("a long idle stretch is cut, and what it removed is told", () => {
  const warp = withoutGaps(tree(work(0, 100), work(900, 100)), 1_000);
  expect(warp.cuts).toEqual([{ at: 110, removed: 780 }]);
  expect(warp.length).toBe(220);
  expect([warp.to(100), warp.to(500), warp.to(900), warp.to(1_000)]).toEqual([100, 110, 120, 220]);
});

test("every moment of work is found back from its place", () => {
  const warp = withoutGaps(tree(work(100, 100), work(500, 100), work(900, 50)), 1_000);
  expect(warp.cuts.length).toBe(4);
  for (const at of [100, 150, 199, 501, 600, 905, 950]) expect(warp.from(warp.to(at))).toBeCloseTo(at);
});

test("waiting in a queue is idle, short gaps and what contains others are left alone", () => {
  expect(withoutGaps(tree(work(0, 500, "queue"), work(500, 500)), 1_000).cuts.length).toBe(1);
  const parts = [0, 1, 2, 3, 4].map((i) => work(i * 200, 190));
  expect(withoutGaps(tree(...parts, { ...work(0, 1_000), isContainer: true }), 1_000).cuts).toEqual([]);
});

test("without cuts the axis is the clock", () => {
  expect(straight(50).to(17)).toBe(17);
});
