interface Props {
  readonly score: number | null;
  readonly threshold: number | null;
  readonly hasFired: boolean;
  readonly width: number;
}

/** A score on 0 to 1 against its threshold: a filled dot fired, a hollow one did not. */
export function ScoreLine({ score, threshold, hasFired, width }: Props) {
  const inner = width - 10;
  const most = Math.max(1, score ?? 0, threshold ?? 0);
  const x = (value: number) => 5 + (Math.max(0, value) / most) * inner;
  const colour = hasFired ? "var(--gen)" : "var(--join)";
  return (
    <svg width={width} height="14" aria-hidden="true">
      <rect x="5" y="5.500" width={inner} height="3" rx="1.5" fill="var(--line-2)" />
      {score !== null && (
        <>
          <rect x="5" y="5" width={x(score) - 5} height="4" rx="2" fill={colour} />
          <circle
            cx={x(score)}
            cy="7"
            r="3.500"
            fill={hasFired ? colour : "var(--card)"}
            stroke={colour}
            strokeWidth="1.5"
          />
        </>
      )}
      {threshold !== null && <path d={`M${x(threshold)} 0V14`} stroke="var(--ink)" strokeWidth="1.5" />}
    </svg>
  );
}
