import { expect, test } from "vitest";
import { lastPart, onlyRange, readListAddress, withParts } from "./address";
import { findNodes, nextHit } from "./search";
import { epochMs, offsetNow, rangeStart } from "./time";
import type { Tree } from "./tree";

test("a list's address survives being read and written", () => {
  const search = withParts("?range=7d", { agent: "claims & co", status: "failed", sort: "duration" });
  expect(readListAddress(search)).toMatchObject({
    filters: { agent: "claims & co", status: "failed" },
    sort: "duration",
    isAscending: false,
    range: "7d",
  });
});

test("an unknown range means everything, and an empty part is removed", () => {
  expect(readListAddress("?range=9y").range).toBe("all");
  expect(withParts("?agent=x", { agent: null })).toBe("");
});

test("only the time range goes along to another page", () => {
  expect(onlyRange("?range=7d&agent=x&tab=raw")).toBe("?range=7d");
});

test("nanoseconds in a time do not spoil it", () => {
  expect(epochMs("2026-11-21T14:07:32.418123456Z")).toBe(Date.UTC(2026, 10, 21, 14, 7, 32, 418));
  expect(offsetNow("2026-11-21T14:07:32.000000000Z", Date.UTC(2026, 10, 21, 14, 7, 34))).toBe(2e9);
  expect(rangeStart("all", 0)).toBeNull();
  expect(rangeStart("1h", 3_600_000)).toBe("1970-01-01T00:00:00.000Z");
});

test("search needs every word and goes round at the end", () => {
  const nodes = [
    { name: "get profile", note: "", category: "tool", status: "success" },
    { name: "get price", note: "", category: "tool", status: "failed" },
    { name: "plan", note: "", category: "llm", status: "success" },
  ];
  const tree = { nodes, positionOf: new Map() } as unknown as Tree;
  expect([findNodes(tree, "get"), findNodes(tree, "get FAILED"), findNodes(tree, "")]).toEqual([
    [0, 1],
    [1],
    [],
  ]);
  expect([nextHit([0, 1], 1, true), nextHit([0, 1], 0, false), nextHit([], 0, true)]).toEqual([0, 1, -1]);
});

test("a name with slashes and signs is read from the path as it was", () => {
  for (const name of ["team/lead 1", "a%2Fb", "плановщик", "50 %"]) {
    expect(lastPart(`/agents/${encodeURIComponent(name)}`)).toBe(name);
  }
  expect(lastPart("/agents/50%")).toBe("50%");
});
