import { useQuery } from "@tanstack/react-query";
import { findingsQuery, isOpen } from "../../api/queries";
import type { ExecutionTree, FindingItem, Findings as Found } from "../../api/views.gen";
import { cost, counted, duration } from "../../lib/format";

interface Props {
  readonly tree: ExecutionTree;
  readonly onPick: (id: string) => void;
}

/** What to do about this execution: what it could save on the critical path, and what else is worth telling. */
export function Findings({ tree, onPick }: Props) {
  const { data, error } = useQuery(findingsQuery(tree.execution.execution_id, isOpen(tree)));
  if (error) return <p className="card note bad">What could be saved is not known: {error.message}</p>;
  if (!data || data.findings.length === 0) return null;
  const savings = data.findings.filter((finding) => (finding.saving_ns ?? 0) > 0);
  const others = data.findings.filter((finding) => (finding.saving_ns ?? 0) === 0);
  const most = Math.max(...savings.map((finding) => finding.saving_ns ?? 0), 1);
  return (
    <section className="card" aria-label="Findings">
      {savings.length > 0 && (
        <>
          <div className="hd">
            <h2>Could save</h2>
            <span className="m t12 cut">on the critical path; each simulated alone</span>
            <span className="sp" />
            <Together found={data} />
          </div>
          <List findings={savings} most={most} onPick={onPick} />
        </>
      )}
      {others.length > 0 && (
        <>
          <div className="hd">
            <h2>{savings.length > 0 ? "Also worth knowing" : "Worth knowing"}</h2>
            <span className="m t12">{counted(others.length, "finding")}</span>
          </div>
          <List findings={others} most={most} onPick={onPick} />
        </>
      )}
    </section>
  );
}

function Together({ found }: { readonly found: Found }) {
  if (found.together.length < 2) return null;
  return (
    <span className="t12 m">
      {counted(found.together.length, "finding")} together:{" "}
      <b>{duration(found.duration_ns - found.saving_together_ns)}</b> instead of {duration(found.duration_ns)}
    </span>
  );
}

interface ListProps {
  readonly findings: readonly FindingItem[];
  readonly most: number;
  readonly onPick: (id: string) => void;
}

function List({ findings, most, onPick }: ListProps) {
  return (
    <ul className="findings">
      {findings.map((finding) => (
        <li key={finding.finding_id}>
          <Saving finding={finding} most={most} />
          <div>
            <Title finding={finding} onPick={onPick} />
            <p className="m t12">{finding.advice}</p>
          </div>
          <span className="mono t11 m place" title={finding.code_function ?? undefined}>
            {placeOf(finding)}
          </span>
          <Confidence word={finding.confidence} />
        </li>
      ))}
    </ul>
  );
}

function Saving({ finding, most }: { readonly finding: FindingItem; readonly most: number }) {
  const ns = finding.saving_ns ?? 0;
  if (ns === 0)
    return <span className="saving m t12">{finding.saving_usd ? cost(finding.saving_usd) : ""}</span>;
  return (
    <span className="saving tn">
      <b>−{duration(ns)}</b>
      <i style={{ width: `${Math.max(4, (ns / most) * 100)}%` }} />
    </span>
  );
}

function Title({
  finding,
  onPick,
}: {
  readonly finding: FindingItem;
  readonly onPick: (id: string) => void;
}) {
  const [first] = Array.isArray(finding.evidence.steps) ? finding.evidence.steps : [];
  if (typeof first !== "string") return <b>{finding.title}</b>;
  return (
    <button type="button" className="link" onClick={() => onPick(first)} title="Show the step">
      <b>{finding.title}</b>
    </button>
  );
}

const SURE = ["low", "medium", "high", "certain"];

/** How sure it is, as a word under three marks. */
function Confidence({ word }: { readonly word: string }) {
  const level = Math.max(0, SURE.indexOf(word));
  return (
    <span className="sure t11 m">
      <svg width="32" height="4" aria-hidden="true">
        {[0, 1, 2].map((mark) => (
          <rect
            key={mark}
            x={mark * 11}
            width="10"
            height="4"
            rx="1.5"
            className={mark < level ? "on" : "off"}
          />
        ))}
      </svg>
      {word}
    </span>
  );
}

function placeOf({ code_file, code_line, code_function }: FindingItem): string {
  if (!code_file) return code_function ?? "";
  const file = code_file.split("/").slice(-2).join("/");
  return code_line === null ? file : `${file}:${code_line}`;
}
