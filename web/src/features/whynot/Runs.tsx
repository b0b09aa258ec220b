import { Link } from "wouter";
import type { AgentRun } from "../../api/views.gen";
import { clockTime, counted, duration, NONE } from "../../lib/format";
import { Status } from "../../ui/Status";

interface Props {
  readonly title: string;
  readonly runs: readonly AgentRun[];
  readonly hasAgent: boolean;
}

const TROUBLE: Readonly<Record<string, string>> = {
  request_not_sent: "before it sent a request to a model",
  response_not_received: "its last request to a model has no response",
};

/** Executions that tell why it did or did not do its work, the newest first. */
export function Runs({ title, runs, hasAgent }: Props) {
  const now = Date.now();
  return (
    <section className="card" aria-label={title}>
      <div className="hd">
        <h2>{title}</h2>
        <span className="m t12">{counted(runs.length, "execution")}, the newest first</span>
      </div>
      <div className="scroll">
        <table className="table" aria-label={title}>
          <tbody>
            {runs.map((run) => (
              <tr key={run.execution_id}>
                <td>
                  <Link href={`/executions/${run.execution_id}`}>{clockTime(run.started_at, now)}</Link>
                </td>
                {hasAgent && <td>{run.agent}</td>}
                <td>
                  <Status status={run.status} />
                </td>
                <td className="r">{run.duration_ns === null ? NONE : duration(run.duration_ns)}</td>
                <td className="m why-ground">{groundOf(run)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function groundOf(run: AgentRun): string {
  const parts = [
    run.error_type,
    run.error_message ?? run.reason,
    run.model_trouble && TROUBLE[run.model_trouble],
  ];
  return parts.filter(Boolean).join(": ");
}
