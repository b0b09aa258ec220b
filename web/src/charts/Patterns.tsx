import type { Kind } from "../lib/shares";
import { FILLS } from "../ui/theme";

const css = (token: string) => `var(--${token.replace(/[A-Z]|\d/g, (sign) => `-${sign.toLowerCase()}`)})`;

/** The one sheet of patterns that every SVG on the page refers to. */
export function PatternSheet() {
  return (
    <svg width="0" height="0" style={{ position: "absolute" }} aria-hidden="true">
      <defs>
        <pattern
          id="p-waiting"
          width="6"
          height="6"
          patternUnits="userSpaceOnUse"
          patternTransform="rotate(45)"
        >
          <rect width="6" height="6" fill="var(--wait-bg)" />
          <rect width="2" height="6" fill="var(--wait)" />
        </pattern>
        <pattern
          id="p-retry"
          width="6"
          height="6"
          patternUnits="userSpaceOnUse"
          patternTransform="rotate(-45)"
        >
          <rect width="6" height="6" fill="var(--retry-bg)" />
          <rect width="2.6" height="6" fill="var(--retry)" />
        </pattern>
        <pattern
          id="p-blocked"
          width="7"
          height="7"
          patternUnits="userSpaceOnUse"
          patternTransform="rotate(45)"
        >
          <rect width="7" height="7" fill="var(--block)" />
          <path d="M0 0H7M0 0V7" stroke="var(--block-2)" strokeWidth="1.6" />
        </pattern>
        <pattern id="p-join" width="5" height="5" patternUnits="userSpaceOnUse">
          <rect width="5" height="5" fill="var(--join-bg)" />
          <circle cx="2.5" cy="2.5" r="1.25" fill="var(--join)" />
        </pattern>
        <pattern id="p-queue" width="4" height="4" patternUnits="userSpaceOnUse">
          <rect width="4" height="4" fill="var(--queue-bg)" />
          <rect width="1.5" height="4" fill="var(--queue)" />
        </pattern>
        <pattern id="p-idle" width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
          <rect width="1" height="5" fill="var(--line-2)" />
        </pattern>
      </defs>
    </svg>
  );
}

function fillOf(kind: Kind): string {
  const fill = FILLS[kind];
  if (fill.pattern === "empty") return "none";
  return fill.pattern === "solid" ? css(fill.front) : `url(#p-${kind})`;
}

interface SegmentProps {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly kind: Kind;
  readonly radius?: number;
}

/** One piece of a bar: at least a pixel wide, with the fill and outline of its kind. */
export function Segment({ x, y, width, height, kind, radius = 0 }: SegmentProps) {
  const outline = FILLS[kind].outline;
  const isOutlined = outline !== null && height > 4;
  const inset = isOutlined ? 0.5 : 0;
  return (
    <rect
      x={x + inset}
      y={y + inset}
      width={Math.max(Math.max(width, 1) - 2 * inset, 0.6)}
      height={height - 2 * inset}
      rx={radius}
      fill={fillOf(kind)}
      stroke={isOutlined ? css(outline) : undefined}
      strokeDasharray={kind === "unexplained" ? "2.5 2" : undefined}
    />
  );
}

/** A square of a kind's fill, for legends. */
export function Swatch({ kind, width = 11 }: { readonly kind: Kind; readonly width?: number }) {
  return (
    <svg width={width} height={11} aria-hidden="true" style={{ flex: "none" }}>
      <Segment x={0} y={0} width={width} height={11} kind={kind} radius={2} />
    </svg>
  );
}
