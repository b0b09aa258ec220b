// Gap compression: idle time is cut out of the axis, and each cut says how much it removed.

import type { Tree } from "./tree";

/** A place on the shortened axis where time was left out, in ns. */
export interface Cut {
  /** Where it lies on the shortened axis. */
  readonly at: number;
  readonly removed: number;
}

/** From time to the place on the axis and back, both in ns. */
export interface Warp {
  readonly to: (ns: number) => number;
  readonly from: (place: number) => number;
  readonly cuts: readonly Cut[];
  readonly length: number;
}

/** The plain axis. */
export function straight(length: number): Warp {
  return { to: (ns) => ns, from: (place) => place, cuts: [], length };
}

/** An idle stretch is cut if it is longer than this part of the whole, and so much of it is left to be seen. */
const LEFT = 0.02;

/** The axis without the long stretches in which nothing worked: no leaf of the tree, waits for a person or a queue included. */
export function withoutGaps(tree: Tree, end: number): Warp {
  const gaps = idle(tree, end).filter(({ from, to }) => to - from > LEFT * 2 * end);
  if (gaps.length === 0) return straight(end);
  const left = LEFT * end;
  let gone = 0;
  const pieces = gaps.map(({ from, to }) => {
    const removed = to - from - left;
    const piece = { from: from + left / 2, to: to - left / 2, removed, before: gone };
    gone += removed;
    return piece;
  });
  return {
    cuts: pieces.map(({ from, removed, before }) => ({ at: from - before, removed })),
    length: end - gone,
    to: (ns) => {
      let place = ns;
      for (const piece of pieces) {
        if (ns <= piece.from) break;
        place = ns < piece.to ? piece.from - piece.before : ns - piece.before - piece.removed;
      }
      return place;
    },
    from: (place) => {
      let ns = place;
      for (const piece of pieces)
        if (place > piece.from - piece.before) ns = place + piece.before + piece.removed;
      return ns;
    },
  };
}

/** The stretches in which no leaf worked, in order of time. Waiting in a queue is idle. */
function idle(tree: Tree, end: number): { from: number; to: number }[] {
  const busy = tree.nodes
    .filter((node) => !node.isContainer && node.type !== "skipped" && node.kind !== "queue")
    .map((node) => ({ from: node.offset, to: node.duration === null ? end : node.offset + node.duration }))
    .sort((a, b) => a.from - b.from);
  const gaps: { from: number; to: number }[] = [];
  let at = 0;
  for (const { from, to } of busy) {
    if (from > at) gaps.push({ from: at, to: from });
    at = Math.max(at, to);
  }
  if (end > at) gaps.push({ from: at, to: end });
  return gaps;
}
