// The time axis of a conversation: turns keep their proportions, the time between them is cut short.

export interface Turn {
  readonly offset: number;
  /** In ns; null while it runs. */
  readonly duration: number | null;
}

export interface TalkPiece {
  readonly kind: "turn" | "think";
  /** The place of the turn, or of the turn that this thinking came before. */
  readonly turn: number;
  readonly x: number;
  readonly width: number;
  /** The true length in ns; null of a turn that runs. */
  readonly duration: number | null;
}

const LEAST_TURN = 4;
const LEAST_THINK = 10;
const MOST_THINK = 44;

/**
 * Where turns and the time between them lie on `width` px. Thinking is at most 44 px wide, however long it took, by the
 * root of its length; what is left belongs to the turns, in proportion. Turns that overlap follow each other.
 */
export function talkPieces(turns: readonly Turn[], width: number): TalkPiece[] {
  const gaps = gapsBefore(turns);
  const longest = Math.max(1, ...gaps);
  const most = Math.min(MOST_THINK, (width * 0.5) / Math.max(1, turns.length));
  const wide = gaps.map((gap) =>
    gap === 0 ? 0 : Math.max(Math.min(LEAST_THINK, most), most * Math.sqrt(gap / longest)),
  );
  const left = Math.max(0, width - sum(wide));
  const whole = sum(turns.map((turn) => turn.duration ?? 0));
  const least = Math.min(LEAST_TURN, left / Math.max(1, turns.length));
  const spare = Math.max(0, left - least * turns.length);
  const pieces: TalkPiece[] = [];
  let x = 0;
  turns.forEach((turn, at) => {
    const gap = wide[at] ?? 0;
    if (gap > 0) pieces.push({ kind: "think", turn: at, x, width: gap, duration: gaps[at] ?? 0 });
    x += gap;
    const own = least + (whole > 0 ? ((turn.duration ?? 0) / whole) * spare : spare / turns.length);
    pieces.push({ kind: "turn", turn: at, x, width: own, duration: turn.duration });
    x += own;
  });
  return pieces;
}

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

/** How long nothing ran before each turn, in ns. */
function gapsBefore(turns: readonly Turn[]): number[] {
  let busyUntil = turns[0]?.offset ?? 0;
  return turns.map((turn) => {
    const gap = Math.max(0, turn.offset - busyUntil);
    busyUntil = Math.max(busyUntil, turn.offset + (turn.duration ?? 0));
    return gap;
  });
}
