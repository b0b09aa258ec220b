import { expect, test } from "vitest";
import { type Choice, fitting } from "./palette";

const named = (...titles: string[]): Choice[] => titles.map((title) => ({ title, to: "/", kind: "page" }));
const titles = (typed: string, ...all: string[]) =>
  fitting(named(...all), typed, 9).map(({ title }) => title);

test("words that start a word come before those inside one", () => {
  expect(titles("cost", "low-costly", "Cost and budgets", "Accosted")).toEqual([
    "Cost and budgets",
    "low-costly",
    "Accosted",
  ]);
});

test("all words must occur, in any order", () => {
  expect(titles("team lead", "lead of the team", "team")).toEqual(["lead of the team"]);
});

test("nothing typed shows the first ones as they came", () => {
  expect(fitting(named("b", "a", "c"), " ", 2).map(({ title }) => title)).toEqual(["b", "a"]);
});
