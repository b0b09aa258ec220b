// Flame layouts: in order of time, or with equals joined and the heaviest on the left. No drawing here.

import { packLanes } from "./layout";
import type { Kind } from "./shares";
import type { Tree, TreeNode } from "./tree";

export interface Frame {
  /** Of the node, or of the first of those that are joined. */
  readonly id: string;
  readonly name: string;
  readonly kind: Kind;
  readonly row: number;
  /** In ns: of the clock in order of time, of added up time otherwise. */
  readonly from: number;
  readonly to: number;
  /** How many calls it stands for. */
  readonly count: number;
  /** Whether work lies below it: then it is drawn hollow. */
  readonly isContainer: boolean;
}

const isDrawn = (node: TreeNode) =>
  node.type !== "skipped" && node.type !== "repeats" && node.type !== "outside";
const lengthOf = (node: TreeNode, end: number) => node.duration ?? Math.max(0, end - node.offset);

/** By position, its children that are drawn: a row of repeats gives its own. */
function childrenOf(tree: Tree): number[][] {
  const children: number[][] = tree.nodes.map(() => []);
  tree.nodes.forEach((node, position) => {
    if (!isDrawn(node)) return;
    let parent = node.parent;
    while (parent >= 0 && !isDrawn(tree.nodes[parent] as TreeNode))
      parent = (tree.nodes[parent] as TreeNode).parent;
    if (parent >= 0) (children[parent] as number[]).push(position);
  });
  return children;
}

/** Rows from the top: children below their parent, siblings that overlap below each other. */
export function timeOrder(tree: Tree, end: number): Frame[] {
  const children = childrenOf(tree);
  const heights = new Int32Array(tree.nodes.length).fill(1);
  const shifts = new Int32Array(tree.nodes.length);
  // From the first start to the last end in a subtree: a child may outlive its parent.
  const firsts = Float64Array.from(tree.nodes, (node) => node.offset);
  const lasts = Float64Array.from(tree.nodes, (node) => node.offset + lengthOf(node, end));
  for (let position = tree.nodes.length - 1; position >= 0; position--) {
    const below = children[position] as number[];
    if (below.length === 0) continue;
    below.sort((a, b) => (firsts[a] ?? 0) - (firsts[b] ?? 0));
    for (const child of below) {
      firsts[position] = Math.min(firsts[position] ?? 0, firsts[child] ?? 0);
      lasts[position] = Math.max(lasts[position] ?? 0, lasts[child] ?? 0);
    }
    const lanes = packLanes(below.map((child) => ({ from: firsts[child] ?? 0, to: lasts[child] ?? 0 })));
    const tallest: number[] = [];
    below.forEach((child, i) => {
      const lane = lanes[i] ?? 0;
      tallest[lane] = Math.max(tallest[lane] ?? 0, heights[child] ?? 1);
    });
    const tops: number[] = [0];
    tallest.forEach((height, lane) => {
      tops[lane + 1] = (tops[lane] ?? 0) + height;
    });
    below.forEach((child, i) => {
      shifts[child] = 1 + (tops[lanes[i] ?? 0] ?? 0);
    });
    heights[position] = 1 + (tops[tallest.length] ?? 0);
  }
  const rows = new Int32Array(tree.nodes.length);
  const frames: Frame[] = [];
  for (let position = 0; position < tree.nodes.length; position++) {
    const node = tree.nodes[position] as TreeNode;
    for (const child of children[position] as number[])
      rows[child] = (rows[position] ?? 0) + (shifts[child] ?? 1);
    if (!isDrawn(node)) continue;
    const to = node.offset + lengthOf(node, end);
    frames.push({
      id: node.id,
      name: node.name,
      kind: node.kind,
      row: rows[position] ?? 0,
      from: node.offset,
      to,
      count: 1,
      isContainer: node.isContainer,
    });
  }
  return frames;
}

interface Joined extends Pick<Frame, "isContainer"> {
  readonly id: string;
  readonly name: string;
  readonly kind: Kind;
  members: number[];
}

/** Calls of one name under one parent joined, the heaviest on the left; a frame is as wide as its own time and all below it. */
export function leftHeavy(tree: Tree, end: number, selfNs: (position: number) => number): Frame[] {
  const children = childrenOf(tree);
  const weights = new Float64Array(tree.nodes.length);
  for (let position = tree.nodes.length - 1; position >= 0; position--) {
    const below = children[position] as number[];
    const own = below.length === 0 ? lengthOf(tree.nodes[position] as TreeNode, end) : selfNs(position);
    weights[position] = below.reduce((sum, child) => sum + (weights[child] ?? 0), own);
  }
  const weightOf = (joined: Joined) =>
    joined.members.reduce((sum, member) => sum + (weights[member] ?? 0), 0);
  const frames: Frame[] = [];
  const root = tree.nodes[0];
  if (!root) return frames;
  const waiting = [{ joined: { ...partsOf(root), members: [0] }, row: 0, from: 0 }];
  while (waiting.length > 0) {
    const { joined, row, from } = waiting.pop() as { joined: Joined; row: number; from: number };
    const { members, ...parts } = joined;
    frames.push({ ...parts, row, from, to: from + weightOf(joined), count: members.length });
    const groups = joinByName(
      tree,
      members.flatMap((member) => children[member] as number[]),
    );
    let left = from;
    for (const group of groups.sort((a, b) => weightOf(b) - weightOf(a))) {
      waiting.push({ joined: group, row: row + 1, from: left });
      left += weightOf(group);
    }
  }
  return frames;
}

const partsOf = ({ id, name, kind, isContainer }: TreeNode) => ({ id, name, kind, isContainer });

function joinByName(tree: Tree, positions: readonly number[]): Joined[] {
  const groups = new Map<string, Joined>();
  for (const position of positions) {
    const node = tree.nodes[position] as TreeNode;
    const key = `${node.category}\n${node.name}`;
    const group = groups.get(key);
    if (group) group.members.push(position);
    else groups.set(key, { ...partsOf(node), members: [position] });
  }
  return [...groups.values()];
}

/** Frames that are wide enough to be seen, of those in a stretch; `least` in ns. */
export function framesIn(frames: readonly Frame[], from: number, to: number, least: number): Frame[] {
  return frames.filter((frame) => frame.to > from && frame.from < to && frame.to - frame.from >= least);
}
