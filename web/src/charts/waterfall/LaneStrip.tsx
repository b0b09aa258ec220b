import { type PointerEvent, useLayoutEffect, useMemo, useRef, useState } from "react";
import type { Warp } from "../../lib/gaps";
import { clampView, packLanes, toTime, toX, type View } from "../../lib/layout";
import type { Tree, TreeNode } from "../../lib/tree";
import { FONT } from "../../ui/theme";
import { useTokens } from "../../ui/useTokens";
import { useWidth } from "../useWidth";
import { piecesOf } from "./bars";
import { geometryOf } from "./scene";
import type { Tiles } from "./tiles";
import { useTiles } from "./useTiles";
import "../chart.css";

interface Props {
  readonly tree: Tree;
  readonly whole: View;
  readonly view: View;
  readonly now: number | null;
  readonly warp: Warp;
  readonly hasRanks: boolean;
  readonly bands: readonly { readonly from: number; readonly to: number }[];
  readonly onView: (view: View) => void;
}

const MOST_LANES = 6;
const LANE = 11;
const PAD = 7;

interface Leaf {
  readonly node: TreeNode;
  readonly to: number;
  readonly lane: number;
}

/** All work of the whole execution in as few lanes as ran at once; drag to choose what the waterfall shows. */
export function LaneStrip({ tree, whole, view, now, warp, hasRanks, bands, onView }: Props) {
  const canvas = useRef<HTMLCanvasElement | null>(null);
  const [measure, width] = useWidth(900);
  const [drag, setDrag] = useState<{ from: number; to: number } | null>(null);
  const tokens = useTokens();
  const { leaves, atOnce } = useMemo(
    () => lanesOf(tree, now ?? warp.from(whole.to)),
    [tree, now, warp, whole.to],
  );
  const lanes = Math.min(MOST_LANES, Math.max(1, atOnce));
  const height = PAD * 2 + lanes * LANE;
  const { laneLeft, laneWidth } = geometryOf(width, hasRanks);
  const density = window.devicePixelRatio || 1;
  const tiles = useTiles(tokens, density);

  // The work is drawn once and copied: only the frame moves with the view.
  const copy = useMemo(() => document.createElement("canvas"), []);
  const work = useMemo(() => {
    const context = prepare(copy, width, height, density);
    if (!context) return { copy };
    const x = (ns: number) => toX(warp.to(ns), { from: 0, to: warp.length }, laneLeft, laneWidth);
    drawLanes(context, tokens, tiles, { leaves, atOnce, width, height, x, laneLeft, laneWidth });
    context.fillStyle = tokens.band;
    for (const band of bands)
      context.fillRect(x(band.from), PAD - 3, Math.max(1, x(band.to) - x(band.from)), height - 2 * PAD + 6);
    return { copy };
  }, [copy, tokens, tiles, leaves, atOnce, width, height, laneLeft, laneWidth, density, warp, bands]);

  useLayoutEffect(() => {
    const context = canvas.current && prepare(canvas.current, width, height, density);
    if (!context) return;
    context.drawImage(work.copy, 0, 0, width, height);
    const place = (at: number) => toX(at, whole, laneLeft, laneWidth);
    drawWindow(
      context,
      tokens,
      drag ?? { from: place(view.from), to: place(view.to) },
      height,
      laneLeft,
      laneWidth,
    );
  });

  const at = (event: PointerEvent) => event.clientX - (canvas.current?.getBoundingClientRect().left ?? 0);
  const finish = (event: PointerEvent) => {
    if (!drag) return;
    const [from, to] = [Math.min(drag.from, at(event)), Math.max(drag.from, at(event))];
    setDrag(null);
    if (to - from < 4) onView(whole);
    else
      onView(
        clampView(
          { from: toTime(from, whole, laneLeft, laneWidth), to: toTime(to, whole, laneLeft, laneWidth) },
          whole,
        ),
      );
  };
  return (
    <div ref={measure}>
      <canvas
        ref={canvas}
        className="overview-strip"
        style={{ width, height }}
        aria-label={`Lanes of work, up to ${atOnce} at once`}
        role="img"
        onPointerDown={(event) => {
          event.currentTarget.setPointerCapture(event.pointerId);
          setDrag({ from: at(event), to: at(event) });
        }}
        onPointerMove={(event) => drag && setDrag({ from: drag.from, to: at(event) })}
        onPointerUp={finish}
      />
    </div>
  );
}

