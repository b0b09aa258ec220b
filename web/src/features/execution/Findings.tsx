import { Button } from "@mantine/core";
import { useMemo, useState } from "react";
import type { ExecutionTree, FindingItem, Findings as Found } from "../../api/views.gen";
import { cost, counted, duration } from "../../lib/format";
import { type Wish, wishesOfFinding } from "../../lib/whatIf";
import { CodePlace } from "./CodePlace";

interface Props {
  readonly tree: ExecutionTree;
  readonly found: Found | undefined;
  readonly error: Error | null;
  readonly onPick: (id: string) => void;
  /** Shows what the changes would bring. */
  readonly onSimulate: (wishes: readonly Wish[]) => void;
}

const MOST_SAVINGS = 5;

/** What this execution could save on its critical path, and what else is worth telling. */
export function Findings({ tree, found, error, onPick, onSimulate }: Props) {
  const [showsAll, setShowsAll] = useState(false);
  const nameOf = useMemo(() => {
    const names = new Map(tree.steps.map((step) => [step.step_id, step.name]));
    return (id: string) => names.get(id);
  }, [tree]);
  const all = found?.findings ?? [];
  const savings = all.filter((finding) => (finding.saving_ns ?? 0) > 0);
  const shown = showsAll ? all : savings.slice(0, MOST_SAVINGS);
  const most = Math.max(...savings.map((finding) => finding.saving_ns ?? 0), 1);
  const wishes = (finding: FindingItem) => wishesOfFinding(finding, nameOf);
  const together = all.filter(({ finding_id }) => found?.together.includes(finding_id)).flatMap(wishes);
  return (
    <section className="card" aria-label="Findings">
      <div className="hd">
        <h2>Could save</h2>
        <span className="m t12 cut">on the critical path; each simulated alone</span>
        <span className="sp" />
        {found && <Together found={found} />}
        {together.length > 1 && (
          <Button variant="default" size="xs" onClick={() => onSimulate(together)}>
            Simulate all
          </Button>
        )}
      </div>
      {savings.length === 0 && (
        <p className="m t12 quiet">
          {error
            ? `What could be saved is not known: ${error.message}`
            : found
              ? "Nothing to save was found on the critical path."
              : "Looking for what could be saved …"}
        </p>
      )}
      <ul className="findings">
        {shown.map((finding) => (
          <Item
            key={finding.finding_id}
            finding={finding}
            most={most}
            onPick={onPick}
            onSimulate={wishes(finding).length > 0 ? () => onSimulate(wishes(finding)) : undefined}
          />
        ))}
      </ul>
      {all.length > shown.length && (
        <div className="rest">
          <button type="button" className="more" onClick={() => setShowsAll(true)}>
            {counted(all.length - shown.length, "more finding")} worth knowing
          </button>
        </div>
      )}
    </section>
  );
}

function Together({ found }: { readonly found: Found }) {
  if (found.together.length < 2) return null;
  return (
    <span className="t12 m nw">
      All {found.together.length}: <b>{duration(found.duration_ns - found.saving_together_ns)}</b> instead of{" "}
      {duration(found.duration_ns)}
    </span>
  );
}

interface ItemProps {
  readonly finding: FindingItem;
  readonly most: number;
  readonly onPick: (id: string) => void;
  readonly onSimulate: (() => void) | undefined;
}

function Item({ finding, most, onPick, onSimulate }: ItemProps) {
  return (
    <li>
      <Saving finding={finding} most={most} />
      <div className="told">
        <Title finding={finding} onPick={onPick} />
        <p className="m t12" title={finding.advice}>
          {finding.advice}
        </p>
      </div>
      <span className="place">
        {finding.code_file ? (
          <CodePlace
            file={finding.code_file}
            line={finding.code_line}
            title={finding.code_function ?? undefined}
          />
        ) : (
          <span className="mono t11 m">{finding.code_function ?? ""}</span>
        )}
      </span>
      <Confidence word={finding.confidence} />
      {onSimulate ? (
        <Button variant="default" size="xs" onClick={onSimulate}>
          Simulate
        </Button>
      ) : (
        <span />
      )}
    </li>
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
