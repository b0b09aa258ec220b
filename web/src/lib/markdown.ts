// One execution as Markdown, for a ticket or a model: what the page says first, and where in the code it is.

import type { ExecutionTree, Findings, UsualExecution } from "../api/views.gen";
import { cost, count, counted, duration, percentFigure } from "./format";
import type { Share } from "./shares";
import { silentOnes } from "./tree";
import { usualShares } from "./usual";
import { verdictOf } from "./verdict";

export interface Told {
  readonly tree: ExecutionTree;
  readonly shares: readonly Share[];
  readonly usual: UsualExecution | undefined;
  readonly findings: Findings | undefined;
  readonly address: string;
}

const MOST_STEPS = 15;

/** Verdict, shares, critical path, findings with places in the code, and who did not fire. */
export function asMarkdown(told: Told): string {
  const { tree, address } = told;
  const verdict = verdictOf(tree, told.shares, null);
  const parts = [
    `# ${tree.execution.agent}: ${duration(tree.duration_ns)}, ${tree.execution.status}`,
    `${verdict.claim} ${verdict.rest}`.trim(),
    facts(tree),
    shares(told),
    path(tree),
    findings(told.findings),
    silent(tree),
    `Source: ${address}`,
  ];
  return `${parts.filter(Boolean).join("\n\n")}\n`.replaceAll("\u202f", " ");
}

function facts({ execution }: ExecutionTree): string {
  const lines = [
    `- Execution \`${execution.execution_id}\`${execution.version ? `, version ${execution.version}` : ""}`,
    `- ${counted(execution.steps_total, "step")}, ${counted(execution.model_calls, "model call")}, ${count(execution.input_tokens)} tokens in, ${count(execution.output_tokens)} out, cost ${cost(execution.cost_usd)}`,
    execution.error_type && `- Error: ${execution.error_type} ${execution.error_message ?? ""}`,
  ];
  return lines.filter(Boolean).join("\n");
}

function shares({ shares: own, usual }: Told): string {
  if (own.length === 0) return "";
  const usuals = new Map((usual ? usualShares(usual) : []).map(({ kind, percent }) => [kind, percent]));
  const rows = own.map(({ kind, name, ns, percent }) => {
    const before = usuals.size > 0 ? percentFigure(usuals.get(kind) ?? 0) : "unknown";
    return `| ${name} | ${duration(ns)} | ${percentFigure(percent)} | ${before} |`;
  });
  return [
    "## Where the time went",
    "",
    "| kind | time | share | usual |",
    "|---|---:|---:|---:|",
    ...rows,
  ].join("\n");
}

function path({ critical_path }: ExecutionTree): string {
  if (critical_path.length === 0) return "";
  const longest = [...critical_path].sort((a, b) => b.duration_ns - a.duration_ns).slice(0, MOST_STEPS);
  const shown = new Set(longest);
  const rows = critical_path
    .filter((part) => shown.has(part))
    .map(
      (part) =>
        `- after ${duration(part.offset_ns)}: \`${part.name}\` (${part.category}) ${duration(part.duration_ns)}`,
    );
  const rest = critical_path.length - longest.length;
  if (rest > 0) rows.push(`- and ${counted(rest, "shorter stretch", "shorter stretches")}`);
  return ["## Critical path", "", ...rows].join("\n");
}

function findings(found: Findings | undefined): string {
  if (!found || found.findings.length === 0) return "";
  const rows = found.findings.map((one) => {
    const place = one.code_file
      ? ` \`${one.code_file}${one.code_line === null ? "" : `:${one.code_line}`}\``
      : "";
    const saving = one.saving_ns ? `saves ${duration(one.saving_ns)}, ` : "";
    return `- **${one.title}** (${saving}${one.confidence})${place}. ${one.advice}`;
  });
  const together =
    found.together.length > 1
      ? [
          `Together: ${duration(found.duration_ns - found.saving_together_ns)} instead of ${duration(found.duration_ns)}.`,
          "",
        ]
      : [];
  return ["## What to do", "", ...together, ...rows].join("\n");
}

function silent(tree: ExecutionTree): string {
  const rows = silentOnes(tree).map(({ candidate, score, threshold, considered, reason }) => {
    const why =
      considered === false
        ? "never considered"
        : `score ${score ?? "unknown"}, needs ${threshold ?? "unknown"}`;
    return `- ${candidate}: ${why}${reason ? `, ${reason}` : ""}`;
  });
  return rows.length === 0 ? "" : ["## Did not fire", "", ...rows].join("\n");
}
