import { expect, test } from "vitest";
import type { ExecutionTree } from "../api/views.gen";
import { verdictOf } from "./verdict";

const call = { step_id: "m", name: "chat", category: "llm", model: "gpt-5.2", offset_ns: 2e9 };
const crashed = {
  execution: { status: "crashed", error_type: "ProcessGone", ended_at: "2026-11-21T10:00:00Z" },
  duration_ns: 4e9,
  executions: [],
  steps: [{ ...call, status: "crashed" }],
  doing: ["m"],
} as unknown as ExecutionTree;

const plain = (text: string) => text.replaceAll("\u202f", " ");

test("a vanished process is said with when it was last heard and what it did then", () => {
  const { claim, rest } = verdictOf(crashed, [], null);
  expect(plain(claim)).toBe("Crashed after 4.00 s.");
  expect(rest).toMatch(/^Its process was last heard at .+ while waiting for gpt-5.2 \(chat\)\.$/);
});

test("a crash that the program told of is told like any failure", () => {
  const told = { ...crashed, execution: { ...crashed.execution, error_type: "SIGSEGV" } };
  expect(verdictOf(told, [], null).rest).toBe("");
});

test("what runs says what it waits for", () => {
  const running = {
    ...crashed,
    execution: { ...crashed.execution, status: "running", error_type: null },
    duration_ns: null,
    steps: [{ ...call, status: "llm_request" }],
    usual: null,
  } as unknown as ExecutionTree;
  expect(plain(verdictOf(running, [], 14e9).claim)).toBe("Waiting for gpt-5.2 for 12.0 s.");
  expect(verdictOf({ ...running, doing: [] }, [], 14e9).claim).toBe("Still running.");
});
