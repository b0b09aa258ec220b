import { duration } from "../lib/format";

interface Props {
  readonly value: number;
  readonly p50: number | null;
  readonly p95: number | null;
}

const WIDTH = 104;

/** Where a duration lies against what is usual: the band from the median to the 95th percentile, and a dot. */
export function UsualDot({ value, p50, p95 }: Props) {
  if (p50 === null || p95 === null) return <span className="s t12">–</span>;
  const whole = Math.max(p95 * 1.9, 1);
  const x = (ns: number) => 4 + Math.min(1, ns / whole) * (WIDTH - 8);
  const isOver = value > p95;
  const words = `${duration(value)}, usual ${duration(p50)} to ${duration(p95)}`;
  return (
    <svg width={WIDTH} height={14} role="img" aria-label={words}>
      <title>{words}</title>
      <rect y="5" width={WIDTH} height="4" rx="2" fill="var(--sunk)" />
      <rect y="5" x={x(p50)} width={Math.max(1, x(p95) - x(p50))} height="4" fill="var(--line-2)" />
      <rect x={x(p50)} y="2" width="1" height="10" fill="var(--subtle)" />
      <circle cx={x(value)} cy="7" r="3" fill={isOver ? "var(--block)" : "var(--ink)"} />
    </svg>
  );
}
