// The only place that prints numbers. Unknown is the word, none is a dash, 0 is 0; a number is never cut short.

import { epochMs, MICROSECOND, MILLISECOND, SECOND } from "./time";
import { ZONE } from "./zone";

const NARROW = "\u202f";
const DAY_NS = 86_400e9;
export const UNKNOWN = "unknown";
export const NONE = "–";

/** A duration in ns: `850 µs`, `340 ms`, `4.11 s`, `31.4 s`, `6 min 12 s`, `2 h 05 min`. */
export function duration(ns: number | null | undefined): string {
  if (ns === null || ns === undefined) return UNKNOWN;
  if (ns < 0) return `−${duration(-ns)}`;
  if (ns === 0) return `0${NARROW}s`;
  if (ns < MICROSECOND) return `${Math.round(ns)}${NARROW}ns`;
  if (ns < MILLISECOND - MICROSECOND / 2) return `${Math.round(ns / MICROSECOND)}${NARROW}µs`;
  if (ns < SECOND - MILLISECOND / 2) return `${Math.round(ns / MILLISECOND)}${NARROW}ms`;
  if (ns < 9.995 * SECOND) return `${(ns / SECOND).toFixed(2)}${NARROW}s`;
  if (ns < 99.95 * SECOND) return `${(ns / SECOND).toFixed(1)}${NARROW}s`;
  return longDuration(Math.round(ns / SECOND));
}

function longDuration(seconds: number): string {
  const two = (value: number) => String(value).padStart(2, "0");
  if (seconds < 3600) return `${Math.floor(seconds / 60)}${NARROW}min ${two(seconds % 60)}${NARROW}s`;
  return `${Math.floor(seconds / 3600)}${NARROW}h ${two(Math.floor((seconds % 3600) / 60))}${NARROW}min`;
}

/** An axis label: like a duration, without digits that the axis does not need. */
export function axisTime(ns: number): string {
  if (ns === 0) return "0";
  if (ns > DAY_NS && ns % DAY_NS === 0) return `${count(ns / DAY_NS)}${NARROW}d`;
  return duration(ns)
    .replace(/\.(\d*?)0+(?=\u202f)/, (_, digits: string) => (digits ? `.${digits}` : ""))
    .replace(/ 00\u202f(s|min)$/, "");
}

/** A number and its unit apart, for figures whose unit is set smaller. */
export function durationParts(ns: number | null): readonly (readonly [string, string])[] {
  if (ns === null) return [[UNKNOWN, ""]];
  return duration(ns)
    .split(" ")
    .map((part) => {
      const [figure = "", unit = ""] = part.split(NARROW);
      return [figure, unit] as const;
    });
}

/** A count with commas. */
export function count(value: number | null | undefined): string {
  if (value === null || value === undefined) return UNKNOWN;
  return String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, ",");
}

/** A count that needs no last digit: `9,294`, from a million on `2.28 M`, `66.3 M`. */
export function bigCount(value: number | null | undefined): string {
  if (value === null || value === undefined || value < 1_000_000) return count(value);
  const [size, unit] = value < 999_500_000 ? [value / 1e6, "M"] : [value / 1e9, "G"];
  const digits = size < 9.995 ? 2 : size < 99.95 ? 1 : 0;
  return `${size.toFixed(digits).replace(/\B(?=(\d{3})+$)/g, ",")}${NARROW}${unit}`;
}

/** Megabytes as bytes of their magnitude: `1.84 GB`. */
export function megabytes(value: number | null | undefined): string {
  return value === null || value === undefined ? UNKNOWN : bytes(value * 1e6);
}

/** Bytes by magnitude, as `ls -h` counts with 1000: `912 B`, `1.43 kB`, `2.00 GB`. */
export function bytes(value: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let place = 0;
  let size = value;
  while (size >= 999.5 && place < units.length - 1) {
    size /= 1000;
    place += 1;
  }
  const digits = place === 0 ? 0 : size < 9.995 ? 2 : size < 99.95 ? 1 : 0;
  return `${size.toFixed(digits)}${NARROW}${units[place]}`;
}

