// What live events change in a tree that is on screen. Pure: the same events in any number of pieces give the same tree.

import type { DecisionNode, ExecutionNode, ExecutionTree, LiveEvent, StepNode } from "../api/views.gen";
import { offsetBetween } from "./time";

const FINAL = new Set(["success", "failed", "timeout", "skipped", "crashed"]);

/** Whether an execution or a step of this status has ended. */
export const isFinal = (status: string) => FINAL.has(status);

/**
 * The tree with what the events tell of it; the same tree if that is nothing. What only the server can work out (shares,
 * critical path, coverage) stays as it was until the tree is asked for again.
 */
export function patched(tree: ExecutionTree, events: readonly LiveEvent[]): ExecutionTree {
  const draft = new Draft(tree);
  for (const event of events) draft.take(event);
  return draft.finish();
}

class Draft {
  private readonly executions: Map<string, ExecutionNode>;
  private readonly steps = new Map<string, StepNode>();
  private readonly decisions: DecisionNode[] = [];
  private hasChanged = false;

  constructor(private readonly tree: ExecutionTree) {
    this.executions = new Map(tree.executions.map((node) => [node.execution_id, node]));
  }

  take(event: LiveEvent): void {
    const shift = offsetBetween(this.tree.started_at, event.origin ?? this.tree.started_at);
    if (event.execution) this.takeExecution(event.execution, shift);
    else if (event.step) this.takeStep(event.step, shift);
    else if (event.decision) this.takeDecision(event.decision, shift);
    else if (event.stage) this.takeStage(event);
  }

  private takeExecution(node: ExecutionNode, shift: number): void {
    const known = this.executions.get(node.execution_id);
    const isBelow = node.parent_execution_id !== null && this.executions.has(node.parent_execution_id);
    if (!known && !isBelow) return;
    this.executions.set(node.execution_id, { ...known, ...node, offset_ns: node.offset_ns + shift });
    this.hasChanged = true;
  }

  private takeStep(node: StepNode, shift: number): void {
    if (!this.executions.has(node.execution_id)) return;
    this.steps.set(node.step_id, { ...node, offset_ns: node.offset_ns + shift });
    this.hasChanged = true;
  }

  private takeDecision(node: DecisionNode, shift: number): void {
    if (node.execution_id === null || !this.executions.has(node.execution_id)) return;
    const moved = { ...node, offset_ns: node.offset_ns + shift };
    const isKnown = (one: DecisionNode) => one.span_id === moved.span_id && one.candidate === moved.candidate;
    if (this.tree.decisions.some((one) => isKnown(one) && one.offset_ns === moved.offset_ns)) return;
    this.decisions.push(moved);
    this.hasChanged = true;
  }

  private takeStage({ execution_id, stage }: LiveEvent): void {
    const known = execution_id && this.executions.get(execution_id);
    if (!known || !stage?.stage || known.stage === stage.stage) return;
    this.executions.set(known.execution_id, { ...known, stage: stage.stage });
    this.hasChanged = true;
  }

  finish(): ExecutionTree {
    const { tree } = this;
    if (!this.hasChanged) return tree;
    const top = this.executions.get(tree.execution.execution_id);
    const steps = joined(tree.steps, this.steps);
    return {
      ...tree,
      execution: top ? withTop(tree.execution, top, steps) : tree.execution,
      duration_ns: top?.duration_ns ?? tree.duration_ns,
      executions: [...this.executions.values()],
      steps,
      decisions: this.decisions.length > 0 ? [...tree.decisions, ...this.decisions] : tree.decisions,
      doing: doingIn(steps, [...this.executions.values()]),
    };
  }
}

/** What the head of the page tells of the execution itself, as far as events tell it. */
function withTop(
  item: ExecutionTree["execution"],
  top: ExecutionNode,
  steps: readonly StepNode[],
): ExecutionTree["execution"] {
  const own = steps.filter((step) => step.execution_id === item.execution_id);
  return {
    ...item,
    status: top.status,
    stage: top.stage ?? item.stage,
    duration_ns: top.duration_ns ?? item.duration_ns,
    error_type: top.error_type ?? item.error_type,
    error_message: top.error_message ?? item.error_message,
    steps_total: Math.max(item.steps_total, own.length),
    steps_completed: Math.max(item.steps_completed, own.filter((step) => step.status === "success").length),
    steps_failed: Math.max(
      item.steps_failed,
      own.filter((step) => isFinal(step.status) && !["success", "skipped"].includes(step.status)).length,
    ),
  };
}

/** Known steps with their newest state in their place, new ones in order of start behind those before them. */
function joined(known: readonly StepNode[], news: ReadonlyMap<string, StepNode>): StepNode[] {
  const left = new Map(news);
  const steps = known.map((step) => {
    const newer = left.get(step.step_id);
    left.delete(step.step_id);
    return newer ? { ...step, ...newer } : step;
  });
  if (left.size === 0) return steps;
  const last = steps.at(-1)?.offset_ns ?? 0;
  const added = [...left.values()].sort((a, b) => a.offset_ns - b.offset_ns);
  steps.push(...added);
  if ((added[0]?.offset_ns ?? last) < last) steps.sort((a, b) => a.offset_ns - b.offset_ns);
  return steps;
}

/** The innermost open steps, and open executions that nothing open lies below, in order of start. */
function doingIn(steps: readonly StepNode[], executions: readonly ExecutionNode[]): string[] {
  const open = steps.filter((step) => !isFinal(step.status) && !step.is_outside);
  const running = executions.filter((node) => !isFinal(node.status));
  const spanOf = new Map(executions.map((node) => [node.execution_id, node.span_id]));
  const hasMore = new Set<string>();
  for (const step of open) hasMore.add(step.parent_step_id ?? spanOf.get(step.execution_id) ?? "");
  for (const step of open) hasMore.add(spanOf.get(step.execution_id) ?? "");
  for (const node of running) {
    hasMore.add(node.parent_step_id ?? "");
    hasMore.add(spanOf.get(node.parent_execution_id ?? "") ?? "");
  }
  return [
    ...open.map((step) => ({ id: step.step_id, offset: step.offset_ns })),
    ...running.map((node) => ({ id: node.span_id, offset: node.offset_ns })),
  ]
    .filter(({ id }) => !hasMore.has(id))
    .sort((a, b) => a.offset - b.offset)
    .map(({ id }) => id);
}
