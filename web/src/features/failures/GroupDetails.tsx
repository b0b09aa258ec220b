import { Link } from "wouter";
import type { FailureGroup } from "../../api/views.gen";
import { withParts } from "../../lib/address";
import { clockTime, cost, count, counted, duration, percent, shortId } from "../../lib/format";
import { placeOf } from "./GroupsTable";

interface Props {
  readonly group: FailureGroup;
  readonly range: string;
}

/** One group: where it began, what came before and after, what it cost, an example. */
export function GroupDetails({ group, range }: Props) {
  const now = Date.now();
  const list = withParts(range, {
    status: group.statuses.join(","),
    agent: group.agents.length === 1 ? group.agents[0] : null,
  });
  return (
    <aside className="card failures-details" aria-label="The chosen group">
      <div className="hd">
        <h2>{group.error_type ?? "no type was sent"}</h2>
      </div>
      <pre className="code">{group.example ?? "It was sent without a message."}</pre>
      <dl className="kv">
        <dt>Began in</dt>
        <dd>
          {group.place}
          {group.code_file && <div className="mono m">{placeOf(group)}</div>}
        </dd>
        <dt>Right before</dt>
        <dd>{group.before.length > 0 ? group.before.join(", ") : "nothing"}</dd>
        <dt>Seen</dt>
        <dd>
          {clockTime(group.first_seen, now)} to {clockTime(group.last_seen, now)}
        </dd>
        <dt>Failed</dt>
        <dd>
          {counted(group.executions, "execution")}
          {group.healed > 0 && `; ${count(group.healed)} times nothing but the step`}
        </dd>
        <dt>Recovery</dt>
        <dd>
          {group.looked_at === 0
            ? "unknown"
            : `${count(group.retried)} of the newest ${count(group.looked_at)} succeeded when tried again (${percent(group.retried / group.looked_at)})`}
        </dd>
        <dt>Lost</dt>
        <dd>
          {duration(group.lost_ns)},{" "}
          {group.lost_cost_usd === null ? "cost unknown" : cost(group.lost_cost_usd)}
        </dd>
        <dt>Agents</dt>
        <dd>{group.agents.join(", ") || "none"}</dd>
        <dt>Versions</dt>
        <dd>{group.versions.join(", ") || "not told"}</dd>
      </dl>
      <p className="failures-links">
        {group.example_execution_id && (
          <Link
            href={`/executions/${group.example_execution_id}${group.example_step_id ? `?step=${group.example_step_id}` : ""}`}
          >
            Newest example {shortId(group.example_execution_id)}
          </Link>
        )}
        <Link href={`/executions${list}`}>Failed executions</Link>
      </p>
    </aside>
  );
}
