import type { Warp } from "../../lib/gaps";
import { pan, viewOf, zoom } from "../../lib/layout";
import { alike, type TreeNode } from "../../lib/tree";
import { useKeys } from "../../ui/useKeys";
import type { WaterfallModel } from "./useWaterfall";

/** Where a node lies on the axis, and how long it is there. */
function stretch(node: TreeNode, end: number, warp: Warp): [number, number] {
  const from = warp.to(node.offset);
  return [from, warp.to(node.duration === null ? end : node.offset + node.duration) - from];
}

/** The keys of the waterfall, as the page of keys lists them. */
export function useWaterfallKeys(model: WaterfallModel, onFind: () => void, onOpen: () => void): void {
  const { tree, rows, selected, view, whole, end, show, select, set } = model;
  const middle = (view.from + view.to) / 2;
  const node = tree.nodes[selected];
  const move = (by: number) => {
    const row = rows.indexOf(selected) + by;
    const next = rows[Math.min(rows.length - 1, Math.max(0, row))];
    if (next !== undefined) select(next);
  };
  const toSame = (by: number) => {
    const all = alike(tree, selected);
    const next = all[all.indexOf(selected) + by];
    if (next !== undefined) select(next);
  };
  useKeys({
    j: () => move(1),
    k: () => move(-1),
    w: () => show(zoom(view, whole, 0.6, middle)),
    s: () => show(zoom(view, whole, 1 / 0.6, middle)),
    a: () => show(pan(view, whole, -0.2)),
    d: () => show(pan(view, whole, 0.2)),
    "0": () => show(whole),
    f: () => node && show(viewOf(...stretch(node, end, model.warp), whole)),
    "[": () => toSame(-1),
    "]": () => toSame(1),
    p: () => model.critical.length > 0 && set({ path: model.onlyPath ? null : "only" }),
    b: () => model.bands.length > 0 && set({ loop: model.showsBands ? "off" : null }),
    "/": onFind,
    Enter: onOpen,
    Escape: () => (model.find ? set({ find: null }) : show(whole)),
  });
}
