// The only place that converts times. Inside an execution a time is an offset in integer nanoseconds from its start:
// nanoseconds since 1970 do not fit a JavaScript number.

export const MICROSECOND = 1_000;
export const MILLISECOND = 1_000_000;
export const SECOND = 1_000_000_000;
export const MINUTE = 60 * SECOND;

/** Milliseconds since 1970 of an RFC 3339 time; digits below a millisecond are dropped. NaN if it is none. */
export function epochMs(rfc3339: string): number {
  return Date.parse(rfc3339.replace(/(\.\d{3})\d+/, "$1"));
}

/** How far `nowMs` (since 1970) lies after an RFC 3339 start, in nanoseconds; never negative. */
export function offsetNow(startedAt: string, nowMs: number): number {
  return Math.max(0, Math.round((nowMs - epochMs(startedAt)) * MILLISECOND));
}

/** How far an RFC 3339 time lies after another, in nanoseconds; both may have more than three digits of a second. */
export function offsetBetween(from: string, to: string): number {
  return from === to ? 0 : (epochMs(to) - epochMs(from)) * MILLISECOND + restOf(to) - restOf(from);
}

/** Nanoseconds of the digits behind the millisecond. */
function restOf(rfc3339: string): number {
  const digits = /\.\d{3}(\d*)/.exec(rfc3339)?.[1] ?? "";
  return Number(digits.padEnd(6, "0").slice(0, 6));
}

const LONG_STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720, 1440].map((minutes) => minutes * MINUTE);

/** Steps of 1, 2, 5 and their tens, and whole minutes from one minute on: at most `most` ticks over `span`. */
export function tickStep(span: number, most: number): number {
  const least = Math.max(1, span / Math.max(1, most));
  const long = least > 50 * SECOND ? LONG_STEPS.find((step) => step >= least) : undefined;
  if (long !== undefined) return long;
  const ten = 10 ** Math.floor(Math.log10(least));
  for (const factor of [1, 2, 5]) {
    if (factor * ten >= least) return factor * ten;
  }
  return 10 * ten;
}

/** Round positions from `from` to `to`, at most `most` of them. */
export function ticks(from: number, to: number, most: number): number[] {
  const step = tickStep(to - from, most);
  const found: number[] = [];
  for (let at = Math.ceil(from / step) * step; at <= to; at += step) found.push(at);
  return found;
}

/** The start of a time range that ends now, as RFC 3339; null for "all". */
export function rangeStart(range: string, nowMs: number): string | null {
  const hours: Record<string, number> = { "1h": 1, "24h": 24, "7d": 168, "30d": 720 };
  const length = hours[range];
  return length === undefined ? null : new Date(nowMs - length * 3_600_000).toISOString();
}
