// The first sentence of an execution page: the answer in words, before any picture.

import type { ExecutionTree } from "../api/views.gen";
import { doingNow, doingOf, isVanished } from "./doing";
import { duration, fullTime, percentFigure } from "./format";
import type { Share } from "./shares";

/** A sentence in two weights: what matters, and what explains it. */
export interface Verdict {
  readonly claim: string;
  readonly rest: string;
}

const ENDED_BADLY: Readonly<Record<string, string>> = {
  failed: "Failed",
  timeout: "Timed out",
  crashed: "Crashed",
};

/** Says how it compares with the usual if that is known, and what took most of the time. */
export function verdictOf(tree: ExecutionTree, shares: readonly Share[], now: number | null): Verdict {
  const { usual, execution } = tree;
  const most = mostOf(shares);
  if (tree.duration_ns === null) {
    const rest = usual ? `Usually it takes ${duration(usual.p50_ns)}.` : "Shares are of the time so far.";
    return { claim: doingNow(doingOf(tree), now) || "Still running.", rest };
  }
  const ended = ENDED_BADLY[execution.status];
  if (isVanished(execution))
    return { claim: `Crashed after ${duration(tree.duration_ns)}.`, rest: lastHeard(tree) };
  if (ended) return { claim: `${ended} after ${duration(tree.duration_ns)}.`, rest: most };
  if (usual) {
    // Not all are quicker while one is as slow, nor all slower: rounding must not say so.
    const part = Math.min(99, Math.max(1, Math.round(usual.slower_than * 100)));
    const claim =
      part >= 50
        ? `Slower than ${part} % of ${usual.executions.toLocaleString("en-US")} executions`
        : `Faster than ${100 - part} % of ${usual.executions.toLocaleString("en-US")} executions`;
    return { claim, rest: `(usual ${duration(usual.p50_ns)}). ${most}` };
  }
  if (execution.status === "skipped")
    return { claim: "Considered, and did not fire.", rest: whySkipped(tree) };
  return { claim: most || "Finished.", rest: "" };
}

/** The reason that the skipped execution's own decision gave, as a sentence; empty if it gave none. */
function whySkipped({ execution, decisions }: ExecutionTree): string {
  const own = decisions.filter(({ candidate, reason }) => candidate === execution.agent && reason);
  const reason = own.at(-1)?.reason ?? "";
  return reason && `${reason.charAt(0).toUpperCase()}${reason.slice(1)}${/[.!?]$/.test(reason) ? "" : "."}`;
}

/** When the process of a crashed execution was last heard, and what it did then. */
function lastHeard(tree: ExecutionTree): string {
  const { ended_at } = tree.execution;
  const at = ended_at === null ? "" : ` at ${fullTime(ended_at)}`;
  const what = doingOf(tree)
    .map(({ words, name }) => (words.endsWith(name) ? words : `${words} (${name})`))
    .join(", ");
  return `Its process was last heard${at}${what ? ` while ${what}` : ""}.`;
}

function mostOf(shares: readonly Share[]): string {
  const largest = [...shares].sort((a, b) => b.ns - a.ns)[0];
  if (!largest) return "";
  return `${largest.kind === "generating" && largest.name === "Model call" ? "Model calls" : largest.name} took the most: ${duration(largest.ns)}, ${percentFigure(largest.percent)}.`;
}
