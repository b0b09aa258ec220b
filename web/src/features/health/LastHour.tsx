import type { HealthPoint } from "../../api/views.gen";
import { useWidth } from "../../charts/useWidth";
import { bytes, count, duration } from "../../lib/format";
import { barsOf, HOUR_MS } from "../../lib/hour";
import { epochMs, MILLISECOND } from "../../lib/time";

const HEIGHT = 44;
const LABELS = 168;
const TICKS = [60, 45, 30, 15, 0];

interface Row {
  readonly name: string;
  readonly of: (point: HealthPoint) => number | null;
  readonly show: (value: number) => string;
  readonly least: number;
  readonly colour: string;
}

const ROWS: readonly Row[] = [
  { name: "Taken in 10 s", of: (point) => point.accepted, show: count, least: 10, colour: "var(--join)" },
  { name: "Refused in 10 s", of: (point) => point.refused, show: count, least: 10, colour: "var(--bad)" },
  { name: "Missing", of: (point) => point.missing, show: count, least: 10, colour: "var(--bad)" },
  {
    name: "Waiting to be read",
    of: (point) => point.unread_bytes,
    show: bytes,
    least: 1_000_000,
    colour: "var(--queue)",
  },
  {
    name: "Longest commit",
    of: (point) => point.commit_ns,
    show: duration,
    least: 50 * MILLISECOND,
    colour: "var(--db)",
  },
  {
    name: "Event loop late by",
    of: (point) => point.loop_lag_ns,
    show: duration,
    least: 50 * MILLISECOND,
    colour: "var(--block)",
  },
];

/** Ten-second bars of the last hour, one row for each figure, all over one time axis. */
export function LastHour({ points }: { readonly points: readonly HealthPoint[] }) {
  const [ref, width] = useWidth(800);
  const last = points.at(-1);
  return (
    <section className="card" aria-label="The last hour">
      <div className="hd">
        <h2>The last hour</h2>
        <span className="m t12">kept in memory, in steps of ten seconds</span>
      </div>
      <div className="health-hour" ref={ref}>
        {last === undefined ? (
          <p className="m">The first ten seconds are not over yet.</p>
        ) : (
          <>
            {ROWS.map((row) => (
              <HourRow key={row.name} row={row} points={points} endMs={epochMs(last.at)} width={width} />
            ))}
            <div className="axis t11 s" aria-hidden="true">
              {TICKS.map((minutes) => (
                <span key={minutes}>{minutes ? `${minutes} min ago` : "now"}</span>
              ))}
            </div>
          </>
        )}
      </div>
    </section>
  );
}

interface RowProps {
  readonly row: Row;
  readonly points: readonly HealthPoint[];
  readonly endMs: number;
  readonly width: number;
}

function HourRow({ row, points, endMs, width }: RowProps) {
  const { bars, most } = barsOf(points, endMs, row.least, row.of);
  const values = points.map(row.of).filter((value) => value !== null);
  const highest = values.length ? Math.max(...values) : null;
  const told = highest === null ? "none" : highest === 0 ? "0" : row.show(highest);
  const room = Math.max(100, width - LABELS);
  const step = (room * 10_000) / HOUR_MS;
  return (
    <div className="row">
      <div>
        <div>{row.name}</div>
        <div className="t12 m">highest {told}</div>
      </div>
      <svg
        width={room}
        height={HEIGHT}
        role="img"
        aria-label={`${row.name} in the last hour: highest ${told}`}
      >
        <title>{`Full height: ${row.show(most)}`}</title>
        <path d={`M0 ${HEIGHT - 0.5}H${room}`} stroke="var(--line-2)" />
        {bars.map(({ at, height }) =>
          height ? (
            <rect
              key={at}
              x={Math.max(0, at * room - step)}
              width={Math.max(1.5, step - 0.5)}
              y={(1 - height) * (HEIGHT - 4) + 3}
              height={height * (HEIGHT - 4)}
              fill={row.colour}
            />
          ) : null,
        )}
      </svg>
    </div>
  );
}
