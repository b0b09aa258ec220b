import { expect, test } from "vitest";
import type { WhyNot } from "../api/views.gen";
import { gatesOf, OUTCOME_WORDS } from "./gates";

const NOTHING: WhyNot = {
  agent: "fraud-review",
  outcome: "unknown_agent",
  message: "",
  is_registered: false,
  last_seen: null,
  near_names: [],
  runs: [],
  considered: [],
  failed_before: [],
};
const DECISION = {
  execution_id: "1",
  by: "claims-triage",
  by_status: "success",
  time: "2026-11-21T14:00:00Z",
  score: 0.58,
  threshold: 0.65,
  outcome: "below_threshold",
  reason: null,
};
const states = (why: Partial<WhyNot>) => gatesOf({ ...NOTHING, ...why }).map(({ state }) => state);

test("a name that nobody knows stops at the first gate", () => {
  expect(states({})).toEqual(["stopped", ...Array(5).fill("not reached")]);
});

test("a score below the threshold stops where it is chosen, and says both numbers", () => {
  const gates = gatesOf({ ...NOTHING, outcome: "below_threshold", considered: [DECISION] });
  expect(gates.map(({ state }) => state).slice(0, 3)).toEqual(["passed", "passed", "stopped"]);
  expect(gates[2]?.note).toBe("0.58, needs 0.65");
});

test("an agent that did its work passed all gates; of those nobody told about nothing is claimed", () => {
  const run = { status: "success" } as never;
  expect(states({ outcome: "fired", runs: [run] })).toEqual([
    "passed",
    "not told",
    "not told",
    "passed",
    "passed",
    "passed",
  ]);
});

test("every outcome has words and a gate", () => {
  for (const outcome of Object.keys(OUTCOME_WORDS)) {
    const stopped = states({ outcome }).filter((state) => state === "stopped" || state === "waiting");
    expect(stopped.length, outcome).toBe(outcome === "fired" ? 0 : 1);
  }
});
