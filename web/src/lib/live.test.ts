import { expect, test } from "vitest";
import type { ExecutionNode, ExecutionTree, LiveEvent, StepNode } from "../api/views.gen";
import { patched } from "./live";
import { offsetBetween } from "./time";

const START = "2026-11-21T00:00:00.000000Z";

function node(execution_id: string, more: Partial<ExecutionNode> = {}): ExecutionNode {
  return {
    execution_id,
    span_id: `${execution_id}-span`,
    parent_execution_id: null,
    agent: "triage",
    kind: "agent",
    status: "running",
    offset_ns: 0,
    ...more,
  };
}

function step(step_id: string, more: Partial<StepNode> = {}): StepNode {
  return {
    step_id,
    execution_id: "e",
    name: step_id,
    category: "tool",
    status: "running",
    offset_ns: 10,
    ...more,
  };
}

function treeOf(steps: StepNode[] = []): ExecutionTree {
  return {
    execution: { execution_id: "e", status: "running", steps_total: 0, steps_completed: 0, steps_failed: 0 },
    started_at: START,
    duration_ns: null,
    executions: [node("e")],
    steps,
    decisions: [],
    doing: [],
  } as unknown as ExecutionTree;
}

function event(kind: LiveEvent["kind"], about: Partial<LiveEvent>): LiveEvent {
  return { id: kind, kind, at: START, workspace: "default", origin: START, execution_id: "e", ...about };
}

const ended = (id: string) => step(id, { status: "success", duration_ns: 5 });

test("a step that ends is ended on screen, and counted", () => {
  const tree = patched(treeOf([step("a")]), [event("step.completed", { step: ended("a") })]);
  expect(tree.steps).toEqual([ended("a")]);
  expect(tree.execution.steps_completed).toBe(1);
});

test("new steps come in order of start, and what is in hand is the innermost", () => {
  const news = [
    event("step.started", { step: step("late", { offset_ns: 30, parent_step_id: "early" }) }),
    event("step.started", { step: step("early", { offset_ns: 20 }) }),
  ];
  const tree = patched(treeOf([ended("a")]), news);
  expect(tree.steps.map(({ step_id }) => step_id)).toEqual(["a", "early", "late"]);
  expect(tree.doing).toEqual(["late"]);
});

test("a child execution joins the tree below its parent, one of another tree does not", () => {
  const tree = patched(treeOf(), [
    event("execution.started", { execution: node("child", { parent_execution_id: "e", offset_ns: 40 }) }),
    event("execution.started", { execution: node("stranger", { parent_execution_id: "x" }) }),
    event("step.started", { step: step("s", { execution_id: "child" }) }),
    event("step.started", { step: step("t", { execution_id: "stranger" }) }),
  ]);
  expect(tree.executions.map(({ execution_id }) => execution_id)).toEqual(["e", "child"]);
  expect(tree.steps.map(({ step_id }) => step_id)).toEqual(["s"]);
});

test("when the top execution ends, the page knows how and how long", () => {
  const done = node("e", { status: "failed", duration_ns: 90, error_type: "ValueError" });
  const tree = patched(treeOf(), [event("execution.completed", { execution: done })]);
  expect([tree.execution.status, tree.duration_ns, tree.execution.error_type]).toEqual([
    "failed",
    90,
    "ValueError",
  ]);
  expect(tree.doing).toEqual([]);
});

test("offsets count from the start of the tree on screen, whatever tree the server counts from", () => {
  const origin = "2026-11-20T23:59:59.999999Z";
  const tree = patched(treeOf(), [event("step.started", { step: step("a", { offset_ns: 3_000 }), origin })]);
  expect(tree.steps[0]?.offset_ns).toBe(2_000);
  expect(offsetBetween("2026-11-21T00:00:00.000001Z", "2026-11-21T00:00:01.000000Z")).toBe(999_999_000);
});

test("what changes nothing gives the same tree, and the same events twice give it once", () => {
  const tree = treeOf([step("a")]);
  expect(patched(tree, [event("alert.fired", {})])).toBe(tree);
  const decision = { span_id: "e-span", execution_id: "e", offset_ns: 7, candidate: "b", considered: true };
  const once = patched(tree, [event("decision.made", { decision })]);
  expect(patched(once, [event("decision.made", { decision })]).decisions).toHaveLength(1);
});
