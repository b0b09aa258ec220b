import { expect, test } from "vitest";
import type { ExecutionTree, Findings } from "../api/views.gen";
import { asMarkdown } from "./markdown";
import { sharesOf } from "./shares";

const tree = {
  execution: {
    execution_id: "e1",
    agent: "triage",
    status: "success",
    version: "v2",
    steps_total: 3,
    model_calls: 1,
    input_tokens: 1_200,
    output_tokens: null,
    cost_usd: 0.1,
    error_type: null,
  },
  duration_ns: 4_000_000_000,
  usual: null,
  shares: { tool: 3_000_000_000, agent: 1_000_000_000 },
  critical_path: [
    { node_id: "a", name: "search", category: "tool", offset_ns: 0, duration_ns: 3_000_000_000 },
  ],
  executions: [],
  steps: [],
  decisions: [
    {
      span_id: "a",
      execution_id: "e1",
      offset_ns: 0,
      candidate: "fraud",
      score: 0.2,
      threshold: 0.5,
      outcome: "skipped",
    },
  ],
} as unknown as ExecutionTree; // prettier-ignore

test("the page as Markdown says verdict, shares, path, findings with their code places, and who did not fire", () => {
  const findings = {
    duration_ns: 4_000_000_000,
    saving_together_ns: 0,
    together: [],
    findings: [
      {
        title: "search is slow",
        advice: "Cache it.",
        confidence: "high",
        saving_ns: 2_000_000_000,
        code_file: "a.py",
        code_line: 7,
      },
    ],
  } as unknown as Findings;
  const text = asMarkdown({
    tree,
    shares: sharesOf(tree.shares),
    usual: undefined,
    findings,
    address: "http://x/1",
  });
  expect(text).toContain("# triage: 4.00 s, success");
  expect(text).toContain("| Tools | 3.00 s | 75.0 % | unknown |");
  expect(text).toContain("- after 0 s: `search` (tool) 3.00 s");
  expect(text).toContain("- **search is slow** (saves 2.00 s, high) `a.py:7`. Cache it.");
  expect(text).toContain("1,200 tokens in, unknown out");
  expect(text).toContain("- fraud: score 0.2, needs 0.5");
  expect(text).toContain("Source: http://x/1");
});
