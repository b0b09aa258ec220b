import { useEffect, useState } from "react";
import type { ExecutionTree } from "../../api/views.gen";
import { epochMs, offsetNow } from "../../lib/time";

/**
 * The present in ns from the start, four times a second while something runs; null when all has ended. Something that
 * gave no sign for an hour, nor its process, is not followed to the present: its bars end at the last thing that is known.
 */
export function useNow(tree: ExecutionTree, isOpen: boolean, fetchedAt: number): number | null {
  const [clock, setClock] = useState(() => Date.now());
  const hasOpenBar =
    isOpen && (tree.duration_ns === null || tree.steps.some((step) => step.duration_ns === undefined));
  useEffect(() => {
    if (!hasOpenBar) return undefined;
    const timer = setInterval(() => setClock(Date.now()), 250);
    return () => clearInterval(timer);
  }, [hasOpenBar]);
  if (!hasOpenBar) return null;
  const heard = tree.processes.map(({ last_heard_at }) => offsetNow(tree.started_at, epochMs(last_heard_at)));
  const last = Math.max(lastKnown(tree), ...heard);
  const present = offsetNow(tree.started_at, Math.max(clock, fetchedAt));
  const HOUR = 3_600_000_000_000;
  return present - last > HOUR ? last : Math.max(present, last);
}

/** The latest start or end in the tree. */
export function lastKnown(tree: ExecutionTree): number {
  let last = tree.duration_ns ?? 0;
  for (const node of [...tree.steps, ...tree.executions])
    last = Math.max(last, node.offset_ns + (node.duration_ns ?? 0));
  for (const event of tree.events) last = Math.max(last, event.offset_ns);
  return Math.max(last, 1);
}
