import { Link } from "wouter";
import type { DecisionNode } from "../../api/views.gen";
import { ScoreLine } from "../../charts/ScoreLine";
import { count, score } from "../../lib/format";
import { Icon } from "../../ui/icons";

interface Props {
  readonly decisions: readonly DecisionNode[];
  readonly onPick: (id: string) => void;
}

const MOST = 4;

/** Who was considered and stayed silent, with score, threshold and the reason given. */
export function DidNotFire({ decisions, onPick }: Props) {
  return (
    <section className="card" aria-label="Did not fire">
      <div className="hd">
        <h2>Did not fire</h2>
        <span className="m t12">{count(decisions.length)} considered or registered, not run</span>
        <span className="sp" />
        <Link className="t12" href={`/why-not?agent=${encodeURIComponent(decisions[0]?.candidate ?? "")}`}>
          Why not?
        </Link>
      </div>
      {decisions.slice(0, MOST).map((decision) => (
        <button
          type="button"
          className="silent"
          key={`${decision.span_id}-${decision.candidate}-${decision.offset_ns}`}
          onClick={() => onPick(decision.span_id)}
        >
          <span className="who">
            <Icon name="skip" size={13} />
            {decision.candidate}
          </span>
          {decision.score === null || decision.score === undefined ? (
            <span className="s t12 none">
              {decision.considered === false ? "never considered" : "no score"}
            </span>
          ) : (
            <>
              <ScoreLine
                score={decision.score}
                threshold={decision.threshold ?? null}
                hasFired={false}
                width={78}
              />
              <span className="t12 nw tn">
                {score(decision.score)}
                {decision.threshold !== null &&
                  decision.threshold !== undefined &&
                  ` ${decision.score < decision.threshold ? "<" : "≥"} ${score(decision.threshold)}`}
              </span>
            </>
          )}
          <span className="m t12 cut">{decision.reason ?? "no reason given"}</span>
        </button>
      ))}
      {decisions.length > MOST && (
        <div className="m t12 rest">{count(decisions.length - MOST)} more under Decisions</div>
      )}
    </section>
  );
}
