// Where things are drawn: time to pixels, zoom and pan, rows on screen, parallel bars in lanes. No drawing here.

/** The stretch of time that is shown, in ns. */
export interface View {
  readonly from: number;
  readonly to: number;
}

/** No deeper than this: a microsecond across the screen. */
const SHORTEST_VIEW = 1_000;

/** A view inside the whole, never shorter than a microsecond and never beyond the ends. */
export function clampView(view: View, whole: View): View {
  const length = Math.min(Math.max(view.to - view.from, SHORTEST_VIEW), whole.to - whole.from);
  const from = Math.min(Math.max(view.from, whole.from), whole.to - length);
  return { from, to: from + length };
}

/** Zooms around a moment that keeps its place; a factor under 1 goes closer. */
export function zoom(view: View, whole: View, factor: number, at: number): View {
  const from = at - (at - view.from) * factor;
  return clampView({ from, to: from + (view.to - view.from) * factor }, whole);
}

/** Moves by a part of what is shown. */
export function pan(view: View, whole: View, part: number): View {
  const by = (view.to - view.from) * part;
  return clampView({ from: view.from + by, to: view.to + by }, whole);
}

/** A step with a tenth of air on both sides. */
export function fit(offset: number, duration: number, whole: View): View {
  const air = Math.max(duration * 0.1, SHORTEST_VIEW);
  return clampView({ from: offset - air, to: offset + duration + air }, whole);
}

/** Pixels of a moment. */
export function toX(ns: number, view: View, left: number, width: number): number {
  return left + ((ns - view.from) / (view.to - view.from)) * width;
}

/** The moment at a pixel. */
export function toTime(x: number, view: View, left: number, width: number): number {
  return view.from + ((x - left) / width) * (view.to - view.from);
}

/** First and one past the last row that touch the screen. */
export function rowsOnScreen(scrollTop: number, height: number, rowHeight: number, rows: number): readonly [number, number] {
  const first = Math.max(0, Math.floor(scrollTop / rowHeight));
  return [Math.min(first, rows), Math.min(rows, Math.ceil((scrollTop + height) / rowHeight))];
}

/** The scroll position that shows a row, moving as little as possible. */
export function scrollTo(row: number, scrollTop: number, height: number, rowHeight: number): number {
  const top = row * rowHeight;
  if (top < scrollTop) return top;
  if (top + rowHeight > scrollTop + height) return top + rowHeight - height;
  return scrollTop;
}

/** A lane per interval so that none overlap, as few lanes as there are at once; intervals sorted by start. */
export function packLanes(intervals: readonly { readonly from: number; readonly to: number }[]): number[] {
  const free: number[] = [];
  return intervals.map(({ from, to }) => {
    let lane = free.findIndex((end) => end <= from);
    if (lane < 0) lane = free.length;
    free[lane] = Math.max(to, from + 1);
    return lane;
  });
}
