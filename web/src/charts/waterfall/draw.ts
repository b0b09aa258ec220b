// Draws the rows that are on screen, and nothing else: 50,000 steps cost as much as 40.

import { axisTime, duration } from "../../lib/format";
import { rowsOnScreen } from "../../lib/layout";
import type { PathPart } from "../../lib/path";
import { ticks } from "../../lib/time";
import type { TreeNode } from "../../lib/tree";
import { FONT } from "../../ui/theme";
import { drawBar, drawSlack } from "./bars";
import {
  AXIS,
  type Geometry,
  geometryOf,
  pathInView,
  placer,
  RANK_WIDTH,
  ROW,
  type Scene,
  type Surface,
} from "./scene";

/** The whole picture for one scroll position. */
export function draw(surface: Surface, scene: Scene): void {
  const { context, tokens, width, height, scrollTop } = surface;
  const geometry = geometryOf(width, scene.ranks !== null);
  const [first, last] = rowsOnScreen(scrollTop, height - AXIS, ROW, scene.rows.length);
  context.fillStyle = tokens.card;
  context.fillRect(0, 0, width, height);
  context.save();
  context.beginPath();
  context.rect(0, AXIS, width, height - AXIS);
  context.clip();
  drawRowGrounds(surface, scene, first, last);
  drawGrid(surface, scene, geometry);
  clipLane(surface, geometry, () => {
    drawBands(surface, scene, geometry);
    for (let row = first; row < last; row++) drawBar(surface, scene, geometry, row);
    drawPath(surface, scene, geometry);
    for (let row = first; row < last; row++) drawSlack(surface, scene, geometry, row);
    drawCuts(surface, scene, geometry);
    drawBrushAndNow(surface, scene, geometry);
  });
  for (let row = first; row < last; row++) drawName(surface, scene, geometry, row);
  context.restore();
  drawAxis(surface, scene, geometry);
}

/** The top edge of a row, in px of the canvas. */
export function rowTop(row: number, scrollTop: number): number {
  return AXIS + row * ROW - scrollTop;
}

function clipLane(surface: Surface, geometry: Geometry, paint: () => void): void {
  const { context, height } = surface;
  context.save();
  context.beginPath();
  context.rect(geometry.laneLeft - 6, AXIS, geometry.laneWidth + 22, height);
  context.clip();
  paint();
  context.restore();
}

function drawRowGrounds(
  { context, tokens, width, scrollTop }: Surface,
  scene: Scene,
  first: number,
  last: number,
): void {
  for (let row = first; row < last; row++) {
    const position = scene.rows[row] as number;
    const top = rowTop(row, scrollTop);
    const isSelected = position === scene.selected;
    if (isSelected || row === scene.hovered || scene.hits.has(position)) {
      context.fillStyle = isSelected ? tokens.sel : scene.hits.has(position) ? tokens.warnBg : tokens.hover;
      context.fillRect(0, top, width, ROW);
    }
    if (isSelected) {
      context.fillStyle = tokens.selLine;
      context.fillRect(0, top, 3, ROW);
    }
  }
}

/** The moments with a line; none inside a cut, where two would fall on one place. */
function marksOf({ view, warp }: Scene, geometry: Geometry): number[] {
  const marks = ticks(warp.from(view.from), warp.from(view.to), geometry.laneWidth / 96);
  return warp.cuts.length === 0 ? marks : marks.filter((at) => Math.abs(warp.from(warp.to(at)) - at) < 1);
}

function drawGrid({ context, tokens, height }: Surface, scene: Scene, geometry: Geometry): void {
  const x = placer(scene, geometry);
  context.strokeStyle = tokens.grid;
  context.lineWidth = 1;
  context.beginPath();
  for (const at of marksOf(scene, geometry)) {
    const left = Math.round(x(at)) + 0.5;
    context.moveTo(left, AXIS - 4);
    context.lineTo(left, height);
  }
  context.stroke();
}

