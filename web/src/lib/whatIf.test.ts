import { expect, test } from "vitest";
import { filtersOf, readWishes, wishesOfFinding, wishOfOption, withWishes } from "./whatIf";

test("changes live in the address and come back from it, each once", () => {
  const wishes = [
    { deed: "parallel", text: "a,b" },
    { deed: "faster", text: "look: up=2x" },
    { deed: "parallel", text: "a,b" },
  ] as const;
  const search = withWishes("?zoom=1-2&if=remove:old", wishes);
  expect(new URLSearchParams(search).get("tab")).toBe("what-if");
  expect(new URLSearchParams(search).get("zoom")).toBe("1-2");
  expect(readWishes(search)).toEqual(wishes.slice(0, 2));
  expect(readWishes("?if=nonsense&if=burn:a&if=remove:")).toEqual([]);
});

test("several changes of one kind reach the server as a list", () => {
  expect(
    filtersOf([
      { deed: "remove", text: "a" },
      { deed: "remove", text: "b" },
    ]),
  ).toEqual({ remove: ["a", "b"] });
});

test("what the server tried is read from its option, quotes taken off", () => {
  expect(wishOfOption("--parallel 'get it,it'\\''s'")).toEqual({ deed: "parallel", text: "get it,it's" });
  expect(wishOfOption("--faster plan=2x")).toEqual({ deed: "faster", text: "plan=2x" });
  expect(wishOfOption("--burn all")).toBeNull();
});

test("a finding becomes the change that cures it", () => {
  const nameOf = () => "profile";
  const told = (rule: string, ...steps: string[]) => wishesOfFinding({ rule, evidence: { steps } }, nameOf);
  expect(told("sequence.independent_steps", "a", "b")).toEqual([{ deed: "parallel", text: "a,b" }]);
  expect(told("repeats.same_call", "a", "b")).toEqual([{ deed: "cache", text: "profile" }]);
  expect(told("waits.rate_limit", "a", "b")).toEqual([
    { deed: "remove", text: "a" },
    { deed: "remove", text: "b" },
  ]);
  expect(told("threshold.slow", "a")).toEqual([]);
});
