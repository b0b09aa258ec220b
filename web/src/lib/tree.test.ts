import { expect, test } from "vitest";
import type { ExecutionNode, ExecutionTree, StepNode } from "../api/views.gen";
import {
  alike,
  buildTree,
  didNotFire,
  foldedAtFirst,
  silentOnes,
  visiblePositions,
  withAncestors,
} from "./tree";

const top: ExecutionNode = {
  execution_id: "e",
  span_id: "top",
  parent_execution_id: null,
  agent: "triage",
  kind: "agent",
  status: "success",
  offset_ns: 0,
  duration_ns: 100,
};

function step(
  step_id: string,
  parent_step_id: string | null,
  offset_ns: number,
  more: Partial<StepNode> = {},
): StepNode {
  return {
    step_id,
    execution_id: "e",
    parent_step_id,
    name: step_id,
    category: "tool",
    status: "success",
    offset_ns,
    duration_ns: 10,
    ...more,
  };
}

function treeOf(steps: StepNode[], more: Partial<ExecutionTree> = {}): ExecutionTree {
  const execution = { execution_id: "e", agent: "triage" } as ExecutionTree["execution"];
  return {
    execution,
    started_at: "2026-11-21T00:00:00Z",
    duration_ns: 100,
    usual: null,
    shares: {},
    critical_path: [],
    executions: [top],
    steps,
    events: [],
    decisions: [],
    missing_parents: 0,
    clocks: [],
    coverage: { share: 1, gaps: 0, largest_gap_ns: null, operations: 1, timed: 1 },
    stages: [],
    doing: [],
    scores: [],
    processes: [],
    ...more,
  };
}

const names = (source: ExecutionTree, folds = false) =>
  buildTree(source, folds).nodes.map((node) => `${"  ".repeat(node.depth)}${node.name}`);

test("children follow their parent in order of start, whatever the order of arrival", () => {
  expect(
    names(treeOf([step("late", "top", 50), step("inner", "early", 12), step("early", "top", 10)])),
  ).toEqual(["triage", "  early", "    inner", "  late"]);
});

test("a step whose parent never arrived hangs under the top", () => {
  expect(names(treeOf([step("lost", "nobody", 5)]))).toEqual(["triage", "  lost"]);
});

test("steps that are their own ancestors are shown, once each", () => {
  expect(
    names(
      treeOf([step("a", "b", 1), step("b", "a", 2), step("self", "self", 3), step("below", "a", 4)]),
    ).sort(),
  ).toEqual(["  a", "  b", "  self", "    below", "triage"].sort());
});

test("a child execution hangs under the step that called it", () => {
  const child: ExecutionNode = {
    ...top,
    execution_id: "c",
    span_id: "child",
    parent_execution_id: "e",
    parent_step_id: "call",
    agent: "helper",
    offset_ns: 6,
  };
  const inner = { ...step("work", "child", 7), execution_id: "c" };
  expect(names(treeOf([step("call", "top", 5), inner], { executions: [top, child] }))).toEqual([
    "triage",
    "  call",
    "    helper",
    "      work",
  ]);
});

test("three of a kind in a row become one row that can be opened", () => {
  const source = treeOf([1, 2, 3].map((i) => step(`s${i}`, "top", i * 10, { name: "embed" })));
  const tree = buildTree(source, true);
  expect(tree.nodes.map((node) => [node.name, node.repeats, node.duration])).toEqual([
    ["triage", 0, 100],
    ["embed", 3, 30],
    ["embed", 0, 10],
    ["embed", 0, 10],
    ["embed", 0, 10],
  ]);
  expect([...visiblePositions(tree, foldedAtFirst(tree))]).toEqual([0, 1]);
});

test("a step that stands for a run says for how many, and is no repeat of those before it", () => {
  const steps = [1, 2, 3, 4].map((i) => step(`s${i}`, "top", i * 10, { name: "GET" }));
  const folded = {
    span_id: "s4",
    execution_id: "e",
    offset_ns: 40,
    name: "longpole.folded",
    kind: "other",
    message: "×480 folded",
  };
  const tree = buildTree(treeOf(steps, { events: [folded] }), true);
  const shown = [...visiblePositions(tree, foldedAtFirst(tree))].map((i) => tree.nodes[i]);
  expect(shown.map((node) => [node?.name, node?.repeats, node?.note])).toEqual([
    ["triage", 0, ""],
    ["GET", 3, ""],
    ["GET", 0, "×480 folded"],
  ]);
});

