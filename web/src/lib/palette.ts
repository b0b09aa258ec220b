// What the palette offers for what was typed.

export interface Choice {
  readonly title: string;
  /** Where it leads. */
  readonly to: string;
  /** What kind of thing it is, beside the title: "page", "agent", "execution". */
  readonly kind: string;
  readonly note?: string;
}

/** How well a title fits what was typed, less is better; null if it does not: all words must occur. */
export function rankOf(title: string, typed: string): number | null {
  const text = title.toLowerCase();
  let sum = 0;
  for (const word of typed.toLowerCase().split(/\s+/).filter(Boolean)) {
    const at = text.indexOf(word);
    if (at < 0) return null;
    const startsWord = at === 0 || /[^a-z0-9]/.test(text[at - 1] ?? "");
    sum += at + (startsWord ? 0 : 50);
  }
  return sum + title.length / 1_000;
}

/** The choices that fit, best first; as they came while nothing is typed. */
export function fitting(choices: readonly Choice[], typed: string, most: number): readonly Choice[] {
  if (!typed.trim()) return choices.slice(0, most);
  return choices
    .map((choice) => ({ choice, rank: rankOf(choice.title, typed) }))
    .filter((each): each is { choice: Choice; rank: number } => each.rank !== null)
    .sort((a, b) => a.rank - b.rank)
    .slice(0, most)
    .map(({ choice }) => choice);
}
