import { Button } from "@mantine/core";
import { memo, type ReactNode } from "react";
import { Link } from "wouter";
import type { ExecutionTree, UsualExecution } from "../../api/views.gen";
import { DurationBars } from "../../charts/DurationBars";
import { doingOf, isVanished } from "../../lib/doing";
import { cost, count, counted, duration, durationParts, fullTime, quantity } from "../../lib/format";
import type { Share } from "../../lib/shares";
import { verdictOf } from "../../lib/verdict";
import { Status, statusTone } from "../../ui/Status";

interface Props {
  readonly tree: ExecutionTree;
  readonly shares: readonly Share[];
  readonly now: number | null;
  readonly onPick: (id: string) => void;
  readonly usual?: UsualExecution | undefined;
  readonly actions?: ReactNode;
}

/** Who ran, when, how long, and whether that is normal: the answer in words before any picture. */
export const VerdictHead = memo(function VerdictHead({ tree, shares, now, onPick, usual, actions }: Props) {
  const { execution } = tree;
  const verdict = verdictOf(tree, shares, now);
  return (
    <>
      <div className="head">
        <h1 className="nw">{execution.agent}</h1>
        {execution.method && execution.method !== execution.agent && (
          <span className="chip outline mono">{execution.method}</span>
        )}
        {execution.version && <span className="chip outline">{execution.version}</span>}
        {execution.environment && <span className="chip outline">{execution.environment}</span>}
        <span className="m t12 origin">
          {fullTime(execution.started_at)}
          {execution.session_id && (
            <>
              {" · session "}
              <Link href={`/executions?session=${encodeURIComponent(execution.session_id)}`}>
                {execution.session_id}
              </Link>
            </>
          )}
          {execution.trigger_type && ` · ${execution.trigger_type}`}
          {execution.service && ` · ${execution.service}`}
          {Object.entries(execution.scopes ?? {}).map(([name, value]) => ` · ${name} ${value}`)}
        </span>
        <span className="sp" />
        {execution.parent_execution_id && (
          <Button
            component={Link}
            href={`/executions/${execution.parent_execution_id}`}
            variant="default"
            style={{ flexShrink: 0 }}
          >
            Called by its parent
          </Button>
        )}
        {actions}
      </div>
      <div className="verdict">
        <div className="big">
          {durationParts(tree.duration_ns ?? now).map(([figure, unit]) => (
            <span key={unit}>
              {figure}
              <small>{unit}</small>
            </span>
          ))}
        </div>
        <div>
          <div className="sentence">
            <b>{verdict.claim}</b> <span className="m">{verdict.rest}</span>
          </div>
          <Facts tree={tree} />
        </div>
        {usual && usual.bars.length > 0 && (
          <DurationBars
            bars={usual.bars}
            own={tree.duration_ns ?? now ?? 0}
            p50={usual.p50_ns}
            p95={usual.p95_ns}
            width={260}
            name="this run"
          />
        )}
      </div>
      {isVanished(execution) ? (
        <Interrupted tree={tree} onPick={onPick} />
      ) : (
        execution.error_type && (
          <div className="note bad" role="alert">
            <b>{execution.error_type}</b> {execution.error_message} <FailedStep tree={tree} onPick={onPick} />
          </div>
        )
      )}
    </>
  );
});

/** The counts below the sentence; what is zero is left out, what is unknown is said. */
function Facts({ tree }: { readonly tree: ExecutionTree }) {
  const { execution } = tree;
  const unfinished =
    tree.duration_ns === null || isVanished(execution)
      ? `${count(execution.steps_completed)} of ${counted(execution.steps_total, "step")} done`
      : "";
  const facts = [
    execution.status !== "pending" && (unfinished || counted(execution.steps_total, "step")),
    execution.retries > 0 && counted(execution.retries, "retry", "retries"),
    execution.steps_failed > 0 && `${counted(execution.steps_failed, "step")} failed`,
    execution.agents_skipped > 0 && `${counted(execution.agents_skipped, "agent")} skipped`,
    execution.tool_calls > 0 && counted(execution.tool_calls, "tool call"),
    execution.model_calls > 0 && modelFact(tree),
    execution.model_calls > 0 && (execution.cost_usd === null ? "cost unknown" : cost(execution.cost_usd)),
    execution.credits !== null && `${quantity(execution.credits)} ${execution.credits_unit ?? "credits"}`,
  ].filter((fact): fact is string => typeof fact === "string");
  return (
    <div className="facts">
      <Status status={execution.status} />
      {execution.stage && statusTone(execution.status) === "info" && (
        <span>stage {execution.stage.replaceAll("_", " ")}</span>
      )}
      {facts.map((fact) => (
        <span key={fact}>{fact}</span>
      ))}
    </div>
  );
}

function modelFact({ execution }: ExecutionTree): string {
  const calls = counted(execution.model_calls, "model call");
  if (execution.input_tokens === null && execution.output_tokens === null) return `${calls}, tokens unknown`;
  return `${calls}, ${count(execution.input_tokens)} tokens in, ${count(execution.output_tokens)} out`;
}

/** The steps that nobody ended, each to be looked at. */
function Interrupted({ tree, onPick }: Pick<Props, "tree" | "onPick">) {
  const doing = doingOf(tree);
  if (doing.length === 0) return null;
  return (
    <div className="note bad" role="alert">
      <b>Its end was never sent.</b> Its times end where its process was last heard.{" "}
      {doing.slice(0, MOST_STEPS).map(({ id, name, offset }) => (
        <button key={id} type="button" className="more" onClick={() => onPick(id)}>
          Interrupted step: {name}, after {duration(offset)}
        </button>
      ))}
    </div>
  );
}

const MOST_STEPS = 3;

function FailedStep({ tree, onPick }: Pick<Props, "tree" | "onPick">) {
  const failed = tree.steps.filter((step) => ["failed", "timeout", "crashed"].includes(step.status));
  const first = failed.sort(
    (a, b) => a.offset_ns - b.offset_ns || (a.duration_ns ?? 0) - (b.duration_ns ?? 0),
  )[0];
  if (!first) return null;
  return (
    <button type="button" className="more" onClick={() => onPick(first.step_id)}>
      First failed step: {first.name}, after {duration(first.offset_ns)}
    </button>
  );
}
