import type { ReactNode } from "react";
import { percent, signed } from "../lib/format";
import "./traits.css";

export interface SharedTrait {
  readonly id: string;
  readonly title: ReactNode;
  readonly share: number;
  readonly otherShare: number;
  readonly low: number | null;
  readonly high: number | null;
}

const points = (share: number) => (share * 100).toFixed(0);

/** What one set has more often than another: its share over that of the other, and by how many points they differ. */
export function TraitList({ traits }: { readonly traits: readonly SharedTrait[] }) {
  return (
    <ul className="traits">
      {traits.map(({ id, title, share, otherShare, low, high }) => (
        <li key={id}>
          <div className="what">
            <span>{title}</span>
            <b
              title={
                low === null || high === null
                  ? undefined
                  : `95 % interval ${points(low)} to ${points(high)} points`
              }
            >
              {signed(share - otherShare, points)} <span className="m">points</span>
            </b>
          </div>
          <ShareLine share={share} colour="var(--block)" />
          <ShareLine share={otherShare} colour="var(--join)" />
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
