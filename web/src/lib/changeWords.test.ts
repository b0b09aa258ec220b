import { expect, test } from "vitest";
import type { MetricChange } from "../api/views.gen";
import { changeWords } from "./changeWords";

const CHANGE: MetricChange = {
  agent: "claims-triage",
  operation: null,
  metric: "p50",
  before: 10_100_000_000,
  after: 17_900_000_000,
  change: 0.77,
  effect: 4,
  confidence: 1,
  is_worse: true,
  at: "2026-11-19T06:00:00Z",
  earliest: "2026-11-19T06:00:00Z",
  latest: "2026-11-19T06:00:00Z",
};

test("a change says which way it went, with both numbers in their unit", () => {
  expect(changeWords(CHANGE)).toEqual({ word: "slower", numbers: "p50 10.1\u202fs → 17.9\u202fs" });
  expect(changeWords({ ...CHANGE, metric: "errors", operation: "plan", before: 0.02, after: 0.12 })).toEqual({
    word: "fails more",
    numbers: "plan errors 2.0\u202f% → 12.0\u202f%",
  });
  expect(changeWords({ ...CHANGE, metric: "cost", before: 0.2, after: 0.1 }).word).toBe("cheaper");
});