function drawAxis({ context, tokens, width, height }: Surface, scene: Scene, geometry: Geometry): void {
  const x = placer(scene, geometry);
  context.font = `500 11px ${FONT}`;
  context.textBaseline = "alphabetic";
  context.textAlign = "left";
  context.fillStyle = tokens.subtle;
  context.fillText("Step", 14, 17);
  context.textAlign = "right";
  context.fillText("Time", geometry.nameWidth + TIME_RIGHT, 17);
  if (scene.ranks) context.fillText("Rank", geometry.laneLeft - 14, 17);
  const right = geometry.laneLeft + geometry.laneWidth;
  context.font = `550 10.5px ${FONT}`;
  context.fillStyle = tokens.ink;
  context.fillText(duration(scene.warp.from(scene.view.to)), right, 17);
  context.font = `400 10.5px ${FONT}`;
  context.fillStyle = tokens.subtle;
  for (const at of marksOf(scene, geometry)) {
    const left = x(at);
    if (right - left < 58 || left < geometry.laneLeft - 4) continue;
    context.textAlign = left - geometry.laneLeft < 20 ? "left" : "center";
    context.fillText(axisTime(at), left, 17);
  }
  context.fillStyle = tokens.line;
  context.fillRect(0, AXIS - 1, width, 1);
  context.fillRect(geometry.nameWidth, 0, 1, height);
  context.fillRect(geometry.laneLeft - 8, 0, 1, height);
}

const TIME_RIGHT = 66;

function drawBands({ context, tokens, height }: Surface, scene: Scene, geometry: Geometry): void {
  const x = placer(scene, geometry);
  for (const band of scene.bands) {
    const left = x(band.from);
    const right = x(band.to);
    context.fillStyle = tokens.band;
    context.fillRect(left, AXIS, Math.max(right - left, 1), height);
    context.strokeStyle = tokens.bandLine;
    context.lineWidth = 1;
    context.setLineDash([4, 3]);
    context.beginPath();
    for (const at of [left, right]) {
      context.moveTo(at, AXIS);
      context.lineTo(at, height);
    }
    context.stroke();
    context.setLineDash([]);
  }
}

function isOpenContainer(scene: Scene, row: number): boolean {
  const node = scene.tree.nodes[scene.rows[row] as number] as TreeNode;
  return node.isContainer && !scene.folded.has(node.id);
}

/** The one ink line: along the foot of each bar of the path, falling from row to row like stairs. */
function drawPath({ context, tokens, height, scrollTop }: Surface, scene: Scene, geometry: Geometry): void {
  const x = placer(scene, geometry);
  const stairs = new Path2D();
  const treads = new Path2D();
  let before: number | null = null;
  const [first, last] = pathInView(scene);
  for (let i = Math.max(0, first - 1); i < Math.min(scene.path.length, last + 1); i++) {
    const part = scene.path[i] as PathPart;
    const row = scene.pathRows[i] as number;
    if (row < 0) {
      before = null;
      continue;
    }
    const from = x(part.offset);
    // Own time of what contains others: the line goes on where the step before it ended, with nothing above it.
    const y: number = isOpenContainer(scene, row) && before !== null ? before : rowTop(row, scrollTop) + 15.5;
    if (before !== null && before !== y && !(Math.max(before, y) < AXIS || Math.min(before, y) > height)) {
      stairs.moveTo(from, before);
      stairs.lineTo(from, y);
    }
    before = y;
    if (y < AXIS || y > height) continue;
    treads.moveTo(from, y);
    treads.lineTo(x(part.offset + part.duration), y);
  }
  context.strokeStyle = tokens.card;
  context.lineWidth = 4.5;
  context.stroke(treads);
  context.strokeStyle = tokens.pole;
  context.lineWidth = 1.25;
  context.stroke(stairs);
  context.lineWidth = 2.5;
  context.stroke(treads);
}

