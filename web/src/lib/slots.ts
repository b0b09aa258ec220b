// Places of what runs: each keeps its own while it runs, and a new one takes the place of one that has ended.

/** One id a place; those at the end that no longer run are let go once `isKept` says so no more. */
export function placed(
  before: readonly string[],
  running: readonly string[],
  isKept: (id: string) => boolean = () => true,
): string[] {
  const now = new Set(running);
  const waiting = running.filter((id) => !before.includes(id));
  const places = before.map((id) => (now.has(id) || waiting.length === 0 ? id : (waiting.shift() as string)));
  const every = [...places, ...waiting];
  while (every.length > 0) {
    const last = every.at(-1) as string;
    if (now.has(last) || isKept(last)) break;
    every.pop();
  }
  return every;
}
