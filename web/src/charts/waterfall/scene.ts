// What one drawing of the waterfall needs to know, and the geometry that drawing and pointing share.

import { toX, type View } from "../../lib/layout";
import type { PathPart } from "../../lib/path";
import type { Tree, TreeNode } from "../../lib/tree";
import type { Tokens } from "../../ui/theme";
import type { Tiles } from "./tiles";

export const ROW = 20;
export const AXIS = 26;
export const TIME_WIDTH = 74;
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
  readonly bands: readonly { readonly from: number; readonly to: number }[];
  readonly brush: View | null;
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

/** The columns: name, time, and the time axis with all that is left. */
export function geometryOf(width: number): Geometry {
  const nameWidth = width < 700 ? Math.round(width * 0.34) : 262;
  const laneLeft = nameWidth + TIME_WIDTH + 10;
  return { nameWidth, laneLeft, laneWidth: Math.max(40, width - laneLeft - RIGHT) };
}

/** When a node ends, or the present. */
export function endOf(node: TreeNode, scene: Pick<Scene, "now" | "whole">): number {
  return node.duration === null ? (scene.now ?? scene.whole.to) : node.offset + node.duration;
}

/** Pixels of a moment on this surface. */
export function placer(scene: Scene, geometry: Geometry): (ns: number) => number {
  return (ns) => toX(ns, scene.view, geometry.laneLeft, geometry.laneWidth);
}

/** The row that shows each part of the path: its own, or that of the nearest ancestor on screen; -1 if none. */
export function pathRowsOf(tree: Tree, rows: Int32Array, path: readonly PathPart[]): Int32Array {
  const rowOf = new Map<number, number>();
  rows.forEach((position, row) => {
    rowOf.set(position, row);
  });
  return Int32Array.from(path, (part) => {
    let position = tree.positionOf.get(part.id) ?? -1;
    while (position >= 0) {
      const row = rowOf.get(position);
      if (row !== undefined) return row;
      position = tree.nodes[position]?.parent ?? -1;
    }
    return -1;
  });
}
