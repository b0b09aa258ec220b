import type { ScoreItem } from "../../api/views.gen";
import { fullTime, quantity } from "../../lib/format";

/** Judgements that were made elsewhere: a name with a number, a label, or both. */
export function Scores({ scores }: { readonly scores: readonly ScoreItem[] }) {
  return (
    <section className="card trust scores" aria-label="Scores">
      <span className="lead">
        <b>Scores</b>
      </span>
      {scores.map((score) => (
        <span key={`${score.execution_id}-${score.name}-${score.time}`} title={fullTime(score.time)}>
          {score.name} {score.value !== null && <b>{quantity(score.value)}</b>}{" "}
          {score.label && <span className="chip">{score.label}</span>}
          {score.comment && <i> {score.comment}</i>}
        </span>
      ))}
    </section>
  );
}
