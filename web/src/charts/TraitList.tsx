import type { TraitDifference } from "../api/views.gen";
import { percent, signed } from "../lib/format";
import { traitWords } from "../lib/traits";
import "./traits.css";

const points = (share: number) => (share * 100).toFixed(0);

/** What one set has more often than another: its share over that of the other, and by how many points they differ. */
export function TraitList({ traits }: { readonly traits: readonly TraitDifference[] }) {
  return (
    <ul className="traits">
      {traits.map((trait) => (
        <li key={`${trait.key} ${trait.relation} ${trait.value}`}>
          <div className="what">
            <span>{traitWords(trait)}</span>
            <b
              title={
                trait.low === null || trait.high === null
                  ? undefined
                  : `95 % interval ${points(trait.low)} to ${points(trait.high)} points`
              }
            >
              {signed(trait.points, points)} <span className="m">points</span>
            </b>
          </div>
          <ShareLine share={trait.share} colour="var(--block)" />
          <ShareLine share={trait.other_share} colour="var(--join)" />
          {trait.companions.length > 0 && (
            <p
              className="t11 m"
              title="Mostly the same executions have these: which of them matters cannot be told apart."
            >
              along with {trait.companions.map(traitWords).join(", ")}
            </p>
          )}
        </li>
      ))}
    </ul>
  );
}

function ShareLine({ share, colour }: { readonly share: number; readonly colour: string }) {
  return (
    <div className="line">
      <svg width="100%" height="6" aria-hidden="true">
        <rect width="100%" height="6" rx="2" fill="var(--sunk)" />
        <rect width={`${share * 100}%`} height="6" rx="2" fill={colour} />
      </svg>
      <span className="t11 tn">{percent(share)}</span>
    </div>
  );
}
