import { useMemo } from "react";
import type { Capacity, ResourceUse } from "../../api/views.gen";
import { ForecastLine } from "../../charts/ForecastLine";
import { count, shortDay } from "../../lib/format";
import { dayAfter } from "../../lib/period";
import { limitWords } from "./Said";

/** Calls of each day, and of the days to come with their interval. */
export function Chosen({ use, capacity }: { readonly use: ResourceUse; readonly capacity: Capacity }) {
  const { first_day } = capacity;
  const labels = useMemo(
    () => [
      ...use.calls_a_day.map((_, at) => shortDay(dayAfter(first_day ?? capacity.from_time, at))),
      ...use.forecast.map(({ day }) => `${shortDay(`${day}T12:00:00Z`)} expected`),
    ],
    [use, first_day, capacity.from_time],
  );
  return (
    <section className="card" aria-label="The chosen one over time">
      <div className="hd">
        <h2>
          {use.name}, {use.kind}
        </h2>
        <span className="m t12">
          {use.forecast.length > 0
            ? "calls a day; dashed is expected, the band holds with 80 % probability"
            : "calls a day; from 14 whole days on with what is expected"}
        </span>
        <span className="sp" />
        <span className="t12 m">{limitWords(use)}</span>
      </div>
      <ForecastLine
        labels={labels}
        past={use.calls_a_day}
        ahead={use.forecast}
        print={count}
        height={220}
        label={`Calls a day of ${use.name} and what is expected`}
      />
    </section>
  );
}
