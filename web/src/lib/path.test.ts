import { expect, test } from "vitest";
import type { ExecutionTree } from "../api/views.gen";
import { pathParts } from "./path";

test("a model call on the path is cut at its first token, and nothing is lost", () => {
  const source = {
    steps: [{ step_id: "m", offset_ns: 10, first_token_ns: 30 }],
    critical_path: [
      { node_id: "t", name: "tool", category: "tool", offset_ns: 0, duration_ns: 10 },
      { node_id: "m", name: "chat", category: "llm", offset_ns: 10, duration_ns: 90 },
    ],
  } as unknown as ExecutionTree;
  expect(pathParts(source).map(({ kind, offset, duration }) => [kind, offset, duration])).toEqual([
    ["tool", 0, 10],
    ["waiting", 10, 30],
    ["generating", 40, 60],
  ]);
});

test("a model call that has not answered yet is all waiting", () => {
  const source = {
    steps: [{ step_id: "m", offset_ns: 0, category: "llm", status: "llm_request" }],
    critical_path: [{ node_id: "m", name: "chat", category: "llm", offset_ns: 0, duration_ns: 90 }],
  } as unknown as ExecutionTree;
  expect(pathParts(source).map(({ kind, duration }) => [kind, duration])).toEqual([["waiting", 90]]);
});

test("a request on the path is cut where its model call had the first token", () => {
  const source = {
    steps: [
      { step_id: "m", offset_ns: 0, category: "llm", first_token_ns: 40 },
      { step_id: "p", parent_step_id: "m", offset_ns: 10, category: "http" },
    ],
    critical_path: [{ node_id: "p", name: "POST", category: "llm", offset_ns: 10, duration_ns: 90 }],
  } as unknown as ExecutionTree;
  expect(pathParts(source).map(({ kind, duration }) => [kind, duration])).toEqual([
    ["waiting", 30],
    ["generating", 60],
  ]);
});
