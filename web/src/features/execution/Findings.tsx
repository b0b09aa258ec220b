import type { ExecutionTree, FindingItem } from "../../api/views.gen";
import { counted, duration } from "../../lib/format";
import { Icon } from "../../ui/icons";

/** What is worth telling about this execution: what it is, what to do, where in the code, how sure. */
export function Findings({ tree }: { readonly tree: ExecutionTree }) {
  const { findings, executions } = tree;
  const agents = new Map(executions.map((node) => [node.execution_id, node.agent]));
  return (
    <section className="card" aria-label="Findings">
      <div className="hd">
        <h2>Findings</h2>
        <span className="m t12">{counted(findings.length, "finding")}</span>
      </div>
      <ul className="findings">
        {findings.map((finding) => (
          <li key={finding.finding_id}>
            <span className="warn sign">
              <Icon name="warn" size={14} />
            </span>
            <div>
              <b>{finding.title}</b>
              <span className="m t12"> {agents.get(finding.execution_id ?? "")}</span>
              <p className="m t12">{finding.advice}</p>
            </div>
            <span className="mono t11 m place">{placeOf(finding)}</span>
            <span className="t12 tn nw">
              {finding.saving_ns === null ? "" : `could save ${duration(finding.saving_ns)}`}
            </span>
            <span className="chip">{finding.confidence}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}

function placeOf({ code_file, code_line, code_function }: FindingItem): string {
  if (!code_file) return code_function ?? "";
  return code_line === null ? code_file : `${code_file}:${code_line}`;
}
