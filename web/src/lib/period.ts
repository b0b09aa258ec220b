// Periods that answers tell of themselves.

import { epochMs } from "./time";

interface Told {
  readonly from_time: string;
  readonly to_time: string;
}

/** `from` and `to` of the stretch of the same length right before; null where the period began with everything. */
export function earlierPeriod(told: Told | undefined): { readonly from: string; readonly to: string } | null {
  if (!told) return null;
  const from = epochMs(told.from_time) - (epochMs(told.to_time) - epochMs(told.from_time));
  return from <= 0 ? null : { from: new Date(from).toISOString(), to: told.from_time };
}

/** The noon (UTC) of a day so many days after another; noon is the same day in nearly every zone. */
export function dayAfter(day: string, days: number): string {
  return new Date(epochMs(`${day.slice(0, 10)}T12:00:00Z`) + days * 86_400_000).toISOString();
}
