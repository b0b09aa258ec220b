// A tree of executions and steps in display order, built once from the skeleton that the server sends.

import type { DecisionNode, ExecutionTree, StepNode } from "../api/views.gen";
import { isUnanswered, isVanished } from "./doing";
import { duration, score as printScore } from "./format";
import { modelCalls } from "./modelCalls";
import { type Kind, kindOf } from "./shares";

export type NodeType = "execution" | "step" | "skipped" | "repeats" | "outside";

export interface TreeNode {
  /** Unique on the page: a step id, an execution's span id, or one made from these. */
  readonly id: string;
  readonly type: NodeType;
  readonly name: string;
  readonly note: string;
  readonly category: string;
  readonly kind: Kind;
  readonly status: string;
  readonly depth: number;
  readonly parent: number;
  /** One past the last descendant: the subtree is the positions from its own to `end`. */
  readonly end: number;
  readonly offset: number;
  /** Null while it runs. */
  readonly duration: number | null;
  readonly firstToken: number | null;
  readonly slack: number | null;
  readonly hasChildren: boolean;
  /** Whether work lies below it; a decision is not work. */
  readonly isContainer: boolean;
  /** How many steps a `repeats` row stands for. */
  readonly repeats: number;
}

export interface Tree {
  /** In display order: parents before children, siblings by start. */
  readonly nodes: readonly TreeNode[];
  readonly positionOf: ReadonlyMap<string, number>;
}

interface Draft extends Omit<TreeNode, "depth" | "parent" | "end" | "hasChildren" | "isContainer"> {
  readonly parentId: string | null;
  /** Stands for a run of like steps that the server has folded: its name says nothing of how many. */
  readonly isFolded?: boolean;
}

/** Fewest consecutive siblings of one name that are shown as one row. */
export const FEWEST_REPEATS = 3;

/** The tree of an execution. Nodes whose parent is unknown hang under the top; cycles cannot occur in what is returned. */
export function buildTree(source: ExecutionTree, foldsRepeats: boolean): Tree {
  const drafts = [...executionDrafts(source), ...stepDrafts(source), ...skippedDrafts(source)];
  const topId = topSpanId(source);
  const children = groupByParent(drafts, topId);
  const builder = new Builder(children, foldsRepeats);
  const top = drafts.find((draft) => draft.id === topId);
  if (top) builder.place(top, 0, -1);
  const outside = drafts.filter((draft) => draft.type === "outside").sort(byStart);
  for (const draft of outside) builder.place(draft, 0, -1);
  return builder.finish();
}

const built = new WeakMap<ExecutionTree, Map<boolean, Tree>>();

/** The same tree as `buildTree`, made once for each answer of the server: of 50,000 steps it takes 0.1 s. */
export function treeOf(source: ExecutionTree, foldsRepeats: boolean): Tree {
  const known = built.get(source) ?? new Map<boolean, Tree>();
  const tree = known.get(foldsRepeats) ?? buildTree(source, foldsRepeats);
  built.set(source, known.set(foldsRepeats, tree));
  return tree;
}

function topSpanId(source: ExecutionTree): string | undefined {
  const own = source.executions.find((node) => node.execution_id === source.execution.execution_id);
  return (own ?? source.executions[0])?.span_id;
}

function executionDrafts(source: ExecutionTree): Draft[] {
  const spanOf = new Map(source.executions.map((node) => [node.execution_id, node.span_id]));
  return source.executions.map((node) => ({
    id: node.span_id,
    type: "execution",
    name: node.agent,
    note: node.call_reason ?? errorNote(node) ?? "",
    category: "agent",
    kind: leafKind(node.category_ns),
    status: node.status,
    offset: node.offset_ns,
    duration: node.duration_ns ?? null,
    firstToken: null,
    slack: null,
    repeats: 0,
    parentId:
      node.parent_step_id ??
      (node.parent_execution_id ? (spanOf.get(node.parent_execution_id) ?? null) : null),
  }));
}

