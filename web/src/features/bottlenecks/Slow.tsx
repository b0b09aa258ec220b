import { Link } from "wouter";
import type { SlowOperations, SlowStep } from "../../api/views.gen";
import { ago, clockTime, count, duration, NONE } from "../../lib/format";
import { MILLISECOND } from "../../lib/time";

/** Operations of which single steps took longer than the limits. */
export function SlowTable({ slow }: { readonly slow: SlowOperations }) {
  const { over_limits, slow_operation_ms, critical_operation_ms } = slow;
  const limit = duration(slow_operation_ms * MILLISECOND);
  const critical = duration(critical_operation_ms * MILLISECOND);
  return (
    <section className="card" aria-label="Slow operations">
      <div className="hd">
        <h2>Slow operations</h2>
        <span className="m t12">
          {over_limits.length === 0
            ? `No step took longer than ${limit}.`
            : `slow from ${limit}, critical from ${critical}`}
        </span>
      </div>
      {over_limits.length > 0 && (
        <div className="scroll">
          <table className="table">
            <thead>
              <tr>
                <th>Step</th>
                <th>Agent</th>
                <th className="r">Slow</th>
                <th className="r">Critical</th>
                <th className="r">Longest</th>
                <th className="r">Last</th>
              </tr>
            </thead>
            <tbody>
              {over_limits.map((row) => (
                <tr key={`${row.agent} ${row.name}`}>
                  <td>
                    <b>{row.name}</b>
                  </td>
                  <td>{row.agent}</td>
                  <td className="r">{count(row.slow)}</td>
                  <td className={row.critical > 0 ? "r bad" : "r"}>{count(row.critical)}</td>
                  <td className="r">{duration(row.longest_ns)}</td>
                  <td className="r">{ago(row.last_seen, Date.now())}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}

/** The single steps with most time of their own. */
export function LongestSteps({ steps }: { readonly steps: readonly SlowStep[] }) {
  if (steps.length === 0) return null;
  return (
    <section className="card" aria-label="The longest steps">
      <div className="hd">
        <h2>The longest steps</h2>
        <span className="m t12">by their own time</span>
      </div>
      <div className="scroll">
        <table className="table">
          <thead>
            <tr>
              <th>Step</th>
              <th>Agent</th>
              <th className="r">Own time</th>
              <th className="r">On the path</th>
              <th className="r">Slack</th>
              <th>Model or tool</th>
              <th>Code</th>
              <th>Started</th>
            </tr>
          </thead>
          <tbody>
            {steps.map((step) => (
              <tr key={step.execution_id + step.step_id}>
                <td>
                  <Link href={`/executions/${step.execution_id}?step=${step.step_id}`}>{step.name}</Link>
                </td>
                <td>{step.agent}</td>
                <td className="r">{duration(step.self_ns)}</td>
                <td className="r">{duration(step.critical_ns)}</td>
                <td className="r">{duration(step.slack_ns)}</td>
                <td>{step.model ?? step.tool ?? NONE}</td>
                <td className="mono">
                  {step.code_file ? `${step.code_file}:${step.code_line ?? "?"}` : NONE}
                </td>
                <td className="m tn">{clockTime(step.started_at, Date.now())}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}
