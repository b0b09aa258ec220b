interface Props {
  /** One value a point, null where there is none. */
  readonly values: readonly (number | null)[];
  readonly width: number;
  readonly height: number;
  readonly label: string;
  /** The place from which on something changed, drawn as a line; -1 for nowhere. */
  readonly mark?: number;
}

/** A line as small as a word, from 0 to its highest value. */
export function Spark({ values, width, height, label, mark = -1 }: Props) {
  const most = Math.max(1e-9, ...values.map((value) => value ?? 0));
  const x = (at: number) => 1.5 + (values.length > 1 ? (at / (values.length - 1)) * (width - 3) : width / 2);
  const y = (value: number) => height - 1.5 - (value / most) * (height - 4);
  const points = values.flatMap((value, at) =>
    value === null ? [] : [`${x(at).toFixed(1)} ${y(value).toFixed(1)}`],
  );
  const last = values.findLastIndex((value) => value !== null);
  return (
    <svg width={width} height={height} role="img" aria-label={label}>
      {mark >= 0 && <path d={`M${x(mark)} 0V${height}`} stroke="var(--block)" strokeWidth="1" />}
      {points.length > 1 && (
        <path
          d={`M${points.join("L")}`}
          fill="none"
          stroke="var(--join)"
          strokeWidth="1.3"
          strokeLinejoin="round"
        />
      )}
      {last >= 0 && <circle cx={x(last)} cy={y(values[last] ?? 0)} r="2" fill="var(--join)" />}
    </svg>
  );
}
