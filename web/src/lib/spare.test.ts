import { expect, test } from "vitest";
import { spareWork } from "./spare";
import type { Tree, TreeNode } from "./tree";

const step = (id: string, duration: number, slack: number | null, end: number) =>
  ({ id, name: id, type: "step", kind: "tool", offset: 0, duration, slack, end }) as TreeNode;

test("the longest work beside the path is named, none inside another, the least slack first", () => {
  const nodes = [
    step("top", 1_000, null, 5),
    step("outer", 600, 100, 3),
    step("inner", 500, 100, 3),
    step("other", 300, 50, 4),
    step("short", 5, 400, 5),
  ];
  const tree: Tree = { nodes, positionOf: new Map() };
  expect(spareWork(tree, 1_000, 3).map(({ id }) => id)).toEqual(["other", "outer"]);
});
