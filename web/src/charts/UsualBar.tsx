import { duration } from "../lib/format";

interface Props {
  readonly value: number;
  readonly p50: number | null;
  readonly p95: number | null;
  readonly tone: "usual" | "over" | "lost";
}

const COLOURS = { usual: "var(--gen)", over: "var(--retry)", lost: "var(--block)" } as const;

/** How far something is against how long it usually takes: a bar, marks at the median and the 95th percentile. */
export function UsualBar({ value, p50, p95, tone }: Props) {
  const whole = Math.max(value * 1.08, (p95 ?? 0) * 1.25, (p50 ?? 0) * 1.5, 1);
  const share = (part: number) => `${Math.min(100, (part / whole) * 100)}%`;
  const words =
    p50 === null
      ? `${duration(value)}, not known what is usual`
      : `${duration(value)}, usual ${duration(p50)} to ${duration(p95)}`;
  return (
    <svg className="usual-bar" width="100%" height="15" role="img" aria-label={words}>
      <rect y="4" width="100%" height="6" rx="3" fill="var(--sunk)" />
      {p50 !== null && p95 !== null && (
        <rect y="4" x={share(p50)} width={share(Math.max(0, p95 - p50))} height="6" fill="var(--line-2)" />
      )}
      <rect y="4" width={share(value)} height="6" rx="3" fill={COLOURS[tone]} />
      {[p50, p95].map(
        (mark, at) =>
          mark !== null && (
            // biome-ignore lint/suspicious/noArrayIndexKey: the first is the median, the second the 95th percentile
            <rect key={at} x={share(mark)} y="1" width="1.5" height="12" fill="var(--ink)" />
          ),
      )}
    </svg>
  );
}
