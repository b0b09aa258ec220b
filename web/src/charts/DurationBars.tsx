import { duration } from "../lib/format";
import "./chart.css";

interface Bar {
  readonly from_ns: number;
  readonly to_ns: number;
  readonly share: number;
}

interface Props {
  readonly bars: readonly Bar[];
  readonly own: number;
  readonly p50: number | null;
  readonly p95: number | null;
  readonly width: number;
  /** What the marked one is called. */
  readonly name: string;
}

const HEIGHT = 34;

/** How long others took, as bars, with the median, the 95th percentile, and where this one lies. */
export function DurationBars({ bars, own, p50, p95, width, name }: Props) {
  const end = bars.at(-1)?.to_ns ?? 1;
  const most = Math.max(...bars.map(({ share }) => share), 1e-9);
  const x = (ns: number) => Math.min(width - 1, (ns / end) * width);
  const labels = p50 !== null && p95 !== null && x(p95) - x(p50) > 78;
  const words = `Others: p50 ${duration(p50)}, p95 ${duration(p95)}; ${name}: ${duration(own)}`;
  return (
    <svg width={width} height={HEIGHT + 28} role="img" aria-label={words} className="duration-bars">
      {bars.map((bar) => {
        const height = bar.share > 0 ? Math.max(1, (bar.share / most) * HEIGHT) : 0;
        return (
          <rect
            key={bar.from_ns}
            x={x(bar.from_ns)}
            y={12 + HEIGHT - height}
            width={Math.max(1, x(bar.to_ns) - x(bar.from_ns) - 0.8)}
            height={height}
            className={bar.to_ns > own && bar.from_ns <= own ? "bar own" : "bar"}
          />
        );
      })}
      <line x1={0} x2={width} y1={12.5 + HEIGHT} y2={12.5 + HEIGHT} className="ground" />
      {p50 !== null && <line x1={x(p50)} x2={x(p50)} y1={14} y2={12 + HEIGHT} className="mark" />}
      {p95 !== null && <line x1={x(p95)} x2={x(p95)} y1={14} y2={12 + HEIGHT} className="mark" />}
      <line x1={x(own)} x2={x(own)} y1={4} y2={12 + HEIGHT} className="own-mark" />
      <text
        x={x(own) > width / 2 ? x(own) - 5 : x(own) + 5}
        y={11}
        textAnchor={x(own) > width / 2 ? "end" : "start"}
        className="own-name"
      >
        {name}
      </text>
      {p50 !== null && (
        <text
          x={x(p50)}
          y={HEIGHT + 25}
          textAnchor={x(p50) < 34 ? "start" : labels ? "middle" : "end"}
          className="axis"
        >
          p50 {duration(p50)}
        </text>
      )}
      {p95 !== null && (
        <text
          x={x(p95) + (labels ? 0 : 5)}
          y={HEIGHT + 25}
          textAnchor={width - x(p95) < 40 ? "end" : labels ? "middle" : "start"}
          className="axis"
        >
          p95 {duration(p95)}
        </text>
      )}
    </svg>
  );
}
