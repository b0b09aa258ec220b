import type { ExecutionTree } from "../../api/views.gen";
import { Json } from "../../ui/Json";

/** The answer of the server as it came. */
export function Raw({ tree }: { readonly tree: ExecutionTree }) {
  const address = `/api/executions/${encodeURIComponent(tree.execution.execution_id)}`;
  return (
    <div style={{ padding: "12px 14px", display: "flex", flexDirection: "column", gap: 10 }}>
      <a href={address} target="_blank" rel="noreferrer" className="mono">
        GET {address}
      </a>
      <Json title="Execution" value={tree.execution} />
    </div>
  );
}
