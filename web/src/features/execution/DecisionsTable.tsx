import type { DecisionNode } from "../../api/views.gen";
import { ScoreLine } from "../../charts/ScoreLine";
import { duration, NONE, score } from "../../lib/format";
import { didNotFire } from "../../lib/tree";
import { Icon } from "../../ui/icons";

interface Props {
  readonly decisions: readonly DecisionNode[];
  readonly onPick: (id: string) => void;
}

/** Every candidate that was considered, in order of time. */
export function DecisionsTable({ decisions, onPick }: Props) {
  return (
    <div className="scroll">
      <table className="table">
        <thead>
          <tr>
            <th>Candidate</th>
            <th className="r">After</th>
            <th>Score against threshold</th>
            <th className="r">Score</th>
            <th className="r">Needs</th>
            <th>Outcome</th>
            <th style={{ width: "40%" }}>Reason given</th>
          </tr>
        </thead>
        <tbody>
          {decisions.map((decision) => {
            const isSilent = didNotFire(decision);
            return (
              <tr
                key={`${decision.span_id}-${decision.candidate}-${decision.offset_ns}`}
                className="click"
                onClick={() => onPick(decision.span_id)}
              >
                <td style={{ fontWeight: 550 }}>{decision.candidate}</td>
                <td className="r">{duration(decision.offset_ns)}</td>
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
                    {(decision.outcome ?? (isSilent ? "skipped" : "fired")).replaceAll("_", " ")}
                  </span>
                </td>
                <td className={decision.reason ? "m" : "s"} style={{ whiteSpace: "normal" }}>
                  {decision.reason ?? NONE}
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}
