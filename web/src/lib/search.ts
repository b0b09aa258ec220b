// Finding steps by a piece of their name, category, model or status.

import type { Tree } from "./tree";

/** Positions whose name, note, category or status contains every word of `text`; none for an empty text. */
export function findNodes(tree: Tree, text: string): number[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return [];
  const found: number[] = [];
  tree.nodes.forEach((node, i) => {
    const hay = `${node.name} ${node.note} ${node.category} ${node.status}`.toLowerCase();
    if (words.every((word) => hay.includes(word))) found.push(i);
  });
  return found;
}

/** The next hit after (or before) a position, going round at the ends; -1 without hits. */
export function nextHit(hits: readonly number[], from: number, isForward: boolean): number {
  if (hits.length === 0) return -1;
  if (isForward) return hits.find((hit) => hit > from) ?? (hits[0] as number);
  return hits.findLast((hit) => hit < from) ?? (hits.at(-1) as number);
}
