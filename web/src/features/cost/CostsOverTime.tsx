import { useQueries, useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { questionQuery, type Wishes } from "../../api/questions";
import type { Costs } from "../../api/views.gen";
import { type Stack, StackedBars } from "../../charts/StackedBars";
import type { ListAddress } from "../../lib/address";
import { cost, shortDay } from "../../lib/format";

interface Props {
  readonly days: Costs;
  readonly by: "agent" | "model";
  readonly wishes: Wishes;
  readonly address: ListAddress;
}

const MOST = 5;

/** Cost of each day (UTC), cut into the dearest agents or models. */
export function CostsOverTime({ days, by, wishes, address }: Props) {
  const parts = useQuery(questionQuery<Costs>("costs", { ...wishes, by, limit: "100" }, address)).data?.parts;
  const names = useMemo(
    () => (parts ?? []).flatMap(({ name }) => (name === null ? [] : [name])).slice(0, MOST),
    [parts],
  );
  const each = useQueries({
    queries: names.map((name) =>
      questionQuery<Costs>("costs", { ...wishes, [by]: name, by: "day", limit: "400" }, address),
    ),
    combine: (found) => found.map(({ data }) => data),
  });
  const labels = useMemo(() => days.parts.map(({ name }) => shortDay(`${name}T12:00:00Z`)), [days]);
  const stacks = useMemo((): Stack[] => {
    const told = each.map((costs, at) => {
      const byDay = new Map(costs?.parts.map(({ name, cost_usd }) => [name, cost_usd ?? 0]));
      return { name: names[at] ?? "", values: days.parts.map(({ name }) => byDay.get(name) ?? 0) };
    });
    const rest = days.parts.map(({ cost_usd }, at) =>
      Math.max(0, (cost_usd ?? 0) - told.reduce((sum, { values }) => sum + (values[at] ?? 0), 0)),
    );
    return rest.some((value) => value > 1e-6) ? [...told, { name: "others", values: rest }] : told;
  }, [each, names, days]);
  return (
    <section className="card" aria-label="Cost over time">
      <div className="hd">
        <h2>Cost of each day</h2>
        <span className="m t12">by {by}, days in UTC</span>
      </div>
      <StackedBars
        labels={labels}
        stacks={stacks}
        print={cost}
        height={240}
        label={`Cost of each day by ${by}`}
      />
    </section>
  );
}
