// The form of a rule: which fields each kind of rule has, and the rule that their texts make.

import type { RuleText } from "../api/views.gen";

export type Kind = "threshold" | "absence" | "budget" | "change";
export type Values = Readonly<Record<string, string>>;
type Option = readonly [string, string];

export interface Field {
  readonly name: string;
  readonly label: string;
  readonly example?: string;
  readonly options?: readonly Option[];
}

export const KINDS: readonly { readonly kind: Kind; readonly words: string }[] = [
  { kind: "threshold", words: "A number" },
  { kind: "absence", words: "Nothing runs" },
  { kind: "budget", words: "A budget" },
  { kind: "change", words: "A change" },
];

const WATCHED: readonly Option[] = [
  ["failure_rate", "failure rate"],
  ["failures", "failures"],
  ["p50_duration", "p50 duration"],
  ["p95_duration", "p95 duration"],
  ["p99_duration", "p99 duration"],
  ["mean_duration", "mean duration"],
  ["cost", "cost"],
  ["cost_each", "mean cost"],
  ["tokens", "tokens"],
  ["tokens_each", "mean tokens"],
  ["credits", "credits"],
  ["executions", "executions"],
  ["retries", "retries"],
  ["skipped_rate", "share of skipped executions"],
  ["concurrency", "executions at once"],
  ["dropped", "steps dropped"],
];
const SIDES: readonly Option[] = [
  ["above", "above"],
  ["below", "below"],
];
const PERIODS: readonly Option[] = [
  ["day", "a day"],
  ["week", "a week"],
  ["month", "a month"],
  ["hour", "an hour"],
];
const METRICS: readonly Option[] = [
  ["any", "anything"],
  ["p50", "p50 duration"],
  ["p95", "p95 duration"],
  ["errors", "share of failures"],
  ["tokens", "tokens"],
  ["cost", "cost"],
  ["calls", "calls"],
];
const EACH: readonly Option[] = [
  ["", "all together"],
  ["agent", "each agent"],
  ["version", "each version"],
  ["environment", "each environment"],
  ["user", "each user"],
];

const AGENT: Field = { name: "agent", label: "Agent", example: "any" };
const ENVIRONMENT: Field = { name: "environment", label: "Environment", example: "any" };
const BY: Field = { name: "by", label: "For", options: EACH };

export const FIELDS: Readonly<Record<Kind, readonly Field[]>> = {
  threshold: [
    { name: "watch", label: "Watch", options: WATCHED },
    { name: "side", label: "When it is", options: SIDES },
    { name: "limit", label: "Limit", example: "5 %, 2 s, $ 12.50, 20" },
    { name: "over", label: "Over", example: "15 min" },
    AGENT,
    ENVIRONMENT,
    { name: "step", label: "Step", example: "whole executions" },
    { ...BY, options: [...EACH, ["step", "each step"]] },
    { name: "hold", label: "Once it held for", example: "at once" },
    { name: "clears_at", label: "Clears at", example: "the limit" },
  ],
  absence: [{ name: "absent_for", label: "No execution for", example: "1 h" }, AGENT, ENVIRONMENT, BY],
  budget: [
    { name: "budget", label: "Budget", example: "$ 500, 2000000 tokens, 100 credits" },
    { name: "per", label: "For", options: PERIODS },
    { name: "warn_at", label: "Warn at", example: "80 %" },
    BY,
    AGENT,
    { name: "user", label: "User", example: "any" },
    {
      name: "acts",
      label: "When it is used up",
      options: [
        ["", "only tell"],
        ["yes", "stop programs that opted in"],
      ],
    },
  ],
  change: [
    { name: "change_of", label: "Got worse", options: METRICS },
    { name: "more_than", label: "By more than", example: "5 %" },
    { name: "over", label: "Within", example: "14 d" },
    AGENT,
    ENVIRONMENT,
  ],
};

const USUAL: Values = {
  watch: "failure_rate",
  side: "above",
  limit: "5 %",
  over: "",
  absent_for: "1 h",
  budget: "$ 100",
  per: "day",
  change_of: "any",
};

/** Which kind of rule a text is. */
export function kindOf(rule: RuleText): Kind {
  if (rule.absent_for) return "absence";
  if (rule.budget) return "budget";
  return rule.change_of ? "change" : "threshold";
}

/** What the fields hold for a rule, or for a new one. */
export function valuesOf(rule: RuleText | null): Values {
  if (rule === null) return USUAL;
  const own: Record<string, string> = {};
  for (const [name, value] of Object.entries(rule)) if (typeof value === "string") own[name] = value;
  return {
    ...USUAL,
    ...own,
    side: rule.below ? "below" : "above",
    limit: rule.below ?? rule.above ?? "",
    acts: rule.acts ? "yes" : "",
    notify: rule.notify?.[0] ?? "",
  };
}

/** The rule that the fields describe; what they do not have stays as it is in the rule that is changed. */
export function ruleOf(kind: Kind, values: Values, rule: RuleText | null): RuleText {
  const given: Record<string, string> = {};
  for (const { name } of FIELDS[kind]) {
    const value = (values[name] ?? "").trim();
    if (value && !["side", "limit", "acts"].includes(name)) given[name] = value;
  }
  if (kind === "threshold") given[values.side ?? "above"] = (values.limit ?? "").trim();
  const others = (rule?.notify ?? []).slice(1);
  return {
    name: (values.name ?? "").trim(),
    workspace: rule?.workspace ?? "default",
    is_enabled: rule?.is_enabled ?? true,
    acts: kind === "budget" && values.acts === "yes",
    notify: values.notify ? [values.notify, ...others] : others,
    ...(rule?.clears_after ? { clears_after: rule.clears_after } : {}),
    ...(kind === "threshold" && rule?.at_least ? { at_least: rule.at_least } : {}),
    ...given,
  } as RuleText;
}
