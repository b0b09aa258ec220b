import { expect, test } from "vitest";
import { placed } from "./slots";

test("what runs keeps its place when another ends", () => {
  expect(placed(["a", "b", "c"], ["a", "c"])).toEqual(["a", "b", "c"]);
});

test("a new one takes the first place of what has ended", () => {
  expect(placed(["a", "b", "c"], ["a", "c", "d", "e"])).toEqual(["a", "d", "c", "e"]);
});

test("what has ended goes from the end only", () => {
  expect(placed(["a", "b", "c"], ["b"], () => false)).toEqual(["a", "b"]);
  expect(placed(["a"], [], () => false)).toEqual([]);
});
