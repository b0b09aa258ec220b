import { duration, percentFigure } from "../lib/format";
import type { Kind, Share } from "../lib/shares";
import { Segment, Swatch } from "./Patterns";
import { placeShares, sharesInWords } from "./ShareBar";
import "./chart.css";

export const LABEL_WIDTH = 92;

interface UsualShare {
  readonly kind: Kind;
  readonly percent: number;
}

interface Props {
  readonly shares: readonly Share[];
  readonly width: number;
  /** The usual shares, a second thin bar; none if nothing is usual. */
  readonly usual?: readonly UsualShare[];
  /** Kinds whose share is clearly over the usual one. */
  readonly over?: ReadonlySet<Kind>;
}

/** The big bar with its percents above it, the usual shares as a thin one, and the legend with times: every moment counted once. */
export function WallTime({ shares, width, usual = [], over }: Props) {
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
      {usual.length > 0 && <UsualBar usual={usual} width={width} barWidth={barWidth} />}
      <div className="legend" style={{ paddingLeft: LABEL_WIDTH }}>
        {shares.map((share) => (
          <div key={share.kind}>
            <div className="name">
              <Swatch kind={share.kind} /> {share.name}
            </div>
            <div className="value">
              {duration(share.ns)} <span>{percentFigure(share.percent)}</span>
            </div>
            {usual.length > 0 && (
              <div className="usual">
                usual {percentFigure(usual.find(({ kind }) => kind === share.kind)?.percent ?? 0)}
                {over?.has(share.kind) && <i title="At least 3 points over its usual share"> ▲</i>}
              </div>
            )}
          </div>
        ))}
      </div>
    </>
  );
}

function UsualBar({
  usual,
  width,
  barWidth,
}: {
  readonly usual: readonly UsualShare[];
  readonly width: number;
  readonly barWidth: number;
}) {
  let x = LABEL_WIDTH;
  const words = usual.map(({ kind, percent }) => `${kind} ${percentFigure(percent)}`).join(", ");
  return (
    <svg width={width} height={13} role="img" aria-label={`Usual shares: ${words}`}>
      <text x={14} y={10} className="axis-name usual-name">
        Usual
      </text>
      {usual.map(({ kind, percent }) => {
        const own = (percent / 100) * barWidth;
        const left = x;
        x += own;
        return (
          <Segment
            key={kind}
            x={left}
            y={3}
            width={Math.max(own - 1.5, 0.7)}
            height={7}
            kind={kind}
            radius={1}
          />
        );
      })}
    </svg>
  );
}
