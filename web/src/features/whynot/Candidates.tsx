import { useQuery } from "@tanstack/react-query";
import { Link } from "wouter";
import { executionQuery, stepQuery } from "../../api/queries";
import type { DecisionNode, ExecutionTree } from "../../api/views.gen";
import { ScoreLine } from "../../charts/ScoreLine";
import { duration, NONE, score } from "../../lib/format";
import { epochMs, MILLISECOND } from "../../lib/time";
import { didNotFire } from "../../lib/tree";
import { Asked } from "../../ui/Asked";
import { Icon } from "../../ui/icons";
import { asText } from "../../ui/Json";

interface Props {
  /** The execution that decided. */
  readonly executionId: string;
  readonly agent: string;
  /** When it decided about the agent. */
  readonly time: string;
}

/** All that were considered in the decision that was about the agent, and what was said there. */
export function Candidates({ executionId, agent, time }: Props) {
  const query = useQuery(executionQuery(executionId));
  return (
    <section className="card" aria-label="Who was considered">
      <Asked query={query} what="The decision" heights={[160]}>
        {(tree) => <Decision tree={tree} agent={agent} time={time} />}
      </Asked>
    </section>
  );
}

/** Those of the same step as the decision about the agent that came closest to the time. */
function together(tree: ExecutionTree, agent: string, time: string): readonly DecisionNode[] {
  const at = (epochMs(time) - epochMs(tree.started_at)) * MILLISECOND;
  const own = tree.decisions
    .filter(({ candidate }) => candidate === agent)
    .sort((a, b) => Math.abs(a.offset_ns - at) - Math.abs(b.offset_ns - at))[0];
  return own ? tree.decisions.filter(({ span_id }) => span_id === own.span_id) : [];
}

interface DecisionProps {
  readonly tree: ExecutionTree;
  readonly agent: string;
  readonly time: string;
}

function Decision({ tree, agent, time }: DecisionProps) {
  const { execution } = tree;
  const candidates = together(tree, agent, time);
  const [first] = candidates;
  const step = tree.steps.find(({ step_id }) => step_id === first?.span_id);
  return (
    <>
      <div className="hd">
        <h2>Who was considered</h2>
        <span className="m t12 cut">
          one decision of{" "}
          <Link href={`/executions/${execution.execution_id}?tab=decisions`}>{execution.agent}</Link>
          {step && ` › ${step.name}`}
          {first && `, ${duration(first.offset_ns)} after the start`}
        </span>
      </div>
      <div className="scroll">
        <table className="table" aria-label="Who was considered">
          <thead>
            <tr>
              <th>Candidate</th>
              <th>Score against threshold</th>
              <th className="r">Score</th>
              <th className="r">Needs</th>
              <th>Outcome</th>
              <th style={{ width: "40%" }}>Reason given</th>
            </tr>
          </thead>
          <tbody>
            {candidates.map((one) => (
              <CandidateRow
                key={`${one.candidate} ${one.offset_ns}`}
                decision={one}
                isAsked={one.candidate === agent}
              />
            ))}
          </tbody>
        </table>
      </div>
      {step && <Reasoning executionId={execution.execution_id} stepId={step.step_id} name={step.name} />}
    </>
  );
}

function CandidateRow({ decision, isAsked }: { readonly decision: DecisionNode; readonly isAsked: boolean }) {
  const isSilent = didNotFire(decision);
  const outcome = decision.outcome ?? (isSilent ? "skipped" : "fired");
  return (
    <tr className={isAsked ? "cur" : undefined} aria-current={isAsked ? "true" : undefined}>
      <td style={{ fontWeight: 550 }}>{decision.candidate}</td>
      <td>
        <ScoreLine
          score={decision.score ?? null}
          threshold={decision.threshold ?? null}
          hasFired={!isSilent}
          width={170}
        />
      </td>
      <td className="r">{score(decision.score)}</td>
      <td className="r m">{score(decision.threshold)}</td>
      <td>
        <span className={isSilent ? "chip" : "chip good"}>
          <Icon name={isSilent ? "skip" : "check"} size={12} />
          {outcome.replaceAll("_", " ")}
        </span>
      </td>
      <td className={decision.reason ? "m" : "s"} style={{ whiteSpace: "normal" }}>
        {decision.reason ?? NONE}
      </td>
    </tr>
  );
}

interface ReasoningProps {
  readonly executionId: string;
  readonly stepId: string;
  readonly name: string;
}

/** What the step that decided gave back, where that is stored. */
function Reasoning({ executionId, stepId, name }: ReasoningProps) {
  const { data } = useQuery(stepQuery(executionId, stepId, false));
  if (data?.output === undefined || data.output === null) return null;
  return (
    <div className="why-reasoning">
      <h3>What {name} gave back</h3>
      <pre className="code">{asText(data.output)}</pre>
    </div>
  );
}
