// Pattern tiles for the canvas, drawn once per theme and screen density. The same looks as the SVG sheet.

import type { Kind } from "../../lib/shares";
import { FILLS, type Fill, type Tokens } from "../../ui/theme";

export type Tiles = Readonly<Record<Kind, string | CanvasPattern>>;

const SIZES: Readonly<Record<Fill["pattern"], number>> = {
  solid: 1,
  empty: 1,
  stripes: 6,
  backstripes: 6,
  hatch: 7,
  dots: 5,
  uprights: 4,
};
const ANGLES: Partial<Record<Fill["pattern"], number>> = { stripes: 45, backstripes: -45, hatch: 45 };

/** A fill per kind; solid kinds are plain colours. */
export function makeTiles(context: CanvasRenderingContext2D, tokens: Tokens, density: number): Tiles {
  const kinds = Object.keys(FILLS) as Kind[];
  return Object.fromEntries(
    kinds.map((kind) => [kind, makeTile(context, FILLS[kind], tokens, density)]),
  ) as Tiles;
}

function makeTile(
  context: CanvasRenderingContext2D,
  fill: Fill,
  tokens: Tokens,
  density: number,
): string | CanvasPattern {
  if (fill.pattern === "solid") return tokens[fill.front];
  if (fill.pattern === "empty" || fill.back === null) return "transparent";
  const size = SIZES[fill.pattern];
  const tile = document.createElement("canvas");
  tile.width = size * density;
  tile.height = size * density;
  const brush = tile.getContext("2d") as CanvasRenderingContext2D;
  brush.scale(density, density);
  brush.fillStyle = tokens[fill.back];
  brush.fillRect(0, 0, size, size);
  paint(brush, fill.pattern, tokens[fill.front], size);
  const pattern = context.createPattern(tile, "repeat");
  if (!pattern) return tokens[fill.front];
  pattern.setTransform(new DOMMatrix().rotate(ANGLES[fill.pattern] ?? 0).scale(1 / density));
  return pattern;
}

function paint(
  brush: CanvasRenderingContext2D,
  pattern: Fill["pattern"],
  colour: string,
  size: number,
): void {
  brush.fillStyle = colour;
  brush.strokeStyle = colour;
  if (pattern === "stripes") brush.fillRect(0, 0, 2, size);
  if (pattern === "backstripes") brush.fillRect(0, 0, 2.6, size);
  if (pattern === "uprights") brush.fillRect(0, 0, 1.5, size);
  if (pattern === "dots") {
    brush.beginPath();
    brush.arc(size / 2, size / 2, 1.25, 0, Math.PI * 2);
    brush.fill();
  }
  if (pattern === "hatch") {
    brush.lineWidth = 1.6;
    brush.strokeRect(0, 0, size * 2, size * 2);
  }
}
