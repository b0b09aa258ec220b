// Two critical paths on one axis: the stretches of each, and which of them are the same step.

import type { PathPart } from "./path";

export interface Stretch {
  readonly key: string;
  readonly id: string;
  readonly name: string;
  readonly offset: number;
  readonly duration: number;
}

export interface Ribbon {
  readonly key: string;
  readonly name: string;
  readonly a: Stretch;
  readonly b: Stretch;
  /** `b` less `a`, in ns. */
  readonly change: number;
}

/** Parts that follow each other and belong to one step, as one; in order of time. */
export function stretchesOf(parts: readonly PathPart[]): Stretch[] {
  const found: (Stretch & { duration: number })[] = [];
  for (const part of parts) {
    const last = found.at(-1);
    if (last && last.id === part.id && last.offset + last.duration === part.offset)
      last.duration += part.duration;
    else
      found.push({
        key: `${part.id} ${part.offset}`,
        id: part.id,
        name: part.name,
        offset: part.offset,
        duration: part.duration,
      });
  }
  return found;
}

/** Stretches of steps that both have; a step that is on the path several times is joined time by time. */
export function ribbonsOf(
  a: readonly Stretch[],
  b: readonly Stretch[],
  partnerOf: ReadonlyMap<string, string>,
): Ribbon[] {
  const waiting = new Map<string, Stretch[]>();
  for (const stretch of b) waiting.set(stretch.id, [...(waiting.get(stretch.id) ?? []), stretch]);
  return a.flatMap((stretch) => {
    const partner = waiting.get(partnerOf.get(stretch.id) ?? "")?.shift();
    return partner
      ? [
          {
            key: stretch.key,
            name: stretch.name,
            a: stretch,
            b: partner,
            change: partner.duration - stretch.duration,
          },
        ]
      : [];
  });
}
