import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { useLocation, useSearch } from "wouter";
import type { ExecutionTree } from "../../api/views.gen";
import { withParts } from "../../lib/address";
import { straight, withoutGaps } from "../../lib/gaps";
import type { View } from "../../lib/layout";
import { pathParts } from "../../lib/path";
import { findNodes } from "../../lib/search";
import { foldedAtFirst, type Tree, treeOf, visiblePositions, withAncestors } from "../../lib/tree";
import { lastKnown } from "./useNow";

/** What the waterfall shows and what can be done with it. Step, find, zoom and switches are in the address. */
export type WaterfallModel = ReturnType<typeof useWaterfall>;

export function useWaterfall(source: ExecutionTree, now: number | null) {
  const search = useSearch();
  const [path, navigate] = useLocation();
  const query = new URLSearchParams(search);
  const set = useCallback(
    (parts: Record<string, string | null>) => navigate(path + withParts(search, parts), { replace: true }),
    [navigate, path, search],
  );
  const foldsRepeats = query.get("repeats") !== "all";
  const tree = useMemo(() => treeOf(source, foldsRepeats), [source, foldsRepeats]);
  const critical = useMemo(() => pathParts(source), [source]);
  const onlyPath = query.get("path") === "only" && critical.length > 0;
  const { folded, toggle } = useFolds(tree);
  const rows = useMemo(() => {
    const onPath = onlyPath ? critical.map((part) => tree.positionOf.get(part.id) ?? -1) : [];
    return visiblePositions(tree, folded, onlyPath ? withAncestors(tree, onPath) : undefined);
  }, [tree, folded, onlyPath, critical]);
  const find = query.get("find") ?? "";
  const found = useMemo(() => findNodes(tree, find), [tree, find]);
  const hits = useMemo(() => new Set(found), [found]);
  const selected = tree.positionOf.get(query.get("step") ?? "") ?? 0;
  const end = Math.max(source.duration_ns ?? 0, now ?? 0) || lastKnown(source);
  const pathPositions = useMemo(
    () => Int32Array.from(critical, (part) => tree.positionOf.get(part.id) ?? -1),
    [tree, critical],
  );
  const bands = useMemo(() => bandsOf(source, end), [source, end]);
  const cutsGaps = query.get("gaps") === "cut";
  const warp = useMemo(() => (cutsGaps ? withoutGaps(tree, end) : straight(end)), [cutsGaps, tree, end]);
  const [zoom, setZoom] = useZoom(query.get("zoom"), set);
  const whole: View = { from: 0, to: warp.length };
  return {
    tree,
    rows,
    folded,
    selected,
    found,
    hits,
    find,
    critical,
    pathPositions,
    bands,
    end,
    whole,
    warp,
    cutsGaps,
    view: readView(zoom) ?? whole,
    foldsRepeats,
    onlyPath,
    showsBands: query.get("loop") !== "off",
    set,
    fold: (position: number) => toggle([position]),
    show: (view: View) =>
      setZoom(isAll(view, warp.length) ? null : `${Math.round(view.from)}-${Math.round(view.to)}`),
    select: (position: number) => {
      const node = tree.nodes[position];
      if (!node) return;
      const above = [...withAncestors(tree, [position])].filter((i) => i !== position);
      toggle(above.filter((i) => folded.has(tree.nodes[i]?.id ?? "")));
      set({ step: position === 0 ? null : node.id });
    },
  };
}

/** How long the view rests before it is written to the address: each writing draws the whole page anew. */
const REST_MS = 200;

/** The zoom as the address has it, or as it is while it moves. */
function useZoom(
  told: string | null,
  set: (parts: Record<string, string | null>) => void,
): [string | null, (zoom: string | null) => void] {
  const [moving, setMoving] = useState<{ readonly zoom: string | null } | null>(null);
  const latest = useRef(set);
  latest.current = set;
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);
  const move = (zoom: string | null) => {
    setMoving({ zoom });
    clearTimeout(timer.current);
    timer.current = setTimeout(() => {
      latest.current({ zoom });
      setMoving(null);
    }, REST_MS);
  };
  return [moving ? moving.zoom : told, move];
}

/** Which nodes are folded: repeats at first, and whatever was changed by hand since. */
function useFolds(tree: Tree) {
  const [changed, setChanged] = useState<ReadonlySet<string>>(new Set());
  const folded = useMemo(() => foldedAtFirst(tree).symmetricDifference(changed), [tree, changed]);
  const toggle = (positions: readonly number[]) => {
    if (positions.length === 0) return;
    setChanged(
      changed.symmetricDifference(new Set(positions.map((position) => tree.nodes[position]?.id ?? ""))),
    );
  };
  return { folded, toggle };
}

const isAll = (view: View, end: number) => view.from <= 0 && view.to >= end;

function bandsOf(source: ExecutionTree, end: number): { from: number; to: number }[] {
  return source.steps
    .filter((step) => step.category === "blocked_loop")
    .map(({ offset_ns, duration_ns }) => ({
      from: offset_ns,
      to: typeof duration_ns === "number" ? offset_ns + duration_ns : end,
    }));
}

/** What `zoom=from-to` says, in ns; null if it says nothing sensible. */
function readView(text: string | null): View | null {
  const match = /^(\d+)-(\d+)$/.exec(text ?? "");
  if (!match) return null;
  const [from, to] = [Number(match[1]), Number(match[2])];
  return to > from ? { from, to } : null;
}
