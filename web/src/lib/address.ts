// What I see is in the address, so that a link shows it: reading and writing query strings, nothing else.

export const FILTERS = [
  "agent",
  "status",
  "environment",
  "version",
  "session",
  "user",
  "model",
  "tool",
  "attribute",
  "min_duration",
  "max_duration",
  "workspace",
  "parent",
] as const;

export type FilterName = (typeof FILTERS)[number];

export interface ListAddress {
  readonly filters: Readonly<Partial<Record<FilterName, string>>>;
  readonly text: string;
  readonly sort: string;
  readonly isAscending: boolean;
  readonly range: string;
  readonly from: string;
  readonly to: string;
}

export const RANGES = ["1h", "24h", "7d", "30d", "all"] as const;

/** The list's part of an address; whatever is missing or unknown has its default. */
export function readListAddress(search: string): ListAddress {
  const query = new URLSearchParams(search);
  const filters: Partial<Record<FilterName, string>> = {};
  for (const name of FILTERS) {
    const value = query.get(name);
    if (value) filters[name] = value;
  }
  const range = query.get("range") ?? "all";
  return {
    filters,
    text: query.get("text") ?? "",
    sort: query.get("sort") ?? "started",
    isAscending: query.get("order") === "asc",
    range: (RANGES as readonly string[]).includes(range) ? range : "all",
    from: query.get("from") ?? "",
    to: query.get("to") ?? "",
  };
}

/** The same address with some parts changed; an empty text removes a part. */
export function withParts(
  search: string,
  parts: Readonly<Record<string, string | null | undefined>>,
): string {
  const query = new URLSearchParams(search);
  for (const [name, value] of Object.entries(parts)) {
    if (value) query.set(name, value);
    else query.delete(name);
  }
  const text = query.toString();
  return text ? `?${text}` : "";
}

/** Only the time range of an address: what goes along from page to page. */
export function onlyRange(search: string): string {
  const query = new URLSearchParams(search);
  for (const name of [...query.keys()]) {
    if (!["range", "from", "to"].includes(name)) query.delete(name);
  }
  const text = query.toString();
  return text ? `?${text}` : "";
}

/** The last part of a path as it was before it was encoded: a name may have slashes. As it stands if it is none. */
export function lastPart(path: string): string {
  const last = path.split("/").at(-1) ?? "";
  try {
    return decodeURIComponent(last);
  } catch {
    return last;
  }
}
