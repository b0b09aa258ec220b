// What was heard of an execution lately: an answer that was asked for before it may not know it yet.

import type { LiveEvent } from "./views.gen";

const MOST = 2_000;

class Heard {
  private events: LiveEvent[] = [];
  private count = 0;

  add(events: readonly LiveEvent[]): void {
    this.count += events.length;
    this.events = [...this.events, ...events].slice(-MOST);
  }

  /** How much was heard so far. */
  get mark(): number {
    return this.count;
  }

  /** What was heard behind a mark. */
  since(mark: number): readonly LiveEvent[] {
    const missed = Math.min(this.count - mark, this.events.length);
    return missed > 0 ? this.events.slice(-missed) : [];
  }
}

const heard = new Map<string, Heard>();

/** What is heard of an execution while a page shows it. */
export function heardOf(id: string): Heard {
  let found = heard.get(id);
  if (!found) {
    found = new Heard();
    heard.set(id, found);
  }
  return found;
}

/** Let go of what was heard of an execution that no page shows any more. */
export function forgetHeard(id: string): void {
  heard.delete(id);
}
