import type { Pulse, PulsePlace } from "../../api/views.gen";
import { AreaLine } from "../../charts/AreaLine";
import { axisTime, bigCount, clockTime, cost, megabytes, quantity, UNKNOWN } from "../../lib/format";

interface Shown {
  readonly name: string;
  readonly value: string;
  readonly note: string;
  readonly line: readonly (number | null)[];
}

/** What it took over time: tokens, cost, memory, and how many ran at once. */
export function ResourcesCard({ pulse }: { readonly pulse: Pulse }) {
  return (
    <section className="card resources" aria-label="Resource usage">
      {shownOf(pulse).map(({ name, value, note, line }) => (
        <div key={name}>
          <div className="top-line">
            <h2>{name}</h2>
            <b className={value === UNKNOWN ? "s" : "tn"}>{value}</b>
          </div>
          <div className="t12 m cut">{note}</div>
          <AreaLine values={line} height={50} label={`${name} over the time range`} />
        </div>
      ))}
    </section>
  );
}

const atOnce = (mean: number) =>
  mean > 0 && mean < 0.005 ? "<0.01" : quantity(Math.round(mean * 100) / 100);

function shownOf({ places, width_ns }: Pulse): Shown[] {
  const line = (of: (place: PulsePlace) => number | null) => places.map(of);
  const most = (of: (place: PulsePlace) => number | null) =>
    places.reduce<PulsePlace | null>(
      (best, place) => ((of(place) ?? -1) > ((best && of(best)) ?? -1) ? place : best),
      null,
    );
  const when = (place: PulsePlace | null) =>
    place ? clockTime(place.started_at, Date.now()).slice(0, -3) : "";
  const each = axisTime(width_ns);
  const tokens = most((place) => place.tokens);
  const money = most((place) => place.cost_usd);
  const memory = most((place) => place.memory_mb);
  const flight = most((place) => place.in_flight);
  return [
    {
      name: "Tokens, peak",
      value: bigCount(tokens?.tokens ?? null),
      note: tokens?.tokens == null ? "none told" : `in ${each}, ${when(tokens)}`,
      line: line((place) => place.tokens),
    },
    {
      name: "Cost, peak",
      value: cost(money?.cost_usd ?? null),
      note: money?.cost_usd == null ? "none told" : `in ${each}, ${when(money)}`,
      line: line((place) => place.cost_usd),
    },
    {
      name: "Memory, peak",
      value: megabytes(memory?.memory_mb ?? null),
      note: memory?.memory_mb == null ? "no execution told it" : `of one process, ${when(memory)}`,
      line: line((place) => place.memory_mb),
    },
    {
      name: "At once, peak",
      value: flight ? atOnce(flight.in_flight) : UNKNOWN,
      note: `on average over ${each}, ${when(flight)}`,
      line: line((place) => place.in_flight),
    },
  ];
}
