// The rows of a step diff: what each name contributes to the difference of two executions, the rest in one row.

import type { NameChange } from "../api/views.gen";

/** What executions spend in no step of theirs, as the server names it. */
const OWN_TIME = "(own time)";

export type Measure = "path" | "own" | "cost";

export interface DiffRow {
  readonly name: string;
  readonly category: string;
  readonly a: number | null;
  readonly b: number | null;
  /** `b` less `a`, what a side does not have counted as nothing; null where neither side tells. */
  readonly change: number | null;
  readonly countA: number;
  readonly countB: number;
  /** How many names are in this row: one, or the rest. */
  readonly names: number;
}

export interface StepDiff {
  /** The largest change first, then one row of all that changed little. */
  readonly rows: readonly DiffRow[];
  /** The sum of all rows; of times on the path it is the difference of the two executions. */
  readonly total: number;
}

const READ: Readonly<Record<Measure, (name: NameChange) => readonly [number | null, number | null]>> = {
  path: (name) => [name.critical_a_ns, name.critical_b_ns],
  own: (name) => [name.self_a_ns, name.self_b_ns],
  cost: (name) => [name.cost_a_usd, name.cost_b_usd],
};

/** At most `most` rows of single names; those behind them become one, so that the sum stays. */
export function stepDiff(names: readonly NameChange[], measure: Measure, most: number): StepDiff {
  const rows = names
    .map((name) => rowOf(name, ...READ[measure](name)))
    .filter((row) => row.change !== null && (row.a !== 0 || row.b !== 0))
    .sort((a, b) => Math.abs(b.change ?? 0) - Math.abs(a.change ?? 0));
  const total = rows.reduce((sum, row) => sum + (row.change ?? 0), 0);
  const rest = rows.slice(most);
  return { rows: rest.length > 1 ? [...rows.slice(0, most), together(rest)] : rows, total };
}

function rowOf(name: NameChange, a: number | null, b: number | null): DiffRow {
  return {
    name: name.name,
    category: name.category,
    a,
    b,
    change: a === null && b === null ? null : (b ?? 0) - (a ?? 0),
    countA: name.count_a,
    countB: name.count_b,
    names: 1,
  };
}

function together(rows: readonly DiffRow[]): DiffRow {
  const sum = (read: (row: DiffRow) => number | null) =>
    rows.reduce((total, row) => total + (read(row) ?? 0), 0);
  return {
    name: "",
    category: "",
    a: sum((row) => row.a),
    b: sum((row) => row.b),
    change: sum((row) => row.change),
    countA: sum((row) => row.countA),
    countB: sum((row) => row.countB),
    names: rows.length,
  };
}

/** What a row says beside its numbers: only on one side, or how often it ran. */
export function whyOf(row: DiffRow): { readonly badge: string; readonly text: string } {
  if (row.names > 1 || row.name === OWN_TIME) return { badge: "", text: "" };
  if (row.countA === 0) return { badge: "only in B", text: "" };
  if (row.countB === 0) return { badge: "only in A", text: "" };
  if (row.countA !== row.countB) return { badge: "", text: `${row.countB} times, was ${row.countA}` };
  if (row.a === 0 && row.b) return { badge: "moved onto the path", text: "" };
  if (row.b === 0 && row.a) return { badge: "left the path", text: "" };
  return { badge: "", text: "" };
}
