// The last hour of the server as bars: where each stands, how high it is, and what the highest is.

import { epochMs } from "./time";

export interface Bar {
  /** 0 to 1 from the left edge of the hour. */
  readonly at: number;
  /** 0 to 1 of the highest bar; null where nothing of the kind happened. */
  readonly height: number | null;
}

export interface Bars {
  readonly bars: readonly Bar[];
  /** The highest value of the hour, never below `least`. */
  readonly most: number;
}

export const HOUR_MS = 3_600_000;

/** Bars of the points that lie within the hour before `endMs`; bars are measured against `least` at least. */
export function barsOf<Point extends { readonly at: string }>(
  points: readonly Point[],
  endMs: number,
  least: number,
  read: (point: Point) => number | null,
): Bars {
  const shown = points
    .map((point) => ({ at: 1 - (endMs - epochMs(point.at)) / HOUR_MS, value: read(point) }))
    .filter(({ at }) => at >= 0 && at <= 1);
  const most = shown.reduce((highest, { value }) => Math.max(highest, value ?? 0), least);
  return {
    bars: shown.map(({ at, value }) => ({ at, height: value === null ? null : value / most })),
    most,
  };
}
