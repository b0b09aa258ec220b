import { useMemo } from "react";
import { useSearch } from "wouter";
import type { Capacity, ResourceUse } from "../../api/views.gen";
import { Spark } from "../../charts/Spark";
import { withParts } from "../../lib/address";
import { clockTime, count, NONE, percent, quantity, signed, UNKNOWN } from "../../lib/format";
import { type Column, DataTable } from "../../ui/DataTable";
import { limitWords, round } from "./Said";

/** What a resource is called in the address. */
export const keyOf = ({ kind, name }: ResourceUse) => `${kind} ${name}`;

interface Props {
  readonly capacity: Capacity;
  readonly chosen: string;
}

/** Every agent, model and tool; a click shows one in the picture above. */
export function ResourcesTable({ capacity, chosen }: Props) {
  const search = useSearch();
  const columns = useMemo(() => columnsOf(), []);
  return (
    <section className="card" aria-label="Agents, models and tools">
      <div className="hd">
        <h2>Agents, models and tools</h2>
        <span className="m t12">those with most time in flight first</span>
      </div>
      <DataTable
        label="Agents, models and tools"
        columns={columns}
        rows={capacity.resources}
        rowKey={keyOf}
        href={(one) => `/capacity${withParts(search, { of: keyOf(one) })}`}
        isChosen={(one) => keyOf(one) === chosen}
        hasKeys
      />
    </section>
  );
}

function columnsOf(): Column<ResourceUse>[] {
  return [
    { key: "name", title: "Name", by: ({ name }) => name, cell: ({ name }) => <b>{name}</b> },
    { key: "kind", title: "What", by: ({ kind }) => kind, cell: ({ kind }) => kind },
    {
      key: "calls",
      title: "Calls",
      isNumber: true,
      by: ({ calls }) => calls,
      cell: ({ calls }) => count(calls),
    },
    {
      key: "flight",
      title: "At once",
      hint: "on average",
      isNumber: true,
      by: ({ in_flight }) => in_flight,
      cell: ({ in_flight }) => quantity(round(in_flight)),
    },
    {
      key: "peak",
      title: "At most",
      hint: "in its busiest hour",
      isNumber: true,
      by: ({ peak_in_flight }) => peak_in_flight,
      cell: ({ peak_in_flight }) => count(peak_in_flight),
    },
    {
      key: "busy",
      title: "Busiest hour",
      isNumber: true,
      by: ({ busiest_hour_calls }) => busiest_hour_calls,
      cell: ({ busiest_hour, busiest_hour_calls, busy_share }) => (
        <span title={busy_share === null ? "" : `busy for ${percent(busy_share)} of it`}>
          {count(busiest_hour_calls)} calls, {clockTime(busiest_hour, Date.now())}
        </span>
      ),
    },
    {
      key: "days",
      title: "Calls a day",
      cell: ({ calls_a_day, name }) => (
        <Spark values={calls_a_day} width={96} height={20} label={`Calls a day of ${name}`} />
      ),
    },
    {
      key: "growth",
      title: "Growth a week",
      isNumber: true,
      by: ({ growth_a_week }) => growth_a_week,
      cell: ({ growth_a_week }) =>
        growth_a_week === null
          ? UNKNOWN
          : signed(Math.abs(growth_a_week) < 0.0005 ? 0 : growth_a_week, percent),
    },
    {
      key: "limited",
      title: "Refused",
      hint: "calls that met a rate limit",
      isNumber: true,
      by: ({ limited }) => limited,
      cell: ({ limited }) => count(limited),
      className: ({ limited }) => (limited > 0 ? "warn" : ""),
    },
    {
      key: "limit",
      title: "Limit",
      by: ({ limit }) => limit?.days,
      cell: (use) => (use.limit ? limitWords(use) : NONE),
    },
  ];
}
