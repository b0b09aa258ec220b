import { expect, test } from "vitest";
import type { ExecutionTree } from "../api/views.gen";
import { doingNow, doingOf, isVanished } from "./doing";

const tree = {
  executions: [{ span_id: "top", agent: "triage", offset_ns: 0 }],
  steps: [
    { step_id: "m", name: "chat", category: "llm", status: "llm_request", model: "gpt-5.2", offset_ns: 2e9 },
    {
      step_id: "r",
      name: "chat",
      category: "llm",
      status: "llm_response",
      offset_ns: 3e9,
      first_token_ns: 5,
    },
    { step_id: "t", name: "search", category: "tool", status: "running", offset_ns: 1e9 },
  ],
  doing: ["t", "m", "r", "top", "lost"],
} as unknown as ExecutionTree;

test("what is in hand is said in words, and what never arrived is left out", () => {
  expect(doingOf(tree).map(({ words }) => words)).toEqual([
    "running search",
    "waiting for gpt-5.2",
    "reading the answer of a model",
    "in triage",
  ]);
});

test("a model call that hangs says for whom it waits, and how long by now", () => {
  const waits = doingOf({ ...tree, doing: ["m"] });
  expect(doingNow(waits, 14e9).replaceAll("\u202f", " ")).toBe("Waiting for gpt-5.2 for 12.0 s.");
  expect(doingNow(waits, null)).toBe("Waiting for gpt-5.2.");
  expect(doingNow(doingOf({ ...tree, doing: ["m", "t"] }), null)).toBe("Waiting for gpt-5.2, and 1 more.");
  expect(doingNow([], 5)).toBe("");
});

test("only a crash that nobody told of is a vanished process", () => {
  expect(isVanished({ status: "crashed", error_type: "ProcessGone" })).toBe(true);
  expect(isVanished({ status: "crashed", error_type: "SIGSEGV" })).toBe(false);
  expect(isVanished({ status: "failed", error_type: "ProcessGone" })).toBe(false);
});
