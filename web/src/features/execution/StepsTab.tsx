import { useQuery } from "@tanstack/react-query";
import { questionOfOneQuery } from "../../api/questions";
import type { ExecutionTotals, ExecutionTree, SpanTotal, UsualExecution } from "../../api/views.gen";
import { Swatch } from "../../charts/Patterns";
import { count, duration, percent, UNKNOWN } from "../../lib/format";
import { kindOf } from "../../lib/shares";
import { rankOf } from "../../lib/usual";
import { Asked } from "../../ui/Asked";
import { type Column, DataTable } from "../../ui/DataTable";

interface Props {
  readonly tree: ExecutionTree;
  readonly usual: UsualExecution | undefined;
}

interface Row extends SpanTotal {
  readonly category: string;
  /** The longest of them, in ns. */
  readonly longest: number | null;
  readonly usualNs: number | null;
  readonly rank: number | null;
}

/** Steps of one name added up: how often, how long, how much of the wall time, and whether the longest is unusual. */
export function StepsTab({ tree, usual }: Props) {
  const query = useQuery(questionOfOneQuery<ExecutionTotals>("totals", tree.execution.execution_id));
  return (
    <Asked query={query} what="The steps" heights={[280]}>
      {({ by_step }) => (
        <DataTable
          label="Steps by name"
          name="steps"
          columns={COLUMNS}
          rows={rowsOf(by_step, tree, usual)}
          rowKey={(row) => row.name}
          href={(row) => `?find=${encodeURIComponent(row.name)}`}
          maxHeight={Math.max(400, window.innerHeight - 170)}
        />
      )}
    </Asked>
  );
}

function rowsOf(totals: readonly SpanTotal[], tree: ExecutionTree, usual: UsualExecution | undefined): Row[] {
  const longest = new Map<string, { ns: number; category: string }>();
  for (const step of tree.steps) {
    const known = longest.get(step.name);
    if (!known || (step.duration_ns ?? 0) > known.ns)
      longest.set(step.name, { ns: step.duration_ns ?? 0, category: step.category });
  }
  const usuals = new Map(usual?.steps.filter((step) => !step.is_agent).map((step) => [step.name, step]));
  return totals.map((total) => {
    const most = longest.get(total.name);
    const known = usuals.get(total.name);
    return {
      ...total,
      category: most?.category ?? "",
      longest: most?.ns ?? null,
      usualNs: known?.percentiles_ns[49] ?? null,
      rank: known && most ? rankOf(known.percentiles_ns, most.ns) : null,
    };
  });
}

const COLUMNS: readonly Column<Row>[] = [
  {
    key: "name",
    title: "Step",
    by: (row) => row.name,
    cell: (row) => (
      <span className="step-name">
        <Swatch kind={kindOf(row.category)} /> {row.name}
      </span>
    ),
  },
  { key: "count", title: "Calls", isNumber: true, by: (row) => row.count, cell: (row) => count(row.count) },
  {
    key: "failed",
    title: "Failed",
    isNumber: true,
    by: (row) => row.failed,
    cell: (row) => count(row.failed),
    className: (row) => (row.failed > 0 ? "bad" : "m"),
  },
  {
    key: "share",
    title: "Share",
    hint: "Of the wall time; every moment counted once",
    isNumber: true,
    by: (row) => row.share,
    cell: (row) => percent(row.share),
  },
  {
    key: "critical",
    title: "On the path",
    isNumber: true,
    by: (row) => row.critical_ns,
    cell: (row) => duration(row.critical_ns),
  },
  {
    key: "self",
    title: "Own time",
    hint: "Without what lies below it",
    isNumber: true,
    by: (row) => row.self_ns,
    cell: (row) => duration(row.self_ns),
  },
  {
    key: "total",
    title: "Total",
    hint: "All calls added up, also those that ran at once",
    isNumber: true,
    by: (row) => row.total_ns,
    cell: (row) => duration(row.total_ns),
  },
  {
    key: "longest",
    title: "Longest",
    isNumber: true,
    by: (row) => row.longest,
    cell: (row) => duration(row.longest),
  },
  {
    key: "usual",
    title: "Usual p50",
    isNumber: true,
    by: (row) => row.usualNs,
    cell: (row) => duration(row.usualNs),
    className: (row) => (row.usualNs === null ? "s" : "m"),
  },
  {
    key: "rank",
    title: "Rank",
    hint: "Of the longest among steps of its name in other executions; unknown under 30 of them",
    isNumber: true,
    by: (row) => row.rank,
    cell: (row) =>
      row.rank === null ? (
        <span className="s">{UNKNOWN}</span>
      ) : (
        <span className={`chip ${row.rank >= 99 ? "bad" : row.rank >= 95 ? "warn" : ""}`}>p{row.rank}</span>
      ),
  },
];
