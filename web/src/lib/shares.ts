// The ten kinds of time, in the order in which every bar and legend shows them, and shares that sum to 100.0.

export const KINDS = [
  "waiting",
  "generating",
  "tool",
  "database",
  "retry",
  "blocked",
  "join",
  "queue",
  "own",
  "unexplained",
] as const;

export type Kind = (typeof KINDS)[number];

export const KIND_NAMES: Readonly<Record<Kind, string>> = {
  waiting: "Waiting for first token",
  generating: "Generating",
  tool: "Tools",
  database: "Database",
  retry: "Retry, rate limit",
  blocked: "Blocked event loop",
  join: "Waiting at a join",
  queue: "Queue",
  own: "Own code",
  unexplained: "Unexplained",
};

const KIND_OF: Readonly<Record<string, Kind>> = {
  llm_wait: "waiting",
  llm_waiting: "waiting",
  first_token: "waiting",
  llm: "generating",
  llm_generating: "generating",
  tool: "tool",
  http: "tool",
  retrieval: "tool",
  agent_comm: "tool",
  database: "database",
  cache: "database",
  retry: "retry",
  rate_limit: "retry",
  blocked_loop: "blocked",
  barrier_wait: "join",
  queue: "queue",
  processing: "own",
  validation: "own",
  serialization: "own",
  guardrail: "own",
  // An agent's own time is what no step of it explains; the server counts it so, too.
  agent: "unexplained",
  unexplained: "unexplained",
};

/** The kind of time of a category; a category that is not known here has no explanation. */
export function kindOf(category: string): Kind {
  return KIND_OF[category] ?? "unexplained";
}

export interface Share {
  readonly kind: Kind;
  readonly name: string;
  readonly ns: number;
  /** Percent with one decimal; all shares of one whole sum to 100.0. */
  readonly percent: number;
}

/** Categories joined to kinds, in their order, without empty ones. The whole is the sum of the categories. */
export function sharesOf(categoryNs: Readonly<Record<string, number>>): Share[] {
  const sums = new Map<Kind, number>();
  for (const [category, ns] of Object.entries(categoryNs)) {
    if (ns > 0) sums.set(kindOf(category), (sums.get(kindOf(category)) ?? 0) + ns);
  }
  const present = KINDS.filter((kind) => sums.has(kind));
  const figures = roundToHundred(present.map((kind) => sums.get(kind) ?? 0));
  // Without a first token nobody knows how much of a model's time was waiting, so the name does not claim it.
  const name = (kind: Kind) =>
    kind === "generating" && !sums.has("waiting") ? "Model call" : KIND_NAMES[kind];
  return present.map((kind, i) => ({
    kind,
    name: name(kind),
    ns: sums.get(kind) ?? 0,
    percent: figures[i] ?? 0,
  }));
}

/** Percents with one decimal that sum to exactly 100.0, by largest remainder; all 0 if nothing is above 0. */
export function roundToHundred(values: readonly number[]): number[] {
  const whole = values.reduce((sum, value) => sum + value, 0);
  if (whole <= 0) return values.map(() => 0);
  const exact = values.map((value) => (value / whole) * 1000);
  const floors = exact.map(Math.floor);
  const missing = 1000 - floors.reduce((sum, value) => sum + value, 0);
  const byRemainder = exact
    .map((value, i) => [value - Math.floor(value), i] as const)
    .sort((a, b) => b[0] - a[0] || a[1] - b[1]);
  for (const [, i] of byRemainder.slice(0, missing)) floors[i] = (floors[i] ?? 0) + 1;
  return floors.map((tenths) => tenths / 10);
}