/** An execution without steps still spent its time on something: the largest of its categories. */
function leafKind(categoryNs: Readonly<Record<string, number>> | null | undefined): Kind {
  const largest = Object.entries(categoryNs ?? {}).sort((a, b) => b[1] - a[1])[0];
  return largest ? kindOf(largest[0]) : "own";
}

function stepDrafts(source: ExecutionTree): Draft[] {
  const stoodStill = blockedTimes(source);
  const standsFor = foldedSteps(source);
  const spanOf = new Map(source.executions.map((node) => [node.execution_id, node.span_id]));
  const callOf = modelCalls(source.steps);
  return source.steps.map((step) => ({
    id: step.step_id,
    type: step.is_outside ? "outside" : "step",
    name: step.name,
    note: errorNote(step) ?? noteOf(step, standsFor.get(step.step_id), stoodStill.get(step.step_id) ?? 0),
    category: step.category,
    kind: isUnanswered(callOf(step)) ? "waiting" : kindOf(callOf(step).category),
    status: step.status,
    offset: step.offset_ns,
    duration: step.duration_ns ?? null,
    firstToken: firstTokenIn(step, callOf(step)),
    slack: step.slack_ns ?? null,
    isFolded: standsFor.has(step.step_id),
    repeats: 0,
    parentId: step.parent_step_id ?? spanOf.get(step.execution_id) ?? null,
  }));
}

/** When the first token came, in ns from the start of the step: of a request, that of its model call. */
function firstTokenIn(step: StepNode, call: StepNode): number | null {
  return typeof call.first_token_ns === "number"
    ? Math.max(0, call.offset_ns + call.first_token_ns - step.offset_ns)
    : null;
}

const isPause = (step: StepNode) => step.category === "retry" || step.category === "rate_limit";

function noteOf(step: StepNode, folded: string | undefined, blocked: number): string {
  if (step.is_outside) return "outside this execution";
  const words = [
    folded,
    step.status === "llm_request" && `waiting for ${step.model ?? "a model"}`,
    step.status === "llm_response" && "generating",
    step.attempt && (step.attempt > 1 || isPause(step)) && `attempt ${step.attempt}`,
    blocked > 0 && `stood still ${duration(blocked)}`,
  ];
  return words.filter((word) => typeof word === "string").join(", ");
}

/** What went wrong; of what nobody ended that its process crashed. */
function errorNote(node: Pick<StepNode, "status" | "error_type">): string | null {
  const error = node.error_type ?? null;
  return isVanished({ status: node.status, error_type: error }) ? "crashed" : error;
}

/** By step that stands for a run of like ones, what the server says of them: "×480 folded". */
function foldedSteps(source: Pick<ExecutionTree, "events">): ReadonlyMap<string, string> {
  return new Map(
    source.events.flatMap(({ name, span_id, message }) =>
      name === "longpole.folded" ? [[span_id, message ?? ""] as const] : [],
    ),
  );
}

/** By step, how long in ns it stood still because another one blocked the event loop. */
export function blockedTimes(source: Pick<ExecutionTree, "events">): ReadonlyMap<string, number> {
  const times = new Map<string, number>();
  for (const { kind, span_id, duration_ns } of source.events)
    if (kind === "blocked") times.set(span_id, (times.get(span_id) ?? 0) + (duration_ns ?? 0));
  return times;
}

const SILENT: ReadonlySet<string> = new Set([
  "skipped",
  "below_threshold",
  "passed_over",
  "not_considered",
  "rejected",
  "declined",
  "no",
  "false",
]);

/** Whether a decision ended in "no". */
export function didNotFire(decision: DecisionNode): boolean {
  if (decision.considered === false) return true;
  const outcome = (decision.outcome ?? "").toLowerCase();
  if (outcome) return SILENT.has(outcome);
  const { score, threshold } = decision;
  return (
    score !== null &&
    score !== undefined &&
    threshold !== null &&
    threshold !== undefined &&
    score < threshold
  );
}

