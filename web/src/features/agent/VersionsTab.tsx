import { useQuery } from "@tanstack/react-query";
import { Link } from "wouter";
import { questionQuery } from "../../api/questions";
import type { AgentVersion, SetComparison } from "../../api/views.gen";
import { clockTime, cost, count, duration, NONE, percent, UNKNOWN } from "../../lib/format";
import { epochMs } from "../../lib/time";
import { Asked } from "../../ui/Asked";
import { type Column, DataTable } from "../../ui/DataTable";
import type { TabProps } from "./AgentTabs";

function columnsOf(now: number): readonly Column<AgentVersion>[] {
  return [
    {
      key: "version",
      title: "Version",
      by: ({ version }) => version,
      cell: ({ version }) => <b>{version ?? UNKNOWN}</b>,
    },
    {
      key: "first",
      title: "First",
      isNumber: true,
      by: ({ first_at }) => epochMs(first_at),
      cell: ({ first_at }) => clockTime(first_at, now),
    },
    {
      key: "last",
      title: "Last",
      isNumber: true,
      by: ({ last_at }) => epochMs(last_at),
      cell: ({ last_at }) => clockTime(last_at, now),
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
      key: "p95",
      title: "p95",
      isNumber: true,
      by: ({ p95_ns }) => p95_ns,
      cell: ({ p95_ns }) => duration(p95_ns),
    },
    {
      key: "success",
      title: "Success",
      isNumber: true,
      by: ({ success_rate }) => success_rate,
      cell: ({ success_rate }) => (success_rate === null ? NONE : percent(success_rate)),
    },
    {
      key: "skipped",
      title: "Skipped",
      isNumber: true,
      by: ({ skipped }) => skipped,
      cell: ({ skipped }) => (skipped ? count(skipped) : NONE),
    },
    {
      key: "cost",
      title: "Cost each",
      isNumber: true,
      by: ({ mean_cost_usd }) => mean_cost_usd,
      cell: ({ mean_cost_usd }) => cost(mean_cost_usd),
    },
  ];
}

/** The versions side by side, and what the latest changed against the one before it. */
export function VersionsTab({ asks, versions }: TabProps) {
  const [latest, before] = versions.flatMap(({ version }) => (version === null ? [] : [version]));
  return (
    <>
      {latest && before && <Latest agent={asks.agent} version={before} withVersion={latest} />}
      <DataTable
        label="Versions"
        columns={columnsOf(Date.now())}
        rows={versions}
        rowKey={({ version }) => version ?? ""}
      />
    </>
  );
}

interface LatestProps {
  readonly agent: string;
  readonly version: string;
  readonly withVersion: string;
}

function Latest({ agent, version, withVersion }: LatestProps) {
  const query = useQuery(
    questionQuery<SetComparison>("compare-sets", { agent, version, with_version: withVersion }),
  );
  const target = new URLSearchParams({ agent, version, with_version: withVersion });
  return (
    <Asked query={query} what="The comparison" heights={[40]}>
      {({ message }) => (
        <p className="pad">
          <b>
            {version} (A) against {withVersion} (B).
          </b>{" "}
          {message} <Link href={`/compare?${target}`}>Compare them step by step</Link>
        </p>
      )}
    </Asked>
  );
}
