// How an execution and its steps lie among their like: looked up in what the server has counted.

import type { ExecutionTree, UsualExecution } from "../api/views.gen";
import { KINDS, type Kind, kindOf, roundToHundred, type Share } from "./shares";

/** Which percentile a duration is, 1 to 99: `percentiles` are the 1st to the 99th, in ns. */
export function rankOf(percentiles: readonly number[], ns: number): number {
  let low = 0;
  let high = percentiles.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((percentiles[middle] as number) < ns) low = middle + 1;
    else high = middle;
  }
  return Math.max(1, low);
}

export interface Spread {
  /** How many of a hundred lie in each of the bins, which are of equal width on a logarithmic scale. */
  readonly bars: readonly number[];
  /** Where a duration stands between the first bin's beginning (0) and the last one's end (1). */
  readonly at: number;
}

/** The shape of a distribution that is told by its 1st to 99th percentile, and where a duration stands in it. */
export function spreadOf(percentiles: readonly number[], ns: number, bins: number): Spread {
  const logs = percentiles.map((each) => Math.log(Math.max(1, each)));
  const here = Math.log(Math.max(1, ns));
  const low = Math.min(here, ...logs);
  const width = Math.max(here, ...logs) - low || 1;
  const bars = new Array<number>(bins).fill(0);
  for (const each of logs) {
    const bin = Math.min(bins - 1, Math.floor(((each - low) / width) * bins));
    bars[bin] = (bars[bin] ?? 0) + 1;
  }
  return { bars, at: (here - low) / width };
}

/** By step id, or span id of an execution, its rank among those of its name; only what has ended and has enough like it. */
export function ranksOf(source: ExecutionTree, usual: UsualExecution): ReadonlyMap<string, number> {
  const key = (agent: string, name: string, category: string) => `${agent}\n${name}\n${category}`;
  const known = new Map(
    usual.steps.map((step) => [
      key(step.agent, step.is_agent ? "" : step.name, step.category),
      step.percentiles_ns,
    ]),
  );
  const agentOf = new Map(source.executions.map((node) => [node.execution_id, node.agent]));
  const ranks = new Map<string, number>();
  const add = (id: string, percentiles: readonly number[] | undefined, ns: number | null | undefined) => {
    if (percentiles && typeof ns === "number") ranks.set(id, rankOf(percentiles, ns));
  };
  for (const node of source.executions)
    if (node.status !== "skipped")
      add(node.span_id, known.get(key(node.agent, "", "agent")), node.duration_ns);
  for (const step of source.steps) {
    const agent = agentOf.get(step.execution_id);
    if (agent && !step.is_outside)
      add(step.step_id, known.get(key(agent, step.name, step.category)), step.duration_ns);
  }
  return ranks;
}

export interface UsualShare {
  readonly kind: Kind;
  /** Percent with one decimal; all of them sum to 100.0. */
  readonly percent: number;
}

/** The usual shares by kind, in the order of every bar; none if nothing is usual. */
export function usualShares(usual: UsualExecution): UsualShare[] {
  const sums = new Map<Kind, number>();
  for (const [category, share] of Object.entries(usual.shares))
    if (share > 0) sums.set(kindOf(category), (sums.get(kindOf(category)) ?? 0) + share);
  const kinds = KINDS.filter((kind) => sums.has(kind));
  const percents = roundToHundred(kinds.map((kind) => sums.get(kind) ?? 0));
  return kinds.map((kind, i) => ({ kind, percent: percents[i] ?? 0 }));
}

/** Points over its usual share from which a kind is marked. */
const MARKED = 3;

/** Whether a share is at least three points over its usual one. */
export function isOverUsual(share: Share, usual: readonly UsualShare[]): boolean {
  if (usual.length === 0) return false;
  return share.percent - (usual.find(({ kind }) => kind === share.kind)?.percent ?? 0) >= MARKED;
}
