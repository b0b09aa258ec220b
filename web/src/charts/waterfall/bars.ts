// The bar of one row: a hollow frame for what contains others, category fills for what works or waits itself.

import { duration } from "../../lib/format";
import { packLanes } from "../../lib/layout";
import type { PathPart } from "../../lib/path";
import type { Kind } from "../../lib/shares";
import type { Tree, TreeNode } from "../../lib/tree";
import { FILLS, FONT } from "../../ui/theme";
import { AXIS, endOf, type Geometry, pathInView, placer, ROW, type Scene, type Surface } from "./scene";

interface Piece {
  readonly from: number;
  readonly to: number;
  readonly kind: Kind;
}

/** What a step itself did: a model call waits for its first token and then generates. */
export function piecesOf(node: TreeNode, end: number): Piece[] {
  if (node.kind === "generating" && node.firstToken !== null && node.firstToken > 0) {
    const first = Math.min(node.offset + node.firstToken, end);
    return [
      { from: node.offset, to: first, kind: "waiting" },
      { from: first, to: end, kind: "generating" },
    ];
  }
  return [{ from: node.offset, to: end, kind: node.kind }];
}

export function drawBar(surface: Surface, scene: Scene, geometry: Geometry, row: number): void {
  const position = scene.rows[row] as number;
  const node = scene.tree.nodes[position] as TreeNode;
  const top = AXIS + row * ROW - surface.scrollTop;
  const x = placer(scene, geometry);
  if (node.type === "skipped" || (node.status === "skipped" && !node.isContainer)) {
    if (x(node.offset) >= geometry.laneLeft - 6) drawDiamond(surface, x(node.offset), top + ROW / 2);
    return;
  }
  const end = endOf(node, scene);
  const left = x(node.offset);
  const right = x(end);
  if (right < geometry.laneLeft - 6 || left > surface.width) return;
  if (!node.isContainer) {
    for (const piece of piecesOf(node, end))
      fillPiece(surface, x(piece.from), top + 4, x(piece.to), 12, piece.kind);
  } else if (scene.folded.has(node.id)) {
    drawFolded(surface, scene, x, position, top + 4);
  } else {
    drawFrame(surface, left, top + 7, right);
    if (position === 0 || position === scene.selected) drawMix(surface, scene, x, position, top + 7);
  }
  if (node.duration === null) drawOpenEdge(surface, right, top + 4);
}

function fillPiece(
  { context, tokens, tiles, width }: Surface,
  from: number,
  top: number,
  to: number,
  height: number,
  kind: Kind,
): void {
  // Far outside the canvas a pattern costs time and a rectangle loses precision.
  const left = Math.max(from, -20);
  const right = Math.min(Math.max(to, from + 2), width + 20);
  if (right <= left) return;
  context.fillStyle = tiles[kind];
  context.fillRect(left, top, right - left, height);
  const outline = FILLS[kind].outline;
  if (!outline || right - left < 4 || height < 5) return;
  context.strokeStyle = tokens[outline];
  context.lineWidth = 1;
  if (kind === "unexplained") context.setLineDash([2.5, 2]);
  context.strokeRect(left + 0.5, top + 0.5, right - left - 1, height - 1);
  context.setLineDash([]);
}

function drawFrame({ context, tokens, width }: Surface, from: number, top: number, to: number): void {
  const left = Math.max(from, -20);
  const right = Math.min(Math.max(to, from + 3), width + 20);
  context.fillStyle = tokens.sunk;
  context.strokeStyle = tokens.line2;
  context.lineWidth = 1;
  context.beginPath();
  context.roundRect(left + 0.5, top + 0.5, Math.max(right - left - 1, 2), 7, 2);
  context.fill();
  context.stroke();
}

/** The stretches of the path that lie below a node, slim, inside its frame. */
function drawMix(
  surface: Surface,
  scene: Scene,
  x: (ns: number) => number,
  position: number,
  top: number,
): void {
  const end = (scene.tree.nodes[position] as TreeNode).end;
  const [first, last] = pathInView(scene);
  let drawn = Number.NEGATIVE_INFINITY;
  for (let i = first; i < last; i++) {
    const part = scene.path[i] as PathPart;
    const at = scene.pathPositions[i] ?? -1;
    const right = x(part.offset + part.duration);
    // Of several parts on one half pixel one is drawn: there may be 50,000.
    if (at < position || at >= end || right < drawn + 0.5) continue;
    drawn = right;
    fillPiece(surface, x(part.offset), top, right, 8, part.kind);
  }
}

