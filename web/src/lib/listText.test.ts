import { expect, test } from "vitest";
import { csvOf, jsonOf } from "./listText";

test("commas, quotes and lines stay inside their cell, unknown is empty", () => {
  const rows = [
    { agent: 'a "b", c', cost: null, times: { llm: 1 } },
    { agent: "two\nlines", cost: 0.5 },
  ];
  expect(csvOf(rows)).toBe('agent,cost,times\r\n"a ""b"", c",,"{""llm"":1}"\r\n"two\nlines",0.5,\r\n');
});

test("a text that a spreadsheet would run does not begin like a formula", () => {
  expect(csvOf([{ agent: "=1+1", tokens: -3 }])).toBe("agent,tokens\r\n'=1+1,-3\r\n");
});

test("JSON comes back as it was", () => {
  expect(JSON.parse(jsonOf([{ a: 1 }]))).toEqual([{ a: 1 }]);
});
