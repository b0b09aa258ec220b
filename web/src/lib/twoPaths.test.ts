import { expect, test } from "vitest";
import type { PathPart } from "./path";
import { ribbonsOf, stretchesOf } from "./twoPaths";

const part = (id: string, offset: number, duration: number): PathPart => ({
  id,
  name: id.slice(1),
  kind: "tool",
  offset,
  duration,
});

test("parts of one step that follow each other are one stretch", () => {
  const found = stretchesOf([
    part("aplan", 0, 2),
    part("aplan", 2, 3),
    part("asearch", 5, 1),
    part("aplan", 6, 1),
  ]);
  expect(found.map(({ name, offset, duration }) => [name, offset, duration])).toEqual([
    ["plan", 0, 5],
    ["search", 5, 1],
    ["plan", 6, 1],
  ]);
});

test("a step that both have is joined, time by time; one that only one has is not", () => {
  const a = stretchesOf([part("aplan", 0, 2), part("aonly", 2, 1), part("aplan", 3, 2)]);
  const b = stretchesOf([part("bplan", 0, 5)]);
  const ribbons = ribbonsOf(a, b, new Map([["aplan", "bplan"]]));
  expect(ribbons.map(({ name, change }) => [name, change])).toEqual([["plan", 3]]);
});
