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
export function viewOf(offset: number, duration: number, whole: View): View {
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
export function rowsOnScreen(
  scrollTop: number,
  height: number,
  rowHeight: number,
  rows: number,
): readonly [number, number] {
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
  const busy = new Heap<{ until: number; lane: number }>((a, b) => a.until - b.until);
  const free = new Heap<number>((a, b) => a - b);
  let lanes = 0;
  return intervals.map(({ from, to }) => {
    for (let first = busy.peek(); first && first.until <= from; first = busy.peek()) {
      free.push(first.lane);
      busy.pop();
    }
    const lane = free.pop() ?? lanes++;
    busy.push({ until: Math.max(to, from + 1), lane });
    return lane;
  });
}

/** The smallest first: 50,000 steps at once must not cost 50,000 times 50,000. */
class Heap<T> {
  private readonly items: T[] = [];

  constructor(private readonly compare: (a: T, b: T) => number) {}

  peek(): T | undefined {
    return this.items[0];
  }

  push(item: T): void {
    const { items, compare } = this;
    let at = items.length;
    items.push(item);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (compare(items[parent] as T, item) <= 0) break;
      items[at] = items[parent] as T;
      at = parent;
    }
    items[at] = item;
  }

  pop(): T | undefined {
    const { items, compare } = this;
    const first = items[0];
    const last = items.pop();
    if (items.length === 0 || last === undefined) return first;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= items.length) break;
      if (child + 1 < items.length && compare(items[child + 1] as T, items[child] as T) < 0) child++;
      if (compare(items[child] as T, last) >= 0) break;
      items[at] = items[child] as T;
      at = child;
    }
    items[at] = last;
    return first;
  }
}
