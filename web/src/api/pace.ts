// How often to ask for what is followed live: an answer that takes the server long is asked for less often.

/** Of this much of the time at most the server works on what one page asks for again and again. */
const SHARE = 0.02;
const LONGEST_MS = 30_000;

/** How long the last two answers took, by what was asked. */
const took = new Map<string, readonly number[]>();

/** The answer, with note taken of how long it took. */
export async function timed<T>(what: string, ask: () => Promise<T>): Promise<T> {
  const began = performance.now();
  const answer = await ask();
  took.set(what, [performance.now() - began, ...(took.get(what) ?? [])].slice(0, 2));
  return answer;
}

/** Milliseconds until it is asked for again: at least these. One answer that was late changes nothing. */
export function seldom(what: string, leastMs: number): number {
  const [last, before] = took.get(what) ?? [];
  const quick = last === undefined || before === undefined ? 0 : Math.min(last, before);
  return Math.max(leastMs, Math.min(LONGEST_MS, quick / SHARE));
}