/** What lies below a folded row: marks in up to three lanes, several marks on one pixel drawn once. */
function drawFolded(
  surface: Surface,
  scene: Scene,
  x: (ns: number) => number,
  position: number,
  top: number,
): void {
  const leaves = leavesBelow(scene.tree, position);
  const isCrowded = leaves.length > 400;
  const lanes = isCrowded
    ? []
    : packLanes(leaves.map((node) => ({ from: node.offset, to: endOf(node, scene) })));
  const most = Math.min(3, Math.max(1, ...lanes.map((lane) => lane + 1)));
  const height = most === 1 ? 12 : most === 2 ? 5.5 : 3.4;
  let lastPixel = Number.NEGATIVE_INFINITY;
  leaves.forEach((node, i) => {
    const from = x(node.offset);
    const to = x(endOf(node, scene));
    if (isCrowded && to < lastPixel + 1) return;
    lastPixel = to;
    const lane = Math.min(lanes[i] ?? 0, most - 1);
    for (const piece of piecesOf(node, endOf(node, scene))) {
      fillPiece(surface, x(piece.from), top + lane * (height + 0.9), x(piece.to), height, piece.kind);
    }
    if (node.status === "failed") {
      surface.context.fillStyle = surface.tokens.bad;
      surface.context.fillRect(Math.max(to, from + 2) - 2, top - 1, 2, 14);
    }
  });
}

const sortedLeaves = new WeakMap<Tree, Map<number, readonly TreeNode[]>>();

/** The leaves below a position in order of start, found once for each tree: a frame has no time to sort thousands. */
function leavesBelow(tree: Tree, position: number): readonly TreeNode[] {
  const known = sortedLeaves.get(tree) ?? new Map<number, readonly TreeNode[]>();
  sortedLeaves.set(tree, known);
  let leaves = known.get(position);
  if (!leaves) {
    leaves = tree.nodes
      .slice(position + 1, (tree.nodes[position] as TreeNode).end)
      .filter((node) => !node.isContainer && node.type !== "skipped")
      .sort((a, b) => a.offset - b.offset);
    known.set(position, leaves);
  }
  return leaves;
}

function drawDiamond({ context, tokens }: Surface, x: number, middle: number): void {
  context.fillStyle = tokens.card;
  context.strokeStyle = tokens.subtle;
  context.lineWidth = 1.5;
  const shape = new Path2D(`M${x} ${middle - 5}l5 5-5 5-5-5z`);
  context.fill(shape);
  context.stroke(shape);
  context.font = `400 11px ${FONT}`;
  context.textAlign = "left";
  context.textBaseline = "alphabetic";
  context.fillStyle = tokens.muted;
  context.fillText("considered, did not fire", x + 11, middle + 4);
}

/** Two slits at the end of a bar say that it goes on. */
function drawOpenEdge({ context, tokens }: Surface, right: number, top: number): void {
  context.fillStyle = tokens.card;
  context.fillRect(right - 3, top - 1, 1.5, 14);
  context.fillRect(right - 7, top - 1, 1.5, 14);
}

/** A dotted line to the moment until which it could have taken, without making the whole any slower. */
export function drawSlack(surface: Surface, scene: Scene, geometry: Geometry, row: number): void {
  const { context, tokens } = surface;
  const node = scene.tree.nodes[scene.rows[row] as number] as TreeNode;
  const parent = node.parent >= 0 ? scene.tree.nodes[node.parent] : undefined;
  // Slack of another time scale than what is shown is not drawn.
  const least = (scene.view.to - scene.view.from) * 0.008;
  if (node.slack === null || node.slack < least || node.duration === null) return;
  if (parent?.slack && parent.slack > 0) return;
  const x = placer(scene, geometry);
  const middle = AXIS + row * ROW - surface.scrollTop + ROW / 2;
  const end = x(node.offset + node.duration);
  const until = x(node.offset + node.duration + node.slack);
  context.strokeStyle = tokens.subtle;
  context.lineWidth = 1;
  context.setLineDash([2, 2]);
  context.beginPath();
  context.moveTo(end, middle);
  context.lineTo(until, middle);
  context.stroke();
  context.setLineDash([]);
  context.fillStyle = tokens.subtle;
  context.fillRect(until, middle - 4, 1, 8);
  context.font = `400 10.5px ${FONT}`;
  context.textAlign = "left";
  context.textBaseline = "alphabetic";
  const text = `slack ${duration(node.slack)}`;
  const isInside = until + 6 + context.measureText(text).width < surface.width;
  if (!isInside) return;
  context.strokeStyle = tokens.card;
  context.lineWidth = 4;
  context.lineJoin = "round";
  context.strokeText(text, until + 6, middle + 4);
  context.fillStyle = tokens.muted;
  context.fillText(text, until + 6, middle + 4);
}
