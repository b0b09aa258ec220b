import { duration } from "../lib/format";
import { rankOf, spreadOf } from "../lib/usual";
import "./chart.css";

interface Props {
  /** The 1st to the 99th percentile of its like, in ns. */
  readonly percentiles: readonly number[];
  readonly ns: number;
}

const BINS = 30;
const [WIDTH, HEIGHT, GAP] = [240, 30, 1];

/** How long its like take, as small bars on a logarithmic scale, and where this one stands: "you are here". */
export function UsualSpread({ percentiles, ns }: Props) {
  const { bars, at } = spreadOf(percentiles, ns, BINS);
  const most = Math.max(1, ...bars);
  const bar = WIDTH / BINS;
  const x = Math.min(WIDTH - 1, at * WIDTH);
  const words = `${duration(ns)} is longer than ${rankOf(percentiles, ns)} of 100 of its name, from ${duration(percentiles[0])} to ${duration(percentiles[98])}`;
  return (
    <svg
      className="usual-spread"
      viewBox={`0 0 ${WIDTH} ${HEIGHT + 13}`}
      width={WIDTH}
      height={HEIGHT + 13}
      role="img"
      aria-label={words}
    >
      <title>{words}</title>
      {bars.map((count, i) => (
        <rect
          // biome-ignore lint/suspicious/noArrayIndexKey: bins have no other name
          key={i}
          x={i * bar}
          y={HEIGHT - (count / most) * (HEIGHT - 4)}
          width={bar - GAP}
          height={(count / most) * (HEIGHT - 4)}
          fill="var(--line-2)"
        />
      ))}
      <line x1="0" x2={WIDTH} y1={HEIGHT} y2={HEIGHT} stroke="var(--line)" />
      <line x1={x} x2={x} y1="0" y2={HEIGHT} stroke="var(--pole)" strokeWidth="2" />
      <text
        x={x}
        y={HEIGHT + 11}
        textAnchor={at < 0.12 ? "start" : at > 0.88 ? "end" : "middle"}
        className="axis"
      >
        this one
      </text>
    </svg>
  );
}