function drawBrushAndNow({ context, tokens, height }: Surface, scene: Scene, geometry: Geometry): void {
  const x = placer(scene, geometry);
  if (scene.now !== null) {
    context.fillStyle = tokens.link;
    context.fillRect(Math.round(x(scene.now)), AXIS, 1, height);
  }
  if (scene.brush) {
    const left = x(scene.brush.from);
    context.fillStyle = tokens.sel;
    context.globalAlpha = 0.55;
    context.fillRect(left, AXIS, x(scene.brush.to) - left, height);
    context.globalAlpha = 1;
    context.strokeStyle = tokens.selLine;
    context.strokeRect(left + 0.5, AXIS - 1, x(scene.brush.to) - left, height);
  }
}

function drawName(surface: Surface, scene: Scene, geometry: Geometry, row: number): void {
  const { context, tokens, scrollTop } = surface;
  const position = scene.rows[row] as number;
  const node = scene.tree.nodes[position] as TreeNode;
  const top = rowTop(row, scrollTop);
  const middle = top + ROW / 2;
  const indent = Math.min(node.depth, 9);
  context.fillStyle = tokens.line;
  for (let depth = 1; depth <= indent; depth++) context.fillRect(20 + (depth - 1) * 14, top, 1, ROW);
  const left = 14 + indent * 14;
  if (node.hasChildren) drawFold(surface, left, middle, scene.folded.has(node.id));
  const after = drawSign(surface, node, left + 14, middle);
  const isStrong = node.type === "execution" || position === scene.selected;
  const limit = geometry.nameWidth - 8;
  context.textBaseline = "alphabetic";
  context.textAlign = "left";
  context.font = `${isStrong ? 600 : 400} 12px ${FONT}`;
  context.fillStyle = node.type === "skipped" ? tokens.muted : tokens.ink;
  const name = node.repeats > 0 ? `${node.name} ×${node.repeats}` : node.name;
  const shown = fitText(context, name, limit - after);
  context.fillText(shown, after, middle + 4);
  const noteLeft = after + context.measureText(shown).width + 6;
  if (node.note && limit - noteLeft > 24) {
    context.font = `400 11px ${FONT}`;
    const isBad = node.status === "failed" || node.status === "crashed";
    context.fillStyle = isBad ? tokens.bad : node.duration === null ? tokens.link : tokens.subtle;
    context.fillText(fitText(context, node.note, limit - noteLeft), noteLeft, middle + 4);
  }
  if (node.type === "skipped") return;
  context.font = `400 11.5px ${FONT}`;
  context.textAlign = "right";
  context.fillStyle = node.duration === null ? tokens.link : tokens.muted;
  context.fillText(
    node.duration === null ? openTime(node, scene) : duration(node.duration),
    geometry.nameWidth + TIME_RIGHT,
    middle + 4,
  );
  drawRank(surface, scene, geometry, node, middle);
}

/** Where gaps were cut out of the axis: a zigzag over all rows, and the time that was removed. */
function drawCuts({ context, tokens, height }: Surface, scene: Scene, geometry: Geometry): void {
  const { view, warp } = scene;
  const right = geometry.laneLeft + geometry.laneWidth;
  for (const { at, removed } of warp.cuts) {
    const left = geometry.laneLeft + ((at - view.from) / (view.to - view.from)) * geometry.laneWidth;
    if (left < geometry.laneLeft - 6 || left > right + 6) continue;
    const zigzag = new Path2D(`M${left} ${AXIS}`);
    for (let y = AXIS + 4, i = 0; y < height; y += 4, i++)
      zigzag.lineTo(left + (i % 2 === 0 ? 2.5 : -2.5), y);
    context.strokeStyle = tokens.card;
    context.lineWidth = 5;
    context.stroke(zigzag);
    context.strokeStyle = tokens.subtle;
    context.lineWidth = 1;
    context.stroke(zigzag);
    context.font = `500 10.5px ${FONT}`;
    context.textAlign = "center";
    const text = `−${duration(removed)}`;
    const half = context.measureText(text).width / 2 + 4;
    const middle = Math.min(right - half, Math.max(geometry.laneLeft + half, left));
    context.fillStyle = tokens.card;
    context.fillRect(middle - half, AXIS + 3, 2 * half, 14);
    context.fillStyle = tokens.muted;
    context.fillText(text, middle, AXIS + 14);
  }
}

