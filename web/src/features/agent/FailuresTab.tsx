import { useQuery } from "@tanstack/react-query";
import { Link } from "wouter";
import { questionQuery } from "../../api/questions";
import type { FailureGroup, FailureGroups } from "../../api/views.gen";
import { clockTime, cost, count, duration, NONE, UNKNOWN } from "../../lib/format";
import { epochMs } from "../../lib/time";
import { Asked } from "../../ui/Asked";
import { type Column, DataTable } from "../../ui/DataTable";
import type { TabProps } from "./AgentTabs";

function columnsOf(now: number): readonly Column<FailureGroup>[] {
  return [
    {
      key: "error",
      title: "Error",
      className: () => "wrap",
      by: ({ error_type }) => error_type,
      cell: ({ error_type, message }) => (
        <>
          <b>{error_type ?? UNKNOWN}</b> <span className="m">{message}</span>
        </>
      ),
    },
    { key: "place", title: "Where", by: ({ place }) => place, cell: ({ place }) => place },
    {
      key: "runs",
      title: "Executions",
      isNumber: true,
      by: ({ executions }) => executions,
      cell: ({ executions }) => count(executions),
    },
    {
      key: "healed",
      title: "Healed",
      hint: "Only the step failed, not the execution",
      isNumber: true,
      by: ({ healed }) => healed,
      cell: ({ healed }) => (healed ? count(healed) : NONE),
    },
    {
      key: "lost",
      title: "Time lost",
      isNumber: true,
      by: ({ lost_ns }) => lost_ns,
      cell: ({ lost_ns }) => duration(lost_ns),
    },
    {
      key: "cost",
      title: "Cost lost",
      isNumber: true,
      by: ({ lost_cost_usd }) => lost_cost_usd,
      cell: ({ lost_cost_usd }) => cost(lost_cost_usd),
    },
    {
      key: "last",
      title: "Last",
      isNumber: true,
      by: ({ last_seen }) => epochMs(last_seen),
      cell: ({ last_seen }) => clockTime(last_seen, now),
    },
    {
      key: "example",
      title: "",
      cell: ({ example_execution_id }) =>
        example_execution_id && <Link href={`/executions/${example_execution_id}`}>Example</Link>,
    },
  ];
}

/** The errors that ended its executions, alike ones together. */
export function FailuresTab({ asks }: TabProps) {
  const query = useQuery(questionQuery<FailureGroups>("failures", asks.wishes, asks.address));
  return (
    <Asked query={query} what="The failures" heights={[200]}>
      {({ groups }) =>
        groups.length === 0 ? (
          <p className="m pad">Nothing of it failed in this time.</p>
        ) : (
          <DataTable
            label="Failures"
            columns={columnsOf(Date.now())}
            rows={groups}
            rowKey={({ group_id }) => group_id}
          />
        )
      }
    </Asked>
  );
}
