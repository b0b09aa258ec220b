// What the processes that an execution ran in tell of their recording, taken together.

import type { ProcessItem } from "../api/views.gen";

export interface Recording {
  /** Steps that were lost in any of them; null if none tells. */
  readonly dropped: number | null;
  /** The highest share of wall time that Longpole took in one of them, 0 to 1; null if none tells. */
  readonly overhead: number | null;
  /** When the one that is silent longest was last heard, RFC 3339; null once all said goodbye. */
  readonly lastHeard: string | null;
}

/** Null if no process tells of itself: another client than Longpole's. */
export function recordingOf(processes: readonly ProcessItem[]): Recording | null {
  if (processes.length === 0) return null;
  const dropped = known(processes.map((process) => process.dropped));
  const overheads = known(processes.map((process) => process.overhead_share));
  const open = processes
    .filter((process) => process.ended_at === null)
    .map((process) => process.last_heard_at);
  return {
    dropped: dropped.length > 0 ? dropped.reduce((sum, count) => sum + count, 0) : null,
    overhead: overheads.length > 0 ? Math.max(...overheads) : null,
    lastHeard: open.sort()[0] ?? null,
  };
}

const known = (values: readonly (number | null)[]): number[] => values.filter((value) => value !== null);
