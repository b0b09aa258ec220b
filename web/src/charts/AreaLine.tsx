import { useWidth } from "./useWidth";

interface Props {
  readonly values: readonly (number | null)[];
  readonly height: number;
  readonly label: string;
}

/** A line with its ground filled, as wide as its place, from 0 to its highest value. */
export function AreaLine({ values, height, label }: Props) {
  const [ref, width] = useWidth(240);
  const most = Math.max(1e-9, ...values.map((value) => value ?? 0));
  const x = (at: number) => (values.length > 1 ? (at / (values.length - 1)) * width : width / 2);
  const y = (value: number) => height - (value / most) * (height - 5);
  const points = values.flatMap((value, at) =>
    value === null ? [] : [[x(at).toFixed(1), y(value).toFixed(1)] as const],
  );
  const line = points.map((point) => point.join(" ")).join("L");
  return (
    <div ref={ref} className="area-line">
      <svg width={width} height={height} role="img" aria-label={label}>
        {points.length > 1 && (
          <>
            <path
              d={`M${points[0]?.[0]} ${height}L${line}L${points.at(-1)?.[0]} ${height}Z`}
              fill="var(--gen)"
              opacity="0.1"
            />
            <path d={`M${line}`} fill="none" stroke="var(--gen)" strokeWidth="1.4" strokeLinejoin="round" />
          </>
        )}
      </svg>
    </div>
  );
}
