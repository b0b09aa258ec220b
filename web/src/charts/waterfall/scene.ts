// What one drawing of the waterfall needs to know, and the geometry that drawing and pointing share.

import type { Warp } from "../../lib/gaps";
import { toX, type View } from "../../lib/layout";
import type { PathPart } from "../../lib/path";
import type { Tree, TreeNode } from "../../lib/tree";
import type { Tokens } from "../../ui/theme";
import type { Tiles } from "./tiles";

export const ROW = 20;
export const AXIS = 26;
export const TIME_WIDTH = 74;
export const RANK_WIDTH = 42;
const RIGHT = 16;

export interface Scene {
  readonly tree: Tree;
  readonly rows: Int32Array;
  readonly folded: ReadonlySet<string>;
  readonly view: View;
  readonly whole: View;
  /** The present, in ns from the start; bars without an end reach to it. Null when everything has ended. */
  readonly now: number | null;
  readonly selected: number;
  readonly hovered: number;
  readonly hits: ReadonlySet<number>;
  readonly path: readonly PathPart[];
  readonly pathRows: Int32Array;
  /** The position in the tree of each part of the path; -1 if it is not there. */
  readonly pathPositions: Int32Array;
  readonly bands: readonly { readonly from: number; readonly to: number }[];
  readonly brush: View | null;
  /** From time to the place on the axis, which is shorter than time where gaps are cut out; views are places. */
  readonly warp: Warp;
  /** By step id, how many percent of its like it exceeds; null if nothing is usual. */
  readonly ranks: ReadonlyMap<string, number> | null;
}

export interface Surface {
  readonly context: CanvasRenderingContext2D;
  readonly tokens: Tokens;
  readonly tiles: Tiles;
  readonly width: number;
  readonly height: number;
  readonly scrollTop: number;
}

export interface Geometry {
  readonly nameWidth: number;
  readonly laneLeft: number;
  readonly laneWidth: number;
}

/** The columns: name, time, rank if there are any, and the time axis with all that is left. */
export function geometryOf(width: number, hasRanks: boolean): Geometry {
  const nameWidth = width < 700 ? Math.round(width * 0.34) : 262;
  const laneLeft = nameWidth + TIME_WIDTH + 10 + (hasRanks ? RANK_WIDTH : 0);
  return { nameWidth, laneLeft, laneWidth: Math.max(40, width - laneLeft - RIGHT) };
}

/** When a node ends, or the present. */
export function endOf(node: TreeNode, scene: Pick<Scene, "now" | "warp">): number {
  return node.duration === null
    ? (scene.now ?? scene.warp.from(scene.warp.length))
    : node.offset + node.duration;
}

/** Pixels of a moment on this surface. */
export function placer(scene: Scene, geometry: Geometry): (ns: number) => number {
  const { view, warp } = scene;
  const { laneLeft, laneWidth } = geometry;
  if (warp.cuts.length === 0) return (ns) => toX(ns, view, laneLeft, laneWidth);
  return (ns) => toX(warp.to(ns), view, laneLeft, laneWidth);
}

/** The row that shows each part of the path: its own, or that of the nearest ancestor on screen; -1 if none. */
export function pathRowsOf(tree: Tree, rows: Int32Array, path: Int32Array): Int32Array {
  const rowOf = new Int32Array(tree.nodes.length).fill(-1);
  rows.forEach((position, row) => {
    rowOf[position] = row;
  });
  return path.map((part) => {
    let position = part;
    while (position >= 0) {
      const row = rowOf[position] ?? -1;
      if (row >= 0) return row;
      position = tree.nodes[position]?.parent ?? -1;
    }
    return -1;
  });
}

/** The parts of the path that touch what is shown: the first, and one past the last. They are in order of time. */
export function pathInView({ path, view, warp }: Scene): readonly [number, number] {
  const [from, to] = [warp.from(view.from), warp.from(view.to)];
  const before = (is: (part: PathPart) => boolean) => {
    let [low, high] = [0, path.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (is(path[middle] as PathPart)) low = middle + 1;
      else high = middle;
    }
    return low;
  };
  return [before((part) => part.offset + part.duration < from), before((part) => part.offset <= to)];
}