/** Who was considered and did not run: the last decision about each. */
export function silentOnes({ decisions, executions }: ExecutionTree): DecisionNode[] {
  const ran = new Set(executions.filter((node) => node.status !== "skipped").map((node) => node.agent));
  const last = new Map<string, DecisionNode>();
  for (const decision of decisions)
    if (didNotFire(decision) && !ran.has(decision.candidate)) last.set(decision.candidate, decision);
  return [...last.values()];
}

function whyNot({ considered, score, threshold }: DecisionNode): string {
  if (considered === false) return "never considered";
  if (typeof score !== "number") return "skipped";
  return typeof threshold === "number"
    ? `${printScore(score)} ${score < threshold ? "<" : "≥"} ${printScore(threshold)}`
    : printScore(score);
}

function skippedDrafts(source: ExecutionTree): Draft[] {
  const ran = new Set(source.executions.map((node) => node.agent));
  return source.decisions
    .filter((decision) => didNotFire(decision) && !ran.has(decision.candidate))
    .map((decision, i) => ({
      id: `decision-${i}`,
      type: "skipped",
      name: decision.candidate,
      note: whyNot(decision),
      category: "decision",
      kind: "own",
      status: "skipped",
      offset: decision.offset_ns,
      duration: 0,
      firstToken: null,
      slack: null,
      repeats: 0,
      parentId: decision.span_id,
    }));
}

function byStart(a: Draft, b: Draft): number {
  return (
    a.offset - b.offset || (b.duration ?? Number.MAX_SAFE_INTEGER) - (a.duration ?? Number.MAX_SAFE_INTEGER)
  );
}

function groupByParent(drafts: readonly Draft[], topId: string | undefined): Map<string, Draft[]> {
  const known = new Set(drafts.map((draft) => draft.id));
  const cycles = findCycles(
    new Map(drafts.map((draft) => [draft.id, draft.id === topId ? null : draft.parentId])),
  );
  const children = new Map<string, Draft[]>();
  for (const draft of drafts) {
    if (draft.id === topId || draft.type === "outside") continue;
    const isReachable = draft.parentId !== null && known.has(draft.parentId) && !cycles.has(draft.id);
    const parent = isReachable && draft.parentId ? draft.parentId : (topId ?? "");
    const siblings = children.get(parent);
    if (siblings) siblings.push(draft);
    else children.set(parent, [draft]);
  }
  for (const siblings of children.values()) siblings.sort(byStart);
  return children;
}

/** Nodes that are their own ancestors; every node is visited once, however long the chains are. */
function findCycles(parents: ReadonlyMap<string, string | null>): ReadonlySet<string> {
  const walkOf = new Map<string, string>();
  const found = new Set<string>();
  for (const start of parents.keys()) {
    let at: string | null | undefined = start;
    while (at && !walkOf.has(at)) {
      walkOf.set(at, start);
      at = parents.get(at);
    }
    if (!at || walkOf.get(at) !== start || found.has(at)) continue;
    for (
      let member: string | null | undefined = at;
      member && !found.has(member);
      member = parents.get(member)
    )
      found.add(member);
  }
  return found;
}

class Builder {
  private readonly nodes: TreeNode[] = [];
  private readonly positionOf = new Map<string, number>();

  constructor(
    private readonly children: ReadonlyMap<string, readonly Draft[]>,
    private readonly foldsRepeats: boolean,
  ) {}

  /** Places a node and everything below it; its own stack, because traces may be 10,000 levels deep. */
  place(top: Draft, topDepth: number, topParent: number): void {
    const stack: { draft: Draft; depth: number; parent: number }[] = [
      { draft: top, depth: topDepth, parent: topParent },
    ];
    while (stack.length > 0) {
      const { draft, depth, parent } = stack.pop() as { draft: Draft; depth: number; parent: number };
      if (this.positionOf.has(draft.id)) continue;
      const position = this.nodes.length;
      const below = this.below(draft);
      const { parentId: _parent, isFolded: _folded, ...fields } = draft;
      this.nodes.push({
        ...fields,
        depth,
        parent,
        end: position + 1,
        hasChildren: below.length > 0,
        isContainer: below.some(isWork),
      });
      this.positionOf.set(draft.id, position);
      for (let i = below.length - 1; i >= 0; i--) {
        stack.push({ draft: below[i] as Draft, depth: depth + 1, parent: position });
      }
    }
  }

