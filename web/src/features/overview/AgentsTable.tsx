import { Link, useLocation } from "wouter";
import type { AgentSummary } from "../../api/views.gen";
import { withParts } from "../../lib/address";
import { clockTime, cost, count, duration, NONE, percent } from "../../lib/format";

interface Props {
  readonly agents: readonly AgentSummary[];
  readonly range: string;
}

const sumOf = (a: number | null, b: number | null) => (a === null && b === null ? null : (a ?? 0) + (b ?? 0));
const unknown = (value: unknown) => (value === null ? "r s" : "r");
const some = (value: number, tone = "") => (
  <td className={value ? `r ${tone}` : "r s"}>{value ? count(value) : NONE}</td>
);

/** What a number says of an agent that called no model itself: none, not unknown. */
const orNone = (agent: AgentSummary, text: string) => (agent.model_calls === 0 ? NONE : text);

/** One row per agent; a click shows its executions. */
export function AgentsTable({ agents, range }: Props) {
  const [, navigate] = useLocation();
  const now = Date.now();
  return (
    <section className="card" aria-label="Agents">
      <div className="hd">
        <h2>Agents</h2>
        <span className="m t12">{count(agents.length)}, most executions first</span>
      </div>
      <div className="scroll">
        <table className="table">
          <thead>
            <tr>
              <th>Agent</th>
              <th className="r">Now</th>
              <th className="r">Runs</th>
              <th className="r">p50</th>
              <th className="r">p95</th>
              <th className="r">p99</th>
              <th className="r">Own time</th>
              <th className="r">Success</th>
              <th className="r">Failed</th>
              <th className="r">Skipped</th>
              <th className="r">Tokens</th>
              <th className="r">Cost</th>
              <th className="r">Last seen</th>
            </tr>
          </thead>
          <tbody>
            {agents.map((agent) => {
              const target = `/executions${withParts(range, { agent: agent.agent })}`;
              if (agent.executions === 0) return <NeverRan key={agent.agent} agent={agent} />;
              return (
                <tr key={agent.agent} className="click" onClick={() => navigate(target)}>
                  <td>
                    <Link
                      href={target}
                      style={{ color: "inherit", fontWeight: 550 }}
                      onClick={(event) => event.stopPropagation()}
                    >
                      {agent.agent}
                    </Link>
                  </td>
                  {some(agent.running)}
                  <td className="r">{count(agent.executions)}</td>
                  <td className={unknown(agent.p50_ns)}>{duration(agent.p50_ns)}</td>
                  <td className={unknown(agent.p95_ns)}>{duration(agent.p95_ns)}</td>
                  <td className={unknown(agent.p99_ns)}>{duration(agent.p99_ns)}</td>
                  <td className={unknown(agent.self_ns)}>{duration(agent.self_ns)}</td>
                  <td className={unknown(agent.success_rate)}>
                    {agent.success_rate === null ? NONE : percent(agent.success_rate)}
                  </td>
                  {some(agent.failed, "bad")}
                  {some(agent.skipped)}
                  <td className={unknown(sumOf(agent.input_tokens, agent.output_tokens))}>
                    {orNone(agent, count(sumOf(agent.input_tokens, agent.output_tokens)))}
                  </td>
                  <td className={unknown(agent.cost_usd)}>{orNone(agent, cost(agent.cost_usd))}</td>
                  <td className="r m">{agent.last_seen ? clockTime(agent.last_seen, now) : NONE}</td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function NeverRan({ agent }: { readonly agent: AgentSummary }) {
  return (
    <tr>
      <td style={{ fontWeight: 550 }}>{agent.agent}</td>
      <td className="r s">{NONE}</td>
      <td className="r">0</td>
      <td className="s" colSpan={10}>
        registered, did not run in this time
      </td>
    </tr>
  );
}
