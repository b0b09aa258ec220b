import { useMemo } from "react";
import { Link, useLocation } from "wouter";
import type { SessionTurn } from "../../api/views.gen";
import { clockTime, cost, count, duration, NONE } from "../../lib/format";
import { Icon } from "../../ui/icons";
import { Status } from "../../ui/Status";
import { useKeys } from "../../ui/useKeys";

interface Props {
  readonly turns: readonly SessionTurn[];
  /** The place of the turn that is open, -1 for none. */
  readonly chosen: number;
  readonly onPick: (turn: number) => void;
}

/** Each turn with what was said, how long it took and what it cost; between them the time of the user. */
export function Turns({ turns, chosen, onPick }: Props) {
  const [, navigate] = useLocation();
  const keys = useMemo(
    () => ({
      j: () => chosen < turns.length - 1 && onPick(chosen + 1),
      k: () => chosen > 0 && onPick(chosen - 1),
      Enter: () => {
        const turn = turns[chosen];
        if (turn) navigate(`/executions/${turn.execution.execution_id}`);
      },
      Escape: () => chosen >= 0 && onPick(chosen),
    }),
    [turns, chosen, onPick, navigate],
  );
  useKeys(keys);
  const longest = Math.max(1, ...turns.map(({ execution }) => execution.duration_ns ?? 0));
  const now = Date.now();
  return (
    <section className="card turns" aria-label="Turns">
      <div className="hd">
        <h2>Turns</h2>
        <span className="m t12">
          <kbd>J</kbd> <kbd>K</kbd> next, previous · <kbd>Enter</kbd> open
        </span>
      </div>
      <ol>
        {turns.map((turn, at) => (
          <TurnRow
            key={turn.execution.execution_id}
            turn={turn}
            longest={longest}
            now={now}
            isChosen={at === chosen}
            onPick={() => onPick(at)}
          />
        ))}
      </ol>
    </section>
  );
}

interface RowProps {
  readonly turn: SessionTurn;
  readonly longest: number;
  readonly now: number;
  readonly isChosen: boolean;
  readonly onPick: () => void;
}

function TurnRow({ turn, longest, now, isChosen, onPick }: RowProps) {
  const { execution } = turn;
  const tokens =
    execution.input_tokens === null && execution.output_tokens === null
      ? null
      : (execution.input_tokens ?? 0) + (execution.output_tokens ?? 0);
  const ofCalls = (text: string) => (execution.model_calls === 0 ? NONE : text);
  return (
    <>
      {turn.think_ns !== null && (
        <li className="think t11 s">
          <svg width="22" height="12" aria-hidden="true">
            <rect
              x="0.5"
              y="0.5"
              width="21"
              height="11"
              fill="url(#p-idle)"
              stroke="var(--line-2)"
              strokeDasharray="2.5 2"
            />
          </svg>
          {turn.think_ns > 0
            ? `the user took ${duration(turn.think_ns)}`
            : "began while the turn before still ran"}
        </li>
      )}
      <li
        className={isChosen ? "turn cur" : "turn"}
        aria-current={isChosen ? "true" : undefined}
        ref={isChosen ? (element) => element?.scrollIntoView({ block: "nearest" }) : undefined}
      >
        <div className="number tn s">{count(turn.number)}</div>
        <div className="said">
          <Said who="asked" text={turn.asked} isOpen={isChosen} />
          <Said who="answered" text={turn.answered} isOpen={isChosen} />
          {execution.error_type && (
            <p className="bad t12">
              <b>{execution.error_type}</b> {execution.error_message}
            </p>
          )}
          <div className="t11 m under">
            <button type="button" className="more" aria-expanded={isChosen} onClick={onPick}>
              {isChosen ? "Less" : "All that was said"}
            </button>
            <Link href={`/executions/${execution.execution_id}`}>
              {execution.agent} <Icon name="right" size={10} />
            </Link>
            <span>{clockTime(execution.started_at, now)}</span>
          </div>
        </div>
        <div className="took">
          <b className="tn">{execution.duration_ns === null ? "running" : duration(execution.duration_ns)}</b>
          <svg width="120" height="6" aria-hidden="true">
            <rect width="120" height="6" rx="2" fill="var(--sunk)" />
            <rect
              width={Math.max(1.5, ((execution.duration_ns ?? 0) / longest) * 120)}
              height="6"
              rx="2"
              fill="var(--gen)"
            />
          </svg>
        </div>
        <div>
          <Status status={execution.status} />
        </div>
        <div className="sums tn">
          <div>{ofCalls(`${count(tokens)} tokens`)}</div>
          <div className="s t11">{ofCalls(`${count(turn.tokens_so_far)} so far`)}</div>
        </div>
        <div className="sums tn">
          <div>{ofCalls(cost(execution.cost_usd))}</div>
          <div className="s t11">{ofCalls(`${cost(turn.cost_so_far_usd)} so far`)}</div>
        </div>
      </li>
    </>
  );
}

interface SaidProps {
  readonly who: "asked" | "answered";
  readonly text: string | null;
  readonly isOpen: boolean;
}

function Said({ who, text, isOpen }: SaidProps) {
  if (text === null) return who === "asked" ? <p className="s">What was said is not stored.</p> : null;
  return <p className={`${who} ${isOpen ? "open" : ""}`}>{text}</p>;
}
