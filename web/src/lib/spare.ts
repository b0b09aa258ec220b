// The work beside the critical path that is worth a line under it.

import type { Tree } from "./tree";

export interface Spare {
  readonly id: string;
  readonly name: string;
  readonly offset: number;
  readonly duration: number;
  readonly slack: number;
}

/** The longest steps with slack, none inside another that is named, at most `most`; those under a fiftieth of the whole are left out. */
export function spareWork(tree: Tree, end: number, most: number): Spare[] {
  const found: { spare: Spare; from: number; to: number }[] = [];
  const candidates = tree.nodes
    .map((node, position) => ({ node, position }))
    .filter(
      ({ node }) =>
        node.type === "step" &&
        node.kind !== "blocked" &&
        node.slack !== null &&
        node.duration !== null &&
        node.slack > end / 100 &&
        node.duration > end / 50,
    )
    .sort((a, b) => (b.node.duration ?? 0) - (a.node.duration ?? 0));
  for (const { node, position } of candidates) {
    if (found.length === most) break;
    if (
      found.some(
        ({ from, to }) => (position >= from && position < to) || (from >= position && from < node.end),
      )
    )
      continue;
    const { id, name, offset, duration, slack } = node;
    found.push({
      spare: { id, name, offset, duration: duration ?? 0, slack: slack ?? 0 },
      from: position,
      to: node.end,
    });
  }
  return found.map(({ spare }) => spare).sort((a, b) => a.slack - b.slack);
}
