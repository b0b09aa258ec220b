import type { AuditTrendPoint } from "../../api/views.gen";
import { percent } from "../../lib/format";

const WIDTH = 8;
const HEIGHT = 22;

/** In how many of the executions the place ran, an eighth of the period each: tall is all of them. */
export function RanTrend({ trend }: { readonly trend: readonly AuditTrendPoint[] }) {
  const shares = trend.map(({ executions, ran }) => (executions > 0 ? ran / executions : null));
  if (!shares.some((share) => share)) return <span />;
  const words = shares.map((share) => (share === null ? "nothing ran" : percent(share))).join(", ");
  return (
    <svg
      width={trend.length * WIDTH}
      height={HEIGHT}
      role="img"
      aria-label={`Share of executions in which it ran, over time: ${words}`}
    >
      {trend.map(({ from_time }, at) => {
        const share = shares[at] ?? null;
        const height = share === null ? 0 : Math.max(1, share * HEIGHT);
        return (
          <rect
            key={from_time}
            x={at * WIDTH}
            y={HEIGHT - height}
            width={WIDTH - 2}
            height={height}
            rx={1}
            fill="var(--queue)"
          />
        );
      })}
    </svg>
  );
}
