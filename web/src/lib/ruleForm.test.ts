import { expect, test } from "vitest";
import type { RuleText } from "../api/views.gen";
import { kindOf, ruleOf, valuesOf } from "./ruleForm";

const BARE = { workspace: "default", is_enabled: true, acts: false, notify: [] };

test("a new threshold is what the fields say", () => {
  const values = { ...valuesOf(null), name: " Fails ", agent: "triage", by: "", limit: "8 %", side: "below" };
  expect(ruleOf("threshold", values, null)).toEqual({
    ...BARE,
    name: "Fails",
    watch: "failure_rate",
    below: "8 %",
    agent: "triage",
  });
});

test("a rule has only the fields of its kind", () => {
  const values = { ...valuesOf(null), name: "r", acts: "yes", notify: "team" };
  expect(ruleOf("absence", values, null)).toEqual({
    ...BARE,
    name: "r",
    absent_for: "1 h",
    notify: ["team"],
  });
  expect(ruleOf("budget", values, null)).toMatchObject({ budget: "$ 100", per: "day", acts: true });
  expect(ruleOf("change", values, null)).toMatchObject({ change_of: "any", acts: false });
});

test("a rule that is opened and kept is the same rule", () => {
  for (const rule of [
    {
      ...BARE,
      name: "a",
      watch: "cost",
      above: "$ 5",
      at_least: "3",
      clears_after: "1 h",
      notify: ["x", "y"],
    },
    { ...BARE, name: "b", absent_for: "2 h", agent: "nightly", is_enabled: false },
    { ...BARE, name: "c", budget: "100 credits", per: "month", by: "user", acts: true },
    { ...BARE, name: "d", change_of: "p95", more_than: "20 %", over: "7 d", workspace: "ours" },
  ] as unknown as RuleText[]) {
    expect(ruleOf(kindOf(rule), valuesOf(rule), rule)).toEqual(rule);
  }
});
