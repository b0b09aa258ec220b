// The changes of a simulation: in the address as `if=parallel:a,b`, and towards the server as its own filters.

import type { FindingItem } from "../api/views.gen";

export const DEEDS = ["parallel", "faster", "cache", "remove"] as const;
export type Deed = (typeof DEEDS)[number];

export interface Wish {
  readonly deed: Deed;
  /** As the server reads it: `a,b`, `a=2x`, `a`. */
  readonly text: string;
}

const isDeed = (word: string): word is Deed => (DEEDS as readonly string[]).includes(word);

/** The changes that an address asks for; what cannot be read is left out. */
export function readWishes(search: string): Wish[] {
  return new URLSearchParams(search).getAll("if").flatMap((each) => {
    const at = each.indexOf(":");
    const deed = each.slice(0, at);
    const text = each.slice(at + 1);
    return at > 0 && isDeed(deed) && text ? [{ deed, text }] : [];
  });
}

/** The address with these changes instead of its own, each once, and the tab that shows them. */
export function withWishes(search: string, wishes: readonly Wish[]): string {
  const query = new URLSearchParams(search);
  query.delete("if");
  for (const each of new Set(wishes.map(({ deed, text }) => `${deed}:${text}`))) query.append("if", each);
  query.set("tab", "what-if");
  return `?${query}`;
}

/** Filters of the server, a list for each deed. */
export function filtersOf(wishes: readonly Wish[]): Record<string, string[]> {
  const filters: Record<string, string[]> = {};
  for (const { deed, text } of wishes) filters[deed] = [...(filters[deed] ?? []), text];
  return filters;
}

/** The change that the server tried: its option is `--deed text`, quoted for a shell. */
export function wishOfOption(option: string): Wish | null {
  const match = /^--(\w+) (.*)$/s.exec(option);
  if (!match) return null;
  const [, deed = "", text = ""] = match;
  if (!isDeed(deed)) return null;
  return { deed, text: text.startsWith("'") ? text.slice(1, -1).replaceAll("'\\''", "'") : text };
}

/** What would cure a finding, as changes that can be simulated; none where nothing is known. */
export function wishesOfFinding(
  { rule, evidence }: Pick<FindingItem, "rule" | "evidence">,
  nameOf: (id: string) => string | undefined,
): Wish[] {
  const steps = names(evidence.steps);
  const [first] = steps;
  if (first === undefined) return [];
  if (rule.startsWith("sequence."))
    return steps.length > 1 ? [{ deed: "parallel", text: steps.join(",") }] : [];
  if (rule === "repeats.same_call") return [{ deed: "cache", text: nameOf(first) ?? first }];
  if (rule.startsWith("waits.")) return steps.map((text) => ({ deed: "remove", text }));
  return [];
}

const names = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((each): each is string => typeof each === "string") : [];
