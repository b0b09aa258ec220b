import type { SessionTurn } from "../../api/views.gen";
import { TalkAxis } from "../../charts/TalkAxis";
import { useWidth } from "../../charts/useWidth";
import { counted, duration } from "../../lib/format";
import { statusTone } from "../../ui/Status";

interface Props {
  readonly turns: readonly SessionTurn[];
  readonly chosen: number;
  readonly onPick: (turn: number) => void;
}

/** The conversation on one line. */
export function TalkCard({ turns, chosen, onPick }: Props) {
  const [place, width] = useWidth(1100);
  const shown = turns.map(({ offset_ns, number, execution }) => ({
    offset: offset_ns,
    duration: execution.duration_ns,
    label: `Turn ${number}, ${execution.agent}, ${duration(execution.duration_ns)}, ${execution.status}`,
    hasFailed: ["bad", "warn"].includes(statusTone(execution.status)),
  }));
  return (
    <section className="card" aria-label="Turns in time">
      <div className="hd">
        <h2>Turns in time</h2>
        <span className="m t12 cut">
          solid: agents work · hatched: the user reads and thinks, drawn short
        </span>
      </div>
      <div ref={place}>
        <TalkAxis
          turns={shown}
          width={width}
          chosen={chosen}
          onPick={onPick}
          label={`${counted(turns.length, "turn")}; the list below has the numbers`}
        />
      </div>
    </section>
  );
}
