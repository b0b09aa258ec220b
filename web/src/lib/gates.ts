// The gates that an agent has to pass before it does its work, and at which of them it stopped.

import type { WhyNot } from "../api/views.gen";

export type GateState = "passed" | "stopped" | "waiting" | "not reached" | "not told";

export interface Gate {
  readonly name: string;
  readonly state: GateState;
  readonly note: string;
}

/** Which gate an outcome stopped at, from 0; 6 is none: it did its work. */
const STOPPED_AT: Readonly<Record<string, number>> = {
  unknown_agent: 0,
  never_registered: 0,
  never_considered: 1,
  below_threshold: 2,
  not_chosen: 2,
  not_called: 3,
  upstream_failed: 3,
  skipped: 4,
  failed: 5,
  fired: 6,
};

const NAMES = ["Known", "Considered", "Chosen", "Called", "Willing", "Done"] as const;

/** The six gates in order, each with what the evidence says about it. */
export function gatesOf(why: WhyNot): Gate[] {
  const stop = stoppedAt(why);
  const isOpen = why.outcome === "running";
  const notes = notesOf(why);
  // An agent that ran though nobody told of a decision passed gates of which nothing is known.
  const untold = why.considered.length === 0 ? [1, 2] : [];
  return NAMES.map((name, at) => {
    const state: GateState =
      at > stop
        ? "not reached"
        : at === stop
          ? isOpen
            ? "waiting"
            : "stopped"
          : untold.includes(at)
            ? "not told"
            : "passed";
    return { name, state, note: state === "not reached" ? "not reached" : (notes[at] ?? "") };
  });
}

function stoppedAt(why: WhyNot): number {
  if (why.outcome === "running") return why.runs.length > 0 ? 5 : 3;
  if (why.outcome === "blocked") return why.runs.length > 0 ? 5 : why.considered.length > 0 ? 2 : 1;
  if (why.outcome === "upstream_failed" && why.considered.length === 0) return 1;
  return STOPPED_AT[why.outcome] ?? 0;
}

function notesOf(why: WhyNot): string[] {
  const [decision] = why.considered;
  const [run] = why.runs;
  const chosen = decision
    ? decision.score === null
      ? (decision.outcome ?? "no score told").replaceAll("_", " ")
      : `${decision.score.toFixed(2)}${decision.threshold === null ? "" : `, needs ${decision.threshold.toFixed(2)}`}`
    : "nobody told of a choice";
  return [
    why.is_registered ? "registered" : why.last_seen ? "has run before" : "no program knows it",
    decision ? `by ${decision.by}` : "nobody told that it was",
    chosen,
    run ? "an execution of it began" : "no execution of it",
    run?.status === "skipped" ? "it declined" : "it went to work",
    run ? run.status : "",
  ];
}

/** The outcome in two words, for the chip. */
export const OUTCOME_WORDS: Readonly<Record<string, string>> = {
  fired: "it did fire",
  running: "still running",
  failed: "called, failed",
  skipped: "called, declined",
  below_threshold: "considered, below the threshold",
  blocked: "blocked by a guard",
  not_chosen: "considered, not chosen",
  not_called: "chosen, not called",
  upstream_failed: "something before it failed",
  never_considered: "nobody named it",
  never_registered: "named, never registered",
  unknown_agent: "unknown name",
};
