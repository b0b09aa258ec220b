import type { Capacity, ResourceUse } from "../../api/views.gen";
import { clockTime, count, counted, percent, quantity } from "../../lib/format";

/** What runs most at once, and which limit is reached first. */
export function Said({ capacity }: { readonly capacity: Capacity }) {
  const [first] = capacity.resources;
  const limited = capacity.resources.filter((one) => one.limited > 0);
  const reached = capacity.resources
    .filter(({ limit }) => limit?.days !== null && limit?.days !== undefined)
    .sort((a, b) => (a.limit?.days ?? 0) - (b.limit?.days ?? 0))[0];
  return (
    <section className="card verdict" aria-label="How much runs at once">
      <p className="says">
        {first && (
          <>
            The {first.kind} <b>{first.name}</b> is busiest: {quantity(round(first.in_flight))} at once on
            average
            {first.peak_in_flight !== null && (
              <>
                , <b>{count(first.peak_in_flight)}</b> at most at {clockTime(first.busiest_hour, Date.now())}
              </>
            )}
            .{" "}
          </>
        )}
        {reached ? (
          <span className="warn">{limitWords(reached)}</span>
        ) : capacity.resources.some(({ limit }) => limit) ? (
          "No limit is expected to be reached within 90 days."
        ) : (
          "No limit is known."
        )}
      </p>
      <p className="m t12">
        {limited.length === 0
          ? "No call met a rate limit."
          : `${counted(
              limited.reduce((sum, one) => sum + one.limited, 0),
              "call",
            )} met a rate limit: ${limited.map((one) => `${one.name} ${count(one.limited)}`).join(", ")}.`}
      </p>
    </section>
  );
}

/** When the busiest hour of a day reaches the limit, in a sentence. */
export function limitWords({ name, limit }: ResourceUse): string {
  if (!limit) return "no limit is known";
  const calls = `${count(limit.calls_an_hour)} calls an hour${limit.is_seen ? " (read from refusals)" : ""}`;
  if (limit.days === 0) return `${name} has reached its limit of ${calls}.`;
  if (limit.days === null)
    return `${name} uses ${percent(limit.used_share)} of ${calls}; it holds for 90 days.`;
  const span =
    limit.earliest_days === null && limit.latest_days === null
      ? ""
      : ` (${limit.earliest_days ?? "now"} to ${limit.latest_days ?? "over 90"} with 80 % probability)`;
  return `${name} reaches ${calls} in ${counted(limit.days, "day")}${span}.`;
}

/** Three figures are enough for how many run at once. */
export const round = (value: number) => Number(value.toPrecision(3));