test("a chain of 20,000 steps costs no stack", () => {
  const chain = Array.from({ length: 20_000 }, (_, i) => step(`s${i}`, i === 0 ? "top" : `s${i - 1}`, i));
  const tree = buildTree(treeOf(chain), true);
  expect(tree.nodes.at(-1)?.depth).toBe(20_000);
  expect(tree.nodes[0]?.end).toBe(20_001);
});

test("only what leads to a marked node stays when the rest is hidden", () => {
  const tree = buildTree(treeOf([step("a", "top", 1), step("b", "a", 2), step("c", "top", 3)]), false);
  const marked = withAncestors(tree, [tree.positionOf.get("b") as number]);
  expect([...visiblePositions(tree, new Set(), marked)].map((i) => tree.nodes[i]?.name)).toEqual([
    "triage",
    "a",
    "b",
  ]);
});

test("the same step elsewhere is found in order of time", () => {
  const tree = buildTree(
    treeOf([step("x", "top", 30, { name: "get" }), step("y", "top", 1), step("z", "y", 2, { name: "get" })]),
    false,
  );
  expect(alike(tree, tree.positionOf.get("x") as number).map((i) => tree.nodes[i]?.id)).toEqual(["z", "x"]);
});

test.each([
  [{ considered: false }, true],
  [{ outcome: "skipped" }, true],
  [{ outcome: "fired", score: 0.1, threshold: 0.5 }, false],
  [{ outcome: "below_threshold", score: 0.2, threshold: 0.65 }, true],
  [{ outcome: "passed_over", score: 0.8, threshold: 0.65 }, true],
  [{ score: 0.58, threshold: 0.65 }, true],
  [{ score: 0.7, threshold: 0.65 }, false],
  [{}, false],
])("a decision %o did not fire: %s", (decision, expected) => {
  expect(didNotFire({ span_id: "top", execution_id: "e", offset_ns: 0, candidate: "x", ...decision })).toBe(
    expected,
  );
});

test("a step says what it waits for, and how long it stood still", () => {
  const blocked = { span_id: "lookup", execution_id: "e", offset_ns: 5, name: "", kind: "blocked" };
  const source = treeOf(
    [
      step("chat", "top", 0, { category: "llm", status: "llm_request", model: "gpt-5.2" }),
      step("answer", "top", 10, { category: "llm", status: "llm_response" }),
      step("lookup", "top", 20, { attempt: 2 }),
      step("gone", "top", 30, { status: "crashed", error_type: "ProcessGone" }),
      step("failed", "top", 40, { status: "failed", error_type: "ValueError" }),
    ],
    {
      events: [
        { ...blocked, duration_ns: 20e6 },
        { ...blocked, duration_ns: 100e6 },
      ],
    },
  );
  const notes = buildTree(source, false).nodes.map(({ note }) => note.replaceAll("\u202f", " "));
  expect(notes.slice(1)).toEqual([
    "waiting for gpt-5.2",
    "generating",
    "attempt 2, stood still 120 ms",
    "crashed",
    "ValueError",
  ]);
});

test("who did not fire is named once, with the last word about it, and not if it ran after all", () => {
  const about = (candidate: string, offset_ns: number, reason: string) => ({
    span_id: "top",
    execution_id: "e",
    offset_ns,
    candidate,
    outcome: "below_threshold",
    reason,
  });
  const source = treeOf([], {
    executions: [top, { ...top, execution_id: "f", span_id: "f", agent: "fraud", status: "skipped" }],
    decisions: [about("fraud", 1, "score"), about("triage", 2, "score"), about("fraud", 3, "below 5,000")],
  });
  expect(silentOnes(source).map(({ candidate, reason }) => [candidate, reason])).toEqual([
    ["fraud", "below 5,000"],
  ]);
});

test("the request of a model call is drawn as the model's, cut at the call's first token", () => {
  const source = treeOf([
    step("chat", "top", 10, { category: "llm", first_token_ns: 30 }),
    step("POST", "chat", 15, { category: "http" }),
    step("GET", "top", 60, { category: "http" }),
  ]);
  const drawn = buildTree(source, false).nodes.slice(1);
  expect(drawn.map(({ name, kind, firstToken }) => [name, kind, firstToken])).toEqual([
    ["chat", "generating", 30],
    ["POST", "generating", 25],
    ["GET", "tool", null],
  ]);
});
