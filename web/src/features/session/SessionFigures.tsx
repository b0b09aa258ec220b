import type { SessionSummary, SessionTurn } from "../../api/views.gen";
import { cost, count, counted, duration, NONE, percent } from "../../lib/format";
import { FigureRow } from "../../ui/FigureRow";

interface Props {
  readonly session: SessionSummary;
  readonly turns: readonly SessionTurn[];
}

const ofCalls = (session: SessionSummary, text: string) => (session.model_calls === 0 ? NONE : text);

function toldOf(without: number, calls: number, deed: string): string {
  if (calls === 0) return "no model calls";
  return without === 0
    ? `all ${counted(calls, "call")} ${deed}`
    : `${count(calls - without)} of ${counted(calls, "call")} ${deed}`;
}

/** What the conversation took: the agents' part and the user's, the turns, what they cost. */
export function SessionFigures({ session, turns }: Props) {
  const longest = turns.reduce<SessionTurn | null>(
    (found, turn) => ((turn.execution.duration_ns ?? 0) > (found?.execution.duration_ns ?? 0) ? turn : found),
    null,
  );
  const share = session.duration_ns > 0 ? session.busy_ns / session.duration_ns : null;
  return (
    <FigureRow
      label="Figures"
      figures={[
        {
          name: "Turns",
          value: count(session.turns),
          note: session.failed ? <span className="bad">{count(session.failed)} failed</span> : "none failed",
        },
        { name: "Agent time", value: duration(session.busy_ns), note: `${percent(share)} of it all` },
        {
          name: "User time",
          value: session.turns > 1 ? duration(session.think_ns) : NONE,
          note: "between turns",
        },
        {
          name: "Median turn",
          value: duration(session.p50_ns),
          note: `p95 ${duration(session.p95_ns)}`,
        },
        {
          name: "Longest turn",
          value: duration(longest?.execution.duration_ns ?? null),
          note: longest ? `turn ${count(longest.number)}` : "",
        },
        {
          name: "Tokens",
          value: ofCalls(session, count(session.tokens)),
          note: toldOf(session.model_calls_without_usage, session.model_calls, "counted"),
        },
        {
          name: "Cost",
          value: ofCalls(session, cost(session.cost_usd)),
          note: toldOf(session.model_calls_without_cost, session.model_calls, "priced"),
        },
      ]}
    />
  );
}
