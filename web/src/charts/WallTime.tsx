import { duration, percentFigure } from "../lib/format";
import type { Share } from "../lib/shares";
import { Segment, Swatch } from "./Patterns";
import { placeShares, sharesInWords } from "./ShareBar";
import "./chart.css";

export const LABEL_WIDTH = 92;

interface Props {
  readonly shares: readonly Share[];
  readonly width: number;
}

/** The big bar with its percents above it, and the legend with times below: every moment counted once. */
export function WallTime({ shares, width }: Props) {
  const barWidth = Math.max(10, width - LABEL_WIDTH - 14);
  return (
    <>
      <svg width={width} height={50} role="img" aria-label={sharesInWords(shares)}>
        <text x={14} y={37} className="axis-name">
          This run
        </text>
        {placeShares(shares, barWidth).map(({ share, x, width: own }) => (
          <g key={share.kind}>
            <Segment x={LABEL_WIDTH + x} y={19} width={own - 1.5} height={28} kind={share.kind} radius={2} />
            {own > 34 && (
              <text x={LABEL_WIDTH + x + own / 2} y={13} textAnchor="middle" className="share-label">
                {own > 46 ? percentFigure(share.percent) : share.percent.toFixed(1)}
              </text>
            )}
          </g>
        ))}
      </svg>
      <div className="legend" style={{ paddingLeft: LABEL_WIDTH }}>
        {shares.map((share) => (
          <div key={share.kind}>
            <div className="name">
              <Swatch kind={share.kind} /> {share.name}
            </div>
            <div className="value">
              {duration(share.ns)} <span>{percentFigure(share.percent)}</span>
            </div>
          </div>
        ))}
      </div>
    </>
  );
}
