import type { ReactNode } from "react";
import type { ExecutionTree } from "../../api/views.gen";
import { counted, percent } from "../../lib/format";
import { Icon } from "../../ui/icons";

/** What the numbers above rest on: how much is explained, and what clients did not send. */
export function Trust({ tree }: { readonly tree: ExecutionTree }) {
  const { execution } = tree;
  const whole = Object.values(tree.shares).reduce((sum, ns) => sum + ns, 0);
  const explained = whole > 0 ? 1 - (tree.shares.unexplained ?? 0) / whole : null;
  const isPartial = tree.missing_parents > 0;
  const calls = execution.model_calls;
  const facts: [string, ReactNode][] = [];
  if (explained !== null) facts.push(["explained", percent(explained)]);
  if (calls > 0) {
    facts.push([
      "tokens sent by client for",
      `${calls - execution.model_calls_without_usage} of ${counted(calls, "model call")}`,
    ]);
    facts.push(["priced", `${calls - execution.model_calls_without_cost} of ${calls}`]);
  }
  facts.push(["settled", execution.is_settled ? "yes" : "not yet"]);
  return (
    <section
      className={isPartial ? "card trust partial" : "card trust"}
      aria-label="What the numbers rest on"
    >
      <span className="lead">
        <span className={isPartial ? "warn" : "good"}>
          <Icon name={isPartial ? "warn" : "check"} size={14} />
        </span>
        <b>
          {isPartial
            ? `${counted(tree.missing_parents, "step names", "steps name")} a parent that never arrived`
            : "Every step has its parent"}
        </b>
      </span>
      {facts.map(([name, value]) => (
        <span key={name}>
          {name} <b>{value}</b>
        </span>
      ))}
    </section>
  );
}
