import { expect, test } from "vitest";
import { mergedFrames } from "./mergedFlame";

const node = (parent: number, name: string, critical_ns: number) => ({
  parent,
  name,
  category: "tool",
  count: 1,
  total_ns: critical_ns,
  self_ns: critical_ns,
  critical_ns,
});

test("a frame is as wide as all below it, and the heaviest stands on the left", () => {
  const nodes = [node(-1, "agent", 1), node(0, "light", 2), node(0, "heavy", 3), node(2, "deep", 4)];
  const frames = mergedFrames(nodes, "critical_ns").map(({ name, row, from, to }) => [name, row, from, to]);
  expect(frames).toEqual([
    ["agent", 0, 0, 10],
    ["heavy", 1, 0, 7],
    ["deep", 2, 0, 4],
    ["light", 1, 7, 9],
  ]);
});