  finish(): Tree {
    for (let i = this.nodes.length - 1; i >= 0; i--) {
      const node = this.nodes[i] as TreeNode;
      const parent = node.parent >= 0 ? this.nodes[node.parent] : undefined;
      if (parent && parent.end < node.end) (parent as { end: number }).end = node.end;
    }
    return { nodes: this.nodes, positionOf: this.positionOf };
  }

  private below(draft: Draft): readonly Draft[] {
    if (draft.type === "repeats") return this.members.get(draft.id) ?? [];
    const own = this.children.get(draft.id) ?? [];
    return this.foldsRepeats ? this.foldRuns(own) : own;
  }

  private readonly members = new Map<string, readonly Draft[]>();

  private foldRuns(siblings: readonly Draft[]): readonly Draft[] {
    const folded: Draft[] = [];
    for (let from = 0; from < siblings.length; ) {
      const first = siblings[from] as Draft;
      let to = from + 1;
      while (to < siblings.length && isAlike(first, siblings[to] as Draft)) to++;
      const run = siblings.slice(from, to);
      if (run.length >= FEWEST_REPEATS && first.type === "step") folded.push(this.repeatsOf(run));
      else folded.push(...run);
      from = to;
    }
    return folded;
  }

  private repeatsOf(run: readonly Draft[]): Draft {
    const first = run[0] as Draft;
    const ends = run.map((draft) => (draft.duration === null ? null : draft.offset + draft.duration));
    const isOpen = ends.includes(null);
    const failed = run.filter((draft) => draft.status === "failed").length;
    const id = `repeats-${first.id}`;
    this.members.set(id, run);
    return {
      ...first,
      id,
      type: "repeats",
      status: failed > 0 ? "failed" : first.status,
      note: failed > 0 ? `${failed} failed` : "",
      duration: isOpen ? null : Math.max(...ends.map((end) => end ?? 0)) - first.offset,
      slack: null,
      repeats: run.length,
    };
  }
}

const isWork = (draft: Draft) => draft.type !== "skipped";

function isAlike(a: Draft, b: Draft): boolean {
  const isLike = b.type === "step" && a.name === b.name && a.category === b.category;
  return isLike && !a.isFolded && !b.isFolded;
}

/** The positions that are on screen, in order: nothing below a folded node, and only marked ones if `only` is given. */
export function visiblePositions(
  tree: Tree,
  folded: ReadonlySet<string>,
  only?: ReadonlySet<number>,
): Int32Array {
  const found: number[] = [];
  for (let i = 0; i < tree.nodes.length; ) {
    const node = tree.nodes[i] as TreeNode;
    if (!only || only.has(i)) found.push(i);
    i = folded.has(node.id) ? node.end : i + 1;
  }
  return Int32Array.from(found);
}

/** Nodes that start out folded: rows of repeats, whose marks say enough. */
export function foldedAtFirst(tree: Tree): Set<string> {
  return new Set(tree.nodes.filter((node) => node.type === "repeats").map((node) => node.id));
}

/** A position and all its ancestors. */
export function withAncestors(tree: Tree, positions: Iterable<number>): Set<number> {
  const found = new Set<number>();
  for (const start of positions) {
    for (let i = start; i >= 0 && !found.has(i); i = (tree.nodes[i] as TreeNode).parent) found.add(i);
  }
  return found;
}

/** Positions of steps with the same name and category, in order of start. */
export function alike(tree: Tree, position: number): number[] {
  const node = tree.nodes[position];
  if (!node) return [];
  return tree.nodes
    .map((other, i) => [other, i] as const)
    .filter(
      ([other]) => other.name === node.name && other.category === node.category && other.type === node.type,
    )
    .sort((a, b) => a[0].offset - b[0].offset)
    .map(([, i]) => i);
}
