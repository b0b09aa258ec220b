import { expect, test } from "vitest";
import type { ExecutionTree } from "../api/views.gen";
import { stagesOf, stageTime } from "./stages";

const tree = {
  execution: { execution_id: "e" },
  stages: [
    { execution_id: "e", stage: "init", status: "completed", offset_ns: 0, duration_ns: 3e6 },
    { execution_id: "child", stage: "init", status: "completed", offset_ns: 1, duration_ns: 5 },
    { execution_id: "e", stage: "llm_call", status: "left_open", offset_ns: 3e6, duration_ns: 1.2e9 },
    { execution_id: "e", stage: "llm_parse", status: "started", offset_ns: 1.3e9 },
    { execution_id: "e", stage: "complete", status: "completed", offset_ns: 2e9, duration_ns: 0 },
  ],
} as unknown as ExecutionTree;

test("only the stages of the execution itself are shown, and what was forgotten is said", () => {
  expect(stagesOf(tree).map(({ name, trouble }) => [name, trouble])).toEqual([
    ["init", ""],
    ["llm call", "left open"],
    ["llm parse", ""],
    ["complete", ""],
  ]);
});

test("a stage says how long it was, so far while it lasts, and nothing if it was an instant", () => {
  const times = stagesOf(tree).map((stage) => stageTime(stage, 1.9e9).replaceAll("\u202f", " "));
  expect(times).toEqual(["3 ms", "1.20 s", "600 ms", ""]);
});