/** `1 step`, `57 steps`. */
export function counted(value: number, one: string, many = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : many}`;
}

/** US dollars by magnitude: `$412.60`, `$0.100`, `$0.0027`, `$2.7e-6` becomes `$0.0000027`. */
export function cost(usd: number | null | undefined): string {
  if (usd === null || usd === undefined) return UNKNOWN;
  if (usd === 0) return "$0";
  if (usd < 0) return `−${cost(-usd)}`;
  if (usd >= 1) return `$${usd.toFixed(2).replace(/\B(?=(\d{3})+\.)/g, ",")}`;
  if (usd >= 0.01) return `$${usd.toFixed(3)}`;
  const digits = Math.min(9, 1 - Math.floor(Math.log10(usd)));
  return `$${usd.toFixed(digits)}`;
}

/** A share of 0 to 1 as percent with one decimal; never rounded up to 100 or down to 0. */
export function percent(share: number | null | undefined): string {
  if (share === null || share === undefined) return UNKNOWN;
  if (share > 0 && share < 1) return percentFigure(Math.min(99.9, Math.max(0.1, share * 100)));
  return `${(share * 100).toFixed(1)}${NARROW}%`;
}

/** A difference by any of these, always with its sign: `+6.23 s`, `−$0.02`, `±0`. */
export function signed(value: number | null | undefined, print: (value: number) => string): string {
  if (value === null || value === undefined) return UNKNOWN;
  if (value === 0) return "±0";
  return `${value > 0 ? "+" : "−"}${print(Math.abs(value))}`;
}

/** A percent figure that was rounded already (see `shares.ts`). */
export function percentFigure(figure: number): string {
  return `${figure.toFixed(1)}${NARROW}%`;
}

/** A score or threshold of a decision. */
export function score(value: number | null | undefined): string {
  if (value === null || value === undefined) return NONE;
  return value.toFixed(2);
}

/** A number of unknown kind, such as a score made elsewhere: at most four figures behind the point. */
export function quantity(value: number): string {
  return String(Math.round(value * 10_000) / 10_000).replace("-", "−");
}

/** How long ago an RFC 3339 time was: `2.1 s ago`; a time to come is now. */
export function ago(rfc3339: string, nowMs: number): string {
  const ms = nowMs - epochMs(rfc3339);
  return ms < 1_000 ? "now" : `${duration(Math.round(ms) * MILLISECOND)} ago`;
}

// Making one takes as long as using it a hundred times, and pages that run write times thirty times a second.
const FORMATS = new Map<string, Intl.DateTimeFormat>();

/** A format of a zone, kept under a name that stands for these parts. */
export function formatOf(name: string, zone: string, parts: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = `${name} ${zone}`;
  const kept = FORMATS.get(key) ?? new Intl.DateTimeFormat("en-GB", { ...parts, timeZone: zone });
  FORMATS.set(key, kept);
  return kept;
}

/** `21 Nov 2026`. */
function dayOf(then: Date, zone: string): string {
  return formatOf("day", zone, { day: "numeric", month: "short", year: "numeric" }).format(then);
}

/** `14:07:32`. */
function timeOf(then: Date, zone: string): string {
  const parts = { hour: "2-digit", minute: "2-digit", second: "2-digit", hour12: false } as const;
  return formatOf("time", zone, parts).format(then);
}

/** `14:07:32` on the day of `nowMs`, else `21 Nov 14:07:32`; in the reader's time zone. */
export function clockTime(rfc3339: string, nowMs: number, zone = ZONE): string {
  const then = new Date(epochMs(rfc3339));
  const time = timeOf(then, zone);
  const [day, today] = [dayOf(then, zone), dayOf(new Date(nowMs), zone)];
  if (day === today) return time;
  const isSameYear = day.slice(-4) === today.slice(-4);
  return `${isSameYear ? day.slice(0, -5) : day} ${time}`;
}

/** `21 Nov 2026, 14:07:32.418`, in the reader's time zone. */
export function fullTime(rfc3339: string, zone = ZONE): string {
  const then = new Date(epochMs(rfc3339));
  const day = dayOf(then, zone);
  const time = timeOf(then, zone);
  return `${day}, ${time}.${String(then.getMilliseconds()).padStart(3, "0")}`;
}

/** `21 Nov`, in the reader's time zone. */
export function shortDay(rfc3339: string, zone = ZONE): string {
  return dayOf(new Date(epochMs(rfc3339)), zone).slice(0, -5);
}

/** `Thu 19 Nov`, in the reader's time zone. */
export function weekdayAndDay(rfc3339: string, zone = ZONE): string {
  const then = new Date(epochMs(rfc3339));
  const weekday = formatOf("weekday", zone, { weekday: "short" }).format(then);
  return `${weekday} ${dayOf(then, zone).slice(0, -5)}`;
}

/** The last eight signs of an id: enough to tell two apart, short enough to read. */
export function shortId(id: string): string {
  return id.length > 12 ? id.slice(-8) : id;
}
