import type { Gate, GateState } from "../../lib/gates";
import { Icon, type IconName } from "../../ui/icons";

const SIGNS: Readonly<Record<GateState, IconName | null>> = {
  passed: "check",
  stopped: "x",
  waiting: "clock",
  "not reached": null,
  "not told": "question",
};

/** What has to happen before an agent works, in order, and where it ended. */
export function Gates({ gates }: { readonly gates: readonly Gate[] }) {
  return (
    <ol className="gates" aria-label="Gates">
      {gates.map(({ name, state, note }) => {
        const sign = SIGNS[state];
        return (
          <li key={name} className={state.replace(" ", "-")}>
            <div className="gate">
              <span className="mark">{sign && <Icon name={sign} size={12} />}</span>
              <span>{name}</span>
              <span className="hidden">{`: ${state}`}</span>
              <i />
            </div>
            <div className="t11 m note-of">{note}</div>
          </li>
        );
      })}
    </ol>
  );
}
