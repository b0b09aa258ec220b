import { duration, percentFigure } from "../lib/format";
import type { Share } from "../lib/shares";
import { Segment } from "./Patterns";

interface Props {
  readonly shares: readonly Share[];
  readonly width: number;
  readonly height: number;
  /** Space between pieces in px. */
  readonly gap?: number;
  readonly y?: number;
}

/** The shares in words, for people who do not see the bar. */
export function sharesInWords(shares: readonly Share[]): string {
  return shares
    .map((share) => `${share.name} ${percentFigure(share.percent)} (${duration(share.ns)})`)
    .join(", ");
}

/** Left edge and width in px of each share; together they are the whole width. */
export function placeShares(
  shares: readonly Share[],
  width: number,
): { share: Share; x: number; width: number }[] {
  const whole = shares.reduce((sum, share) => sum + share.ns, 0);
  let x = 0;
  return shares.map((share) => {
    const own = whole > 0 ? (share.ns / whole) * width : 0;
    const placed = { share, x, width: own };
    x += own;
    return placed;
  });
}

/** One bar that is the whole time, cut into kinds. */
export function ShareBar({ shares, width, height, gap = 0.7 }: Props) {
  return (
    <svg width={width} height={height} role="img" aria-label={sharesInWords(shares)}>
      {placeShares(shares, width).map(({ share, x, width: own }) => (
        <Segment
          key={share.kind}
          x={x}
          y={0}
          width={Math.max(own - gap, 0.7)}
          height={height}
          kind={share.kind}
          radius={1}
        />
      ))}
    </svg>
  );
}
