import { type UseQueryResult, useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { Link, useSearch } from "wouter";
import { questionQuery, type Wishes } from "../../api/questions";
import type { Opportunities, UsualAgent, UsualAgents } from "../../api/views.gen";
import { ShareBar } from "../../charts/ShareBar";
import { onlyRange } from "../../lib/address";
import { cost, count, duration, NONE, percent, signed } from "../../lib/format";
import { sharesOf } from "../../lib/shares";
import { Asked } from "../../ui/Asked";
import { type Column, DataTable } from "../../ui/DataTable";
import type { Times } from "./OverviewPage";

interface Props {
  readonly query: UseQueryResult<UsualAgents>;
  readonly wishes: Wishes;
  readonly times: Times;
}

type Row = UsualAgent & { readonly saving: number | null };

/** One row an agent: how often, how long, how well, what it costs, where its time goes. */
export function AgentsCard({ query, wishes, times }: Props) {
  const range = onlyRange(useSearch());
  const found = useQuery(
    questionQuery<Opportunities>("opportunities", { ...wishes, limit: "50" }, times),
  ).data;
  const savings = useMemo(() => savingsOf(found), [found]);
  return (
    <section className="card" aria-label="Agents">
      <div className="hd">
        <h2>Agents</h2>
        <span className="sp" />
        <Link className="t12" href={`/agents${range}`}>
          All
        </Link>
      </div>
      <Asked query={query} what="The agents" heights={[280]}>
        {({ agents }) => (
          <DataTable
            label="Agents"
            name="agents"
            columns={COLUMNS}
            rows={agents
              .filter(({ agent }) => !wishes.agent || agent === wishes.agent)
              .map((agent) => ({ ...agent, saving: savings.get(agent.agent) ?? null }))}
            rowKey={({ agent }) => agent}
            href={({ agent }) => `/agents/${encodeURIComponent(agent)}${range}`}
            maxHeight={420}
          />
        )}
      </Asked>
    </section>
  );
}

/** What the best finding of each agent saves in one execution. */
function savingsOf(found: Opportunities | undefined): Map<string, number> {
  const savings = new Map<string, number>();
  for (const one of found?.opportunities ?? []) {
    const each = one.saving_ns / Math.max(1, one.executions);
    if (each > (savings.get(one.agent) ?? 0)) savings.set(one.agent, each);
  }
  return savings;
}

const share = (value: number | null) => (value ? percent(value) : NONE);

const COLUMNS: readonly Column<Row>[] = [
  {
    key: "agent",
    title: "Agent",
    by: ({ agent }) => agent,
    cell: ({ agent, is_slower, is_faster }) => (
      <span className="agent-name">
        <Link className="strong-link cut" href={`/agents/${encodeURIComponent(agent)}`} title={agent}>
          {agent}
        </Link>
        {is_slower && <span className="chip bad">slower</span>}
        {is_faster && <span className="chip good">faster</span>}
      </span>
    ),
  },
  {
    key: "now",
    title: "Now",
    isNumber: true,
    by: ({ running }) => running,
    cell: ({ running }) => (running ? count(running) : NONE),
  },
  {
    key: "runs",
    title: "Runs",
    isNumber: true,
    by: ({ executions }) => executions,
    cell: ({ executions }) => count(executions),
  },
  {
    key: "p50",
    title: "p50",
    isNumber: true,
    by: ({ p50_ns }) => p50_ns,
    cell: ({ p50_ns }) => duration(p50_ns),
  },
  {
    key: "change",
    title: "Change",
    hint: "Of the median against the period before",
    isNumber: true,
    by: ({ p50_change }) => p50_change,
    className: ({ is_slower }) => (is_slower ? "bad" : "m"),
    cell: ({ p50_change }) => (p50_change === null ? NONE : signed(p50_change, percent)),
  },
  {
    key: "p95",
    title: "p95",
    isNumber: true,
    by: ({ p95_ns }) => p95_ns,
    cell: ({ p95_ns }) => duration(p95_ns),
  },
  {
    key: "failed",
    title: "Failed",
    isNumber: true,
    by: ({ failed_share }) => failed_share,
    className: ({ failed_share }) => ((failed_share ?? 0) >= 0.1 ? "bad" : ""),
    cell: ({ failed_share }) => share(failed_share),
  },
  {
    key: "skipped",
    title: "Skipped",
    isNumber: true,
    by: ({ skipped_share }) => skipped_share,
    className: () => "m",
    cell: ({ skipped_share }) => share(skipped_share),
  },
  {
    key: "time",
    title: "Where the time goes",
    cell: ({ category_ns }) => <ShareBar shares={sharesOf(category_ns)} width={112} height={9} />,
  },
  {
    key: "cost",
    title: "Cost",
    isNumber: true,
    by: ({ cost_usd }) => cost_usd,
    className: ({ cost_usd }) => (cost_usd === null ? "s" : ""),
    cell: ({ cost_usd }) => cost(cost_usd),
  },
  {
    key: "saving",
    title: "Best saving",
    hint: "What the best finding would have saved in one execution",
    isNumber: true,
    by: ({ saving }) => saving,
    cell: ({ saving }) => (saving === null ? NONE : <b>{duration(-saving)}</b>),
  },
];
