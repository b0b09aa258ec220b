// The frames of a flame over many executions: heaviest on the left, as wide as the critical or own time below.

import type { MergedStep } from "../api/views.gen";
import type { Frame } from "./flame";
import { kindOf } from "./shares";

/** Frames of the nodes, parents before children; nodes without any of that time are left out. */
export function mergedFrames(nodes: readonly MergedStep[], by: "critical_ns" | "self_ns"): Frame[] {
  const widths = nodes.map((node) => node[by]);
  const children: number[][] = nodes.map(() => []);
  for (let at = nodes.length - 1; at >= 0; at--) {
    const parent = nodes[at]?.parent ?? -1;
    if (parent < 0) continue;
    widths[parent] = (widths[parent] ?? 0) + (widths[at] ?? 0);
    children[parent]?.push(at);
  }
  const frames: Frame[] = [];
  const heaviest = (positions: number[]) => positions.sort((a, b) => (widths[b] ?? 0) - (widths[a] ?? 0));
  const place = (positions: number[], row: number, from: number) => {
    let left = from;
    for (const at of heaviest(positions)) {
      const node = nodes[at];
      const width = widths[at] ?? 0;
      if (!node || width <= 0) continue;
      const below = children[at] ?? [];
      frames.push({
        id: String(at),
        name: node.name,
        kind: kindOf(node.category),
        row,
        from: left,
        to: left + width,
        count: node.count,
        isContainer: below.some((child) => (widths[child] ?? 0) > 0),
      });
      place(below, row + 1, left);
      left += width;
    }
  };
  place(
    nodes.flatMap(({ parent }, at) => (parent < 0 ? [at] : [])),
    0,
    0,
  );
  return frames;
}
