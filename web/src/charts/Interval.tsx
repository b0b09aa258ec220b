interface Props {
  /** A change and the ends of its interval; null where it cannot be said. */
  readonly change: number | null;
  readonly low: number | null;
  readonly high: number | null;
  /** The largest distance from 0 that fits. */
  readonly most: number;
  /** Whether more than 0 is worse; null is neither. */
  readonly isMoreWorse: boolean | null;
  readonly isCertain: boolean;
  readonly width: number;
  readonly label: string;
}

/** A change as a dot on a line through 0, with how sure it is as the bar around it. */
export function Interval({ change, low, high, most, isMoreWorse, isCertain, width, label }: Props) {
  const middle = width / 2;
  const x = (value: number) => middle + Math.max(-1, Math.min(1, value / (most || 1))) * (middle - 5);
  const isWorse = isMoreWorse !== null && change !== null && change !== 0 && change > 0 === isMoreWorse;
  const colour = !isCertain || isMoreWorse === null ? "var(--join)" : isWorse ? "var(--bad)" : "var(--good)";
  return (
    <svg width={width} height={14} role="img" aria-label={label}>
      <path d={`M5 7H${width - 5}`} stroke="var(--line)" />
      <path d={`M${middle} 1V13`} stroke="var(--line-2)" strokeWidth="1.2" />
      {low !== null && high !== null && (
        <rect
          x={x(low)}
          y={4.5}
          width={Math.max(2, x(high) - x(low))}
          height={5}
          rx={2.5}
          fill={colour}
          opacity={0.3}
        />
      )}
      {change !== null && (
        <circle
          cx={x(change)}
          cy={7}
          r={3.5}
          fill={isCertain ? colour : "var(--card)"}
          stroke={colour}
          strokeWidth={1.5}
        />
      )}
    </svg>
  );
}
