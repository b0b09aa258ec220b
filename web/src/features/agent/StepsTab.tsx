import { useQuery } from "@tanstack/react-query";
import { questionQuery } from "../../api/questions";
import type { BottleneckStep, Bottlenecks } from "../../api/views.gen";
import { Swatch } from "../../charts/Patterns";
import { count, duration, NONE, percent, quantity } from "../../lib/format";
import { kindOf } from "../../lib/shares";
import { Asked } from "../../ui/Asked";
import { type Column, DataTable } from "../../ui/DataTable";
import type { TabProps } from "./AgentTabs";

function columnsOf(executions: number): readonly Column<BottleneckStep>[] {
  return [
    {
      key: "step",
      title: "Step",
      by: ({ name }) => name,
      cell: ({ name, category, is_agent }) => (
        <span className="kind-name">
          <Swatch kind={kindOf(category)} />
          <b>{is_agent ? "between its steps" : name}</b>
        </span>
      ),
    },
    {
      key: "category",
      title: "Kind",
      by: ({ category }) => category,
      className: () => "m",
      cell: ({ category }) => category.replaceAll("_", " "),
    },
    {
      key: "critical",
      title: "Share of the critical path",
      isNumber: true,
      by: ({ critical_share }) => critical_share,
      cell: ({ critical_share, category }) => (
        <span className="bar-cell">
          <i style={{ width: `${critical_share * 100}%` }} className={kindOf(category)} />
          <span>{percent(critical_share)}</span>
        </span>
      ),
    },
    {
      key: "on-path",
      title: "On it in",
      hint: "Share of executions with this step on the critical path",
      isNumber: true,
      by: ({ on_path_share }) => on_path_share,
      cell: ({ on_path_share, is_agent }) => (is_agent ? NONE : percent(on_path_share)),
    },
    {
      key: "calls",
      title: "Calls",
      hint: "Calls an execution",
      isNumber: true,
      by: ({ steps }) => steps,
      cell: ({ steps }) =>
        executions ? quantity(Math.round((steps / executions) * 100) / 100) : count(steps),
    },
    {
      key: "self",
      title: "Own time",
      hint: "An execution, on average",
      isNumber: true,
      by: ({ self_ns }) => self_ns,
      cell: ({ self_ns }) => duration(executions ? self_ns / executions : null),
    },
    {
      key: "p50",
      title: "p50",
      isNumber: true,
      by: ({ p50_ns }) => p50_ns,
      cell: ({ p50_ns, is_agent }) => (is_agent ? NONE : duration(p50_ns)),
    },
    {
      key: "p95",
      title: "p95",
      isNumber: true,
      by: ({ p95_ns }) => p95_ns,
      cell: ({ p95_ns, is_agent }) => (is_agent ? NONE : duration(p95_ns)),
    },
    {
      key: "failed",
      title: "Failed",
      isNumber: true,
      by: ({ failed_share }) => failed_share,
      className: ({ failed_share }) => (failed_share ? "bad" : "s"),
      cell: ({ failed_share }) => (failed_share ? percent(failed_share) : NONE),
    },
  ];
}

/** Where the time of this agent goes, step by step, over all its executions. */
export function StepsTab({ asks }: TabProps) {
  const query = useQuery(
    questionQuery<Bottlenecks>("bottlenecks", { ...asks.wishes, limit: "100" }, asks.address),
  );
  return (
    <Asked query={query} what="The steps" heights={[300]}>
      {({ operations, executions }) =>
        operations.length === 0 ? (
          <p className="s pad">No step of it has been told yet.</p>
        ) : (
          <DataTable
            label="Steps"
            columns={columnsOf(executions)}
            rows={operations}
            rowKey={({ name, category }) => `${category} ${name}`}
          />
        )
      }
    </Asked>
  );
}