/** A canvas of this size, ready to be drawn on; making it anew costs more than what is drawn. */
function prepare(
  canvas: HTMLCanvasElement,
  width: number,
  height: number,
  density: number,
): CanvasRenderingContext2D | null {
  const [wide, high] = [Math.round(width * density), Math.round(height * density)];
  if (canvas.width !== wide || canvas.height !== high) {
    canvas.width = wide;
    canvas.height = high;
  }
  const context = canvas.getContext("2d", { alpha: false });
  context?.setTransform(density, 0, 0, density, 0, 0);
  return context;
}

function lanesOf(tree: Tree, now: number): { leaves: readonly Leaf[]; atOnce: number } {
  const working = tree.nodes.filter(
    (node) => !node.isContainer && node.type !== "skipped" && node.type !== "outside",
  );
  const sorted = working
    .map((node) => ({
      node,
      from: node.offset,
      to: node.duration === null ? now : node.offset + node.duration,
    }))
    .sort((a, b) => a.from - b.from);
  const lanes = packLanes(sorted);
  const leaves = sorted.map(({ node, to }, i) => ({ node, to, lane: lanes[i] ?? 0 }));
  return { leaves, atOnce: lanes.reduce((most, lane) => Math.max(most, lane + 1), 0) };
}

interface Lanes {
  readonly leaves: readonly Leaf[];
  readonly atOnce: number;
  readonly width: number;
  readonly height: number;
  readonly x: (ns: number) => number;
  readonly laneLeft: number;
  readonly laneWidth: number;
}

/** The work of each lane; several pieces on one pixel are drawn once. */
function drawLanes(
  context: CanvasRenderingContext2D,
  tokens: ReturnType<typeof useTokens>,
  tiles: Tiles,
  lanes: Lanes,
): void {
  const { leaves, atOnce, width, height, x, laneLeft, laneWidth } = lanes;
  const pixel = 1 / (window.devicePixelRatio || 1);
  context.fillStyle = tokens.card;
  context.fillRect(0, 0, width, height);
  context.font = `500 11.5px ${FONT}`;
  context.fillStyle = tokens.subtle;
  context.fillText("Lanes", 14, 17);
  context.font = `400 11px ${FONT}`;
  if (height > 34) context.fillText(`up to ${atOnce} at once`, 14, 32);
  context.fillStyle = tokens.grid;
  for (let top = PAD; top < height - PAD; top += LANE) context.fillRect(laneLeft, top + 4, laneWidth, 1);
  const lastPixel: number[] = [];
  for (const { node, to, lane } of leaves) {
    const row = Math.min(lane, MOST_LANES - 1);
    if (x(to) < (lastPixel[row] ?? -1) + pixel) continue;
    lastPixel[row] = x(to);
    for (const piece of piecesOf(node, to)) {
      context.fillStyle = piece.kind === "unexplained" ? tokens.unx : tiles[piece.kind];
      context.fillRect(x(piece.from), PAD + row * LANE, Math.max(x(piece.to) - x(piece.from), 1), LANE - 2);
    }
  }
}

/** What the waterfall shows: a frame with two handles, the rest behind a veil. */
function drawWindow(
  context: CanvasRenderingContext2D,
  tokens: ReturnType<typeof useTokens>,
  shown: { readonly from: number; readonly to: number },
  height: number,
  laneLeft: number,
  laneWidth: number,
): void {
  const left = Math.max(Math.min(shown.from, shown.to), laneLeft);
  const right = Math.min(Math.max(shown.from, shown.to), laneLeft + laneWidth);
  context.globalAlpha = 0.7;
  context.fillStyle = tokens.card;
  context.fillRect(laneLeft, 3, left - laneLeft, height - 6);
  context.fillRect(right, 3, laneLeft + laneWidth - right, height - 6);
  context.globalAlpha = 1;
  context.lineWidth = 1;
  context.strokeStyle = tokens.line2;
  context.beginPath();
  context.roundRect(left - 0.5, 3.5, right - left + 1, height - 7, 3);
  context.stroke();
  context.fillStyle = tokens.card;
  context.strokeStyle = tokens.subtle;
  for (const at of [left, right]) {
    context.beginPath();
    context.roundRect(at - 2.5, height / 2 - 8, 5, 16, 2);
    context.fill();
    context.stroke();
  }
}
