// Pages that follow the live door: a tree is changed in place, lists and sums are asked for again, not too often.

import { type QueryClient, useQueryClient } from "@tanstack/react-query";
import { useEffect, useSyncExternalStore } from "react";
import { patched } from "../lib/live";
import { forgetHeard, heardOf } from "./heard";
import { type LiveState, live, type Wish } from "./live";
import { seldom } from "./pace";
import type { ExecutionTree, LiveEvent } from "./views.gen";

/** How this tab stands with the live door. */
export function useLiveState(): LiveState {
  return useSyncExternalStore(live.watch, live.current);
}

/** Ask again for what a key names when something of a wish has happened: at once, then at most every so many ms. */
export function useLiveRefetch(wish: Wish, key: readonly unknown[], everyMs: number): void {
  const queries = useQueryClient();
  const wishText = JSON.stringify(wish);
  const keyText = JSON.stringify(key);
  useEffect(() => {
    const again = paced(() => queries.invalidateQueries({ queryKey: JSON.parse(keyText) }), everyMs);
    let isFirst = true;
    const leave = live.subscribe(JSON.parse(wishText) as Wish, (_, isGap) => {
      if (isFirst)
        again.later(); // what happened between loading the page and this moment
      else again.ask();
      // The first time too: the server may have gone before it said that it listens.
      if (isGap) askFailedAgain(queries);
      isFirst = false;
    });
    return () => {
      leave();
      again.stop();
    };
  }, [queries, wishText, keyText, everyMs]);
}

/** The server is there again: what could not be asked while it was away. */
function askFailedAgain(queries: QueryClient): void {
  queries.refetchQueries({ predicate: (query) => query.state.status === "error" });
}

const REFETCH_MS = 3_000;
/** A big tree is drawn anew less often than news come: 20 steps a millisecond is what a frame of it costs. */
const STEPS_PER_MS = 20;

/** Change the loaded tree of an execution as things happen; what only the server can work out is asked for again. */
export function useLiveExecution(id: string, rootId: string | undefined): void {
  const queries = useQueryClient();
  useEffect(() => {
    if (rootId === undefined) return undefined;
    const key = ["execution", id];
    const sizeOf = () => queries.getQueryData<ExecutionTree>(key)?.steps.length ?? 0;
    let waiting: LiveEvent[] = [];
    const draw = paced(
      () => {
        const events = waiting;
        waiting = [];
        queries.setQueryData<ExecutionTree>(key, (tree) => tree && patched(tree, events));
      },
      () => sizeOf() / STEPS_PER_MS,
    );
    const again = paced(
      () => queries.invalidateQueries({ queryKey: key }),
      () => Math.max(seldom("execution", REFETCH_MS), sizeOf() / 2),
    );
    const leave = live.subscribe({ execution: rootId }, (events, isGap) => {
      heardOf(id).add(events);
      waiting.push(...events);
      if (events.length > 0) draw.ask();
      const isOver = events.some((one) => one.kind === "execution.completed" && one.execution_id === id);
      if (isGap || isOver) again.now();
      else again.later();
    });
    return () => {
      leave();
      draw.stop();
      again.stop();
      forgetHeard(id);
    };
  }, [queries, id, rootId]);
}

interface Paced {
  /** Do it at once if it was not done lately, else as soon as that is so. */
  readonly ask: () => void;
  /** Do it when the time has passed. */
  readonly later: () => void;
  /** Do it at once. */
  readonly now: () => void;
  readonly stop: () => void;
}

/** Something that is done at most every so many ms, and is done once more behind the last wish. */
export function paced(act: () => void, everyMs: number | (() => number)): Paced {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let last = Number.NEGATIVE_INFINITY;
  const every = () => (typeof everyMs === "number" ? everyMs : everyMs());
  const now = () => {
    clearTimeout(timer);
    timer = undefined;
    last = performance.now();
    act();
  };
  const wait = (ms: number) => {
    timer ??= setTimeout(now, ms);
  };
  return {
    ask: () => {
      const left = last + every() - performance.now();
      if (left <= 0 && timer === undefined) now();
      else wait(Math.max(0, left));
    },
    later: () => wait(every()),
    now,
    stop: () => clearTimeout(timer),
  };
}
