import { expect, test } from "vitest";
import { framesIn, leftHeavy, timeOrder } from "./flame";
import type { Tree, TreeNode } from "./tree";

function node(
  id: string,
  parent: number,
  offset: number,
  duration: number,
  more: Partial<TreeNode> = {},
): TreeNode {
  return {
    id,
    name: id,
    note: "",
    type: "step",
    category: "tool",
    kind: "tool",
    status: "success",
    depth: 0,
    parent,
    end: 0,
    offset,
    duration,
    firstToken: null,
    slack: null,
    hasChildren: false,
    isContainer: false,
    repeats: 0,
    ...more,
  }; // prettier-ignore
}

const tree = (...nodes: TreeNode[]): Tree => ({
  nodes,
  positionOf: new Map(nodes.map(({ id }, i) => [id, i])),
});

test("children lie below their parent, and siblings that overlap below each other", () => {
  const frames = timeOrder(
    tree(
      node("top", -1, 0, 100),
      node("a", 0, 0, 60),
      node("deep", 1, 10, 20),
      node("b", 0, 30, 60),
      node("c", 0, 90, 10),
    ),
    100,
  );
  expect(Object.fromEntries(frames.map(({ id, row }) => [id, row]))).toEqual({
    top: 0,
    a: 1,
    deep: 2,
    b: 3,
    c: 1,
  });
});

test("no two frames of one row overlap in order of time", () => {
  const nodes = [node("top", -1, 0, 1_000)];
  for (let i = 0; i < 60; i++)
    nodes.push(node(`n${i}`, i % 3 === 0 ? 0 : i - (i % 3) + 1, (i * 37) % 700, 20 + ((i * 53) % 200)));
  const frames = timeOrder(tree(...nodes), 1_000);
  const rows = Map.groupBy(frames, ({ row }) => row);
  for (const row of rows.values()) {
    const sorted = row.sort((a, b) => a.from - b.from);
    sorted.slice(1).forEach((frame, i) => {
      expect(frame.from).toBeGreaterThanOrEqual(sorted[i]?.to ?? 0);
    });
  }
});

test("equals are joined, the heaviest is on the left, and a frame holds its own time and all below it", () => {
  const frames = leftHeavy(
    tree(
      node("top", -1, 0, 100),
      node("x", 0, 0, 10),
      node("y", 0, 10, 50),
      node("x2", 0, 60, 10, { name: "x" }),
    ),
    100,
    (position) => (position === 0 ? 30 : 0),
  );
  expect(frames.map(({ name, from, to, count }) => [name, from, to, count])).toEqual([
    ["top", 0, 100, 1],
    ["x", 50, 70, 2],
    ["y", 0, 50, 1],
  ]);
});

test("only frames that can be seen are drawn", () => {
  const frames = timeOrder(
    tree(node("top", -1, 0, 100), node("tiny", 0, 5, 1), node("late", 0, 80, 20)),
    100,
  );
  expect(framesIn(frames, 0, 50, 2).map(({ id }) => id)).toEqual(["top"]);
});
