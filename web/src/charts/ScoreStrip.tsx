import { score as printed } from "../lib/format";
import "./chart.css";

export interface StripDot {
  readonly id: string;
  readonly score: number;
  readonly hasFired: boolean;
  readonly label: string;
}

interface Props {
  readonly dots: readonly StripDot[];
  readonly threshold: number | null;
  /** The one that is asked about. */
  readonly chosen: StripDot | null;
  readonly width: number;
}

const EDGE = 16;
const LINE = 50;

/** Scores on one line against the threshold: filled dots fired, hollow ones did not; the one asked about is named. */
export function ScoreStrip({ dots, threshold, chosen, width }: Props) {
  const most = Math.max(1, threshold ?? 0, ...dots.map(({ score }) => score));
  const x = (value: number) => EDGE + (Math.max(0, value) / most) * (width - 2 * EDGE);
  const fired = dots.filter(({ hasFired }) => hasFired).length;
  const isRight = chosen !== null && threshold !== null && chosen.score > threshold;
  return (
    <svg width={width} height={84} role="img" aria-label={`${dots.length} scores, ${fired} of them fired`}>
      <path d={`M${EDGE} ${LINE}H${width - EDGE}`} stroke="var(--line-2)" />
      {stacked(dots, x).map(({ dot, at, up }) => (
        <circle
          key={dot.id}
          cx={at}
          cy={LINE - 5 - up * 8}
          r={3.2}
          fill={dot.hasFired ? "var(--gen)" : "var(--card)"}
          stroke={dot.hasFired ? "var(--gen)" : "var(--join)"}
          strokeWidth={1.4}
        >
          <title>{dot.label}</title>
        </circle>
      ))}
      {threshold !== null && (
        <>
          <path
            d={`M${x(threshold)} 14V${LINE + 8}`}
            stroke="var(--ink)"
            strokeWidth={1.5}
            strokeDasharray="3 2"
          />
          <text
            x={x(threshold) + (isRight ? -5 : 5)}
            y={12}
            textAnchor={isRight ? "end" : "start"}
            className="part"
          >
            {`threshold ${printed(threshold)}`}
          </text>
        </>
      )}
      {chosen && (
        <>
          <path d={`M${x(chosen.score)} ${LINE + 2}l5 8h-10z`} fill="var(--block)" />
          {threshold !== null && chosen.score < threshold && (
            <rect
              x={x(chosen.score)}
              y={LINE + 3}
              width={Math.max(1, x(threshold) - x(chosen.score))}
              height={5}
              fill="url(#p-retry)"
            />
          )}
          <text
            x={Math.min(Math.max(x(chosen.score), 60), width - 60)}
            y={LINE + 25}
            textAnchor="middle"
            className="part"
          >
            {`this one ${printed(chosen.score)}`}
          </text>
        </>
      )}
      <text x={EDGE} y={LINE + 25} textAnchor="middle" className="axis">
        0
      </text>
      <text x={width - EDGE} y={LINE + 25} textAnchor="middle" className="axis">
        {printed(most).replace(".00", "")}
      </text>
    </svg>
  );
}

/** Dots that would lie on each other stand on each other. */
function stacked(dots: readonly StripDot[], x: (value: number) => number) {
  const heights = new Map<number, number>();
  return dots.map((dot) => {
    const at = x(dot.score);
    const place = Math.round(at / 7);
    const up = heights.get(place) ?? 0;
    heights.set(place, up + 1);
    return { dot, at, up: Math.min(up, 4) };
  });
}
