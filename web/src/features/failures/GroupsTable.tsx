import { useMemo } from "react";
import { useSearch } from "wouter";
import type { FailureGroup, FailureGroups } from "../../api/views.gen";
import { withParts } from "../../lib/address";
import { ago, count, duration, percent } from "../../lib/format";
import { epochMs } from "../../lib/time";
import { type Column, DataTable } from "../../ui/DataTable";

interface Props {
  readonly failures: FailureGroups;
  readonly known: ReadonlySet<string> | null;
  readonly chosen: string;
}

/** Every group; a click tells more of it. */
export function GroupsTable({ failures, known, chosen }: Props) {
  const search = useSearch();
  const columns = useMemo(() => columnsOf(failures, known), [failures, known]);
  return (
    <section className="card" aria-label="Groups of errors">
      <div className="hd">
        <h2>Ways to fail</h2>
        <span className="m t12">those that failed most executions first</span>
      </div>
      <DataTable
        label="Groups of errors"
        columns={columns}
        rows={failures.groups}
        rowKey={({ group_id }) => group_id}
        href={({ group_id }) => `/failures${withParts(search, { group: group_id })}`}
        isChosen={({ group_id }) => group_id === chosen}
        hasKeys
      />
    </section>
  );
}

function columnsOf(failures: FailureGroups, known: ReadonlySet<string> | null): Column<FailureGroup>[] {
  const whole = Math.max(1, failures.executions);
  return [
    {
      key: "error",
      title: "Error",
      by: ({ error_type }) => error_type,
      cell: (group) => (
        <div className="failures-error">
          <span>
            <b className="cut" title={group.error_type ?? undefined}>
              {group.error_type ?? "no type was sent"}
            </b>
            {known && !known.has(group.group_id) && <span className="chip bad">new</span>}
            {group.executions === 0 && <span className="chip">healed</span>}
          </span>
          <span className="m t12 cut">{group.example ?? "without a message"}</span>
        </div>
      ),
    },
    {
      key: "place",
      title: "Began in",
      by: ({ place }) => place,
      cell: (group) => (
        <div className="failures-error">
          <span>{group.place}</span>
          <span className="m t12 cut mono">{group.code_file ? placeOf(group) : group.agents.join(", ")}</span>
        </div>
      ),
    },
    {
      key: "executions",
      title: "Executions",
      isNumber: true,
      by: ({ executions }) => executions,
      cell: ({ executions }) => count(executions),
    },
    {
      key: "share",
      title: "Share",
      hint: "of all executions that failed",
      isNumber: true,
      by: ({ executions }) => executions,
      cell: ({ executions }) => (
        <span className="failures-share">
          <i style={{ width: `${(executions / whole) * 100}%` }} />
          {percent(executions / whole)}
        </span>
      ),
    },
    {
      key: "lost",
      title: "Lost",
      hint: "time of the executions that failed by it",
      isNumber: true,
      by: ({ lost_ns }) => lost_ns,
      cell: ({ lost_ns }) => duration(lost_ns),
    },
    {
      key: "seen",
      title: "First to last",
      hint: "when it was seen within the period",
      by: ({ first_seen }) => epochMs(first_seen),
      cell: (group) => <Seen group={group} failures={failures} />,
    },
  ];
}

export function placeOf({ code_file, code_function }: FailureGroup): string {
  return [code_file, code_function].filter(Boolean).join(" › ");
}

const SEEN_WIDTH = 88;

/** From its first to its last time, on the axis of the period. */
function Seen({ group, failures }: { readonly group: FailureGroup; readonly failures: FailureGroups }) {
  const from = epochMs(failures.from_time);
  const span = Math.max(1, epochMs(failures.to_time) - from);
  const x = (time: string) => Math.max(0, Math.min(1, (epochMs(time) - from) / span)) * (SEEN_WIDTH - 4);
  const [first, last] = [x(group.first_seen), x(group.last_seen)];
  return (
    <svg
      width={SEEN_WIDTH}
      height={12}
      role="img"
      aria-label={`first seen ${ago(group.first_seen, Date.now())}`}
    >
      <path d={`M0 6H${SEEN_WIDTH}`} stroke="var(--line-2)" />
      <rect x={first} y={3} width={Math.max(4, last - first + 4)} height={6} rx={2} fill="var(--join)" />
    </svg>
  );
}
