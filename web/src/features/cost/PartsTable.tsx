import { useMemo } from "react";
import type { CostPart, Costs } from "../../api/views.gen";
import { withParts } from "../../lib/address";
import { bigCount, cost, count, percent } from "../../lib/format";
import { type Column, DataTable } from "../../ui/DataTable";

interface Props {
  readonly costs: Costs;
  readonly range: string;
}

const LINKED = ["agent", "model", "user", "session", "version", "environment"];

/** Every part with its calls, tokens and cost. */
export function PartsTable({ costs, range }: Props) {
  const columns = useMemo(() => columnsOf(costs.by), [costs.by]);
  return (
    <section className="card" aria-label="Costs">
      <div className="hd">
        <h2>By {costs.by}</h2>
        <span className="m t12">
          {costs.by === "user" || costs.by === "session"
            ? "whole trees of executions, with all agents that were called"
            : "model calls of their own"}
          {costs.parts_left_out > 0 && `; ${count(costs.parts_left_out)} more are left out`}
        </span>
      </div>
      <DataTable
        label={`Costs by ${costs.by}`}
        columns={columns}
        rows={costs.parts}
        rowKey={({ name }) => name ?? "not told"}
        href={({ name }) =>
          name !== null && LINKED.includes(costs.by)
            ? `/executions${withParts(range, { [costs.by]: name })}`
            : null
        }
        hasKeys
        maxHeight={520}
      />
    </section>
  );
}

function columnsOf(by: string): Column<CostPart>[] {
  const tokens = (
    key: "input_tokens" | "cache_read_tokens" | "output_tokens",
    title: string,
  ): Column<CostPart> => ({
    key,
    title,
    isNumber: true,
    by: (part) => part[key],
    cell: (part) => bigCount(part[key]),
  });
  return [
    { key: "name", title: by, by: ({ name }) => name, cell: ({ name }) => <b>{name ?? "not told"}</b> },
    {
      key: "cost",
      title: "Cost",
      isNumber: true,
      by: ({ cost_usd }) => cost_usd,
      cell: ({ cost_usd }) => cost(cost_usd),
    },
    {
      key: "share",
      title: "Share",
      isNumber: true,
      by: ({ share }) => share,
      cell: ({ share }) => percent(share),
    },
    {
      key: "each",
      title: "A call",
      isNumber: true,
      by: each,
      cell: (part) => cost(each(part)),
    },
    {
      key: "calls",
      title: "Calls",
      isNumber: true,
      by: ({ calls }) => calls,
      cell: ({ calls }) => count(calls),
    },
    tokens("input_tokens", "Tokens in"),
    tokens("cache_read_tokens", "From cache"),
    tokens("output_tokens", "Tokens out"),
    {
      key: "unpriced",
      title: "Without cost",
      isNumber: true,
      by: ({ calls_without_cost }) => calls_without_cost,
      cell: ({ calls_without_cost }) => count(calls_without_cost),
      className: ({ calls_without_cost }) => (calls_without_cost > 0 ? "warn" : ""),
    },
  ];
}

const each = ({ cost_usd, calls, calls_without_cost }: CostPart) =>
  cost_usd === null || calls <= calls_without_cost ? null : cost_usd / (calls - calls_without_cost);
