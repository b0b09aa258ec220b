const WORDS: Readonly<Record<string, readonly [string, string, string]>> = {
  connecting: ["", "connecting", "The live connection is being made"],
  live: ["good", "live", "What happens is shown at once"],
  reconnecting: ["warn", "reconnecting", "The live connection was lost and is made again"],
  polling: ["", "polling", "There is no live connection: the page asks every few seconds"],
};

/** How fresh the page is: a word, never colour alone; nothing where nobody listens. */
export function LiveChip({ state }: { readonly state: string }) {
  const words = WORDS[state];
  if (!words) return null;
  const [tone, word, why] = words;
  return (
    <span className={`chip live ${tone}`} title={why} data-live={state}>
      <i className={state === "live" ? "dot" : "dot pulse"} aria-hidden="true" />
      {word}
    </span>
  );
}
