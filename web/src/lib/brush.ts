// A rectangle drawn over a picture of time and duration: how it lies in the address and what the server is asked by it.

import { MILLISECOND } from "./time";

export interface Brush {
  /** Milliseconds since 1970. */
  readonly from: number;
  readonly to: number;
  /** Nanoseconds; null where the picture has no durations. */
  readonly min: number | null;
  readonly max: number | null;
}

/** `brush=FROM~TO~MIN~MAX`: milliseconds since 1970, nanoseconds. */
export function brushText({ from, to, min, max }: Brush): string {
  return [from, to, min, max].map((value) => (value === null ? "" : String(Math.round(value)))).join("~");
}

/** The rectangle of an address, null when there is none that can be read. */
export function readBrush(search: string): Brush | null {
  const parts = (new URLSearchParams(search).get("brush") ?? "").split("~");
  const [from, to, min, max] = parts.map((part) => (part === "" ? null : Number(part)));
  if (parts.length !== 4 || typeof from !== "number" || typeof to !== "number") return null;
  if (![from, to, min ?? 0, max ?? 0].every(Number.isFinite) || from >= to) return null;
  return { from, to, min: min ?? null, max: max ?? null };
}

/** The rectangle as the question `differences` takes it. */
export function chosenBy(brush: Brush): Record<string, string> {
  return {
    chosen_from: new Date(brush.from).toISOString(),
    chosen_to: new Date(brush.to).toISOString(),
    ...(brush.min === null ? {} : { chosen_min: `${brush.min}ns` }),
    ...(brush.max === null ? {} : { chosen_max: `${brush.max}ns` }),
  };
}

/** The rectangle as filters of the list. */
export function listedBy(brush: Brush): Record<string, string> {
  return {
    from: new Date(brush.from).toISOString(),
    to: new Date(brush.to).toISOString(),
    ...(brush.min === null ? {} : { min_duration: durationText(brush.min) }),
    ...(brush.max === null ? {} : { max_duration: durationText(brush.max) }),
  };
}

function durationText(ns: number): string {
  return `${Math.round(ns / MILLISECOND)}ms`;
}
