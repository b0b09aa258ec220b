import { useQuery } from "@tanstack/react-query";
import { questionQuery } from "../../api/questions";
import type { PathPattern, Patterns } from "../../api/views.gen";
import { cost, count, duration, NONE, percent, shortId } from "../../lib/format";
import { Asked } from "../../ui/Asked";
import { type Column, DataTable } from "../../ui/DataTable";
import type { TabProps } from "./AgentTabs";

const COLUMNS: readonly Column<PathPattern>[] = [
  {
    key: "path",
    title: "Path",
    className: () => "wrap",
    cell: ({ path, path_hash }) => <Way path={path} hash={path_hash} />,
  },
  {
    key: "runs",
    title: "Runs",
    isNumber: true,
    by: ({ executions }) => executions,
    cell: ({ executions }) => count(executions),
  },
  {
    key: "share",
    title: "Share",
    isNumber: true,
    by: ({ share }) => share,
    cell: ({ share }) => percent(share),
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
    key: "times",
    title: "Against the others",
    hint: "Typical duration against the agent's other paths",
    isNumber: true,
    by: ({ times_as_long }) => times_as_long,
    className: ({ is_slow }) => (is_slow ? "bad" : "m"),
    cell: ({ times_as_long }) => (times_as_long === null ? NONE : `${times_as_long.toFixed(2)} times`),
  },
  {
    key: "success",
    title: "Success",
    isNumber: true,
    by: ({ success_rate }) => success_rate,
    className: ({ is_failing }) => (is_failing ? "bad" : ""),
    cell: ({ success_rate }) => (success_rate === null ? NONE : percent(success_rate)),
  },
  {
    key: "cost",
    title: "Cost each",
    isNumber: true,
    by: ({ mean_cost_usd }) => mean_cost_usd,
    className: ({ mean_cost_usd }) => (mean_cost_usd === null ? "s" : ""),
    cell: ({ mean_cost_usd }) => cost(mean_cost_usd),
  },
];

/** The ways its executions go, the most frequent first. */
export function PathsTab({ asks }: TabProps) {
  const query = useQuery(questionQuery<Patterns>("patterns", asks.wishes, asks.address));
  return (
    <Asked query={query} what="The paths" heights={[300]}>
      {({ paths }) =>
        paths.length === 0 ? (
          <p className="s pad">
            No execution of it has been looked at yet: paths are told once executions have settled.
          </p>
        ) : (
          <DataTable label="Paths" columns={COLUMNS} rows={paths} rowKey={({ path_hash }) => path_hash} />
        )
      }
    </Asked>
  );
}

/** A path as chips; those with a bar between them run side by side. */
function Way({ path, hash }: { readonly path: string | null; readonly hash: string }) {
  if (!path) return <span className="s">too long to be kept, {shortId(hash)}</span>;
  return (
    <span className="way">
      {path.split(" > ").map((part, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a path may go through a step twice, and never changes
        <span key={at} className="chip outline">
          {part}
        </span>
      ))}
    </span>
  );
}