/** Of how many percent of its like it is slower, from the 95th on in colour. */
function drawRank(
  { context, tokens }: Surface,
  scene: Scene,
  geometry: Geometry,
  node: TreeNode,
  middle: number,
): void {
  const rank = scene.ranks?.get(node.id);
  if (rank === undefined) return;
  const [ground, ink] =
    rank >= 99
      ? [tokens.badBg, tokens.bad]
      : rank >= 95
        ? [tokens.warnBg, tokens.warn]
        : [tokens.sunk, tokens.muted];
  const left = geometry.laneLeft - RANK_WIDTH - 2;
  context.fillStyle = ground;
  context.beginPath();
  context.roundRect(left, middle - 7, 30, 14, 4);
  context.fill();
  context.fillStyle = ink;
  context.font = `500 10.5px ${FONT}`;
  context.textAlign = "center";
  context.fillText(`p${rank}`, left + 15, middle + 4);
}

/** How long an open step has taken by now. */
function openTime(node: TreeNode, { now }: Scene): string {
  return now === null ? "open" : duration(Math.max(0, now - node.offset));
}

function drawFold({ context, tokens }: Surface, left: number, middle: number, isFolded: boolean): void {
  context.strokeStyle = tokens.muted;
  context.lineWidth = 1.4;
  context.stroke(
    new Path2D(isFolded ? `M${left + 3} ${middle - 4}l4 4-4 4` : `M${left + 1} ${middle - 2}l4 4 4-4`),
  );
}

/** A sign before the name: an agent's hexagon, a model's star, a failure's cross. Returns where the name begins. */
function drawSign({ context, tokens }: Surface, node: TreeNode, left: number, middle: number): number {
  let at = left;
  if (node.status === "crashed") {
    context.strokeStyle = tokens.bad;
    context.lineWidth = 1.3;
    context.stroke(new Path2D(`M${at + 4.5} ${middle - 5}l-4 5.800h3.200l-.6 4.200 4-5.800h-3.200z`));
    at += 12;
  } else if (["failed", "timeout"].includes(node.status)) {
    context.strokeStyle = node.status === "timeout" ? tokens.warn : tokens.bad;
    context.lineWidth = 1.6;
    context.stroke(new Path2D(`M${at} ${middle - 3.5}l7 7m0 -7l-7 7`));
    at += 12;
  }
  context.lineWidth = 1.3;
  if (node.type === "execution") {
    context.strokeStyle = tokens.muted;
    context.stroke(new Path2D(`M${at + 5} ${middle - 5.5}l5 2.8v5.4l-5 2.8-5-2.8v-5.4z`));
    return at + 15;
  }
  if (node.category === "llm") {
    context.fillStyle = tokens.gen;
    context.fill(
      new Path2D(`M${at + 5.5} ${middle - 6}l1.6 4.4 4.4 1.6-4.4 1.6-1.6 4.4-1.6-4.4-4.4-1.6 4.4-1.6z`),
    );
    return at + 15;
  }
  if (node.type === "skipped") {
    context.strokeStyle = tokens.subtle;
    context.stroke(new Path2D(`M${at} ${middle - 4}l5 4-5 4zM${at + 7.5} ${middle - 4}v8`));
    return at + 14;
  }
  return at;
}

const fitted = new Map<string, string>();

/** The text, or as much of it as fits with an ellipsis. */
function fitText(context: CanvasRenderingContext2D, text: string, width: number): string {
  const key = `${context.font}|${Math.round(width)}|${text}`;
  const known = fitted.get(key);
  if (known !== undefined) return known;
  let shown = text;
  if (context.measureText(text).width > width) {
    let low = 0;
    let high = text.length;
    while (low < high) {
      const half = (low + high + 1) >> 1;
      if (context.measureText(`${text.slice(0, half)}…`).width <= width) low = half;
      else high = half - 1;
    }
    shown = low > 0 ? `${text.slice(0, low)}…` : "";
  }
  if (fitted.size > 5_000) fitted.clear();
  fitted.set(key, shown);
  return shown;
}
