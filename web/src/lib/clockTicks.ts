// Round moments of the reader's day for time axes, and what is written at them.

import { formatOf } from "./format";
import { ZONE } from "./zone";

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const STEPS = [
  ...[1, 2, 5, 10, 15, 30].map((seconds) => seconds * SECOND_MS),
  ...[1, 2, 5, 10, 15, 30].map((minutes) => minutes * MINUTE_MS),
  ...[1, 2, 3, 6, 12].map((hours) => hours * HOUR_MS),
];

/** At most `most` round moments between two, in milliseconds since 1970: full minutes, hours or midnights of the zone. */
export function clockTicks(from: number, to: number, most: number, zone = ZONE): number[] {
  const least = (to - from) / Math.max(1, most);
  const step = STEPS.find((one) => one >= least) ?? Math.ceil(least / DAY_MS) * DAY_MS;
  const found: number[] = [];
  const last = to + aheadAt(to, zone);
  for (let wall = Math.ceil((from + aheadAt(from, zone)) / step) * step; wall <= last; wall += step) {
    // What the clock is ahead by is that of the moment itself: it changes twice a year in many zones.
    const at = wall - aheadAt(wall - aheadAt(wall, zone), zone);
    if (at >= from && at <= to) found.push(at);
  }
  return found;
}

/** How many milliseconds the clock of a zone is ahead of UTC at a moment. */
function aheadAt(ms: number, zone: string): number {
  const parts = formatOf("wall", zone, {
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
    hourCycle: "h23",
  }).formatToParts(ms);
  const part = (type: string) => Number(parts.find((one) => one.type === type)?.value);
  const wall = Date.UTC(
    part("year"),
    part("month") - 1,
    part("day"),
    part("hour"),
    part("minute"),
    part("second"),
  );
  return wall - Math.floor(ms / SECOND_MS) * SECOND_MS;
}

/** What is written at a moment: the day at a midnight, else the time; with seconds where there are any. */
export function tickWords(ms: number, zone = ZONE): string {
  const time = formatOf("clock", zone, {
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    hourCycle: "h23",
  }).format(ms);
  if (time === "00:00:00") return formatOf("date", zone, { day: "numeric", month: "short" }).format(ms);
  return time.endsWith(":00") ? time.slice(0, 5) : time;
}
