import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { executionQuery } from "../../api/queries";
import type { Comparison, ExecutionTree } from "../../api/views.gen";
import { Swatch } from "../../charts/Patterns";
import { type PathSide, TwoPaths } from "../../charts/TwoPaths";
import { useWidth } from "../../charts/useWidth";
import { pathParts } from "../../lib/path";
import { KIND_NAMES, KINDS } from "../../lib/shares";
import { Asked } from "../../ui/Asked";

/** Both critical paths from the same start. */
export function PathsCard({ comparison }: { readonly comparison: Comparison }) {
  const a = useQuery(executionQuery(comparison.a.execution_id));
  const b = useQuery(executionQuery(comparison.b.execution_id));
  return (
    <section className="card" aria-label="Critical paths on one axis">
      <div className="hd">
        <h2>Critical paths on one axis</h2>
        <span className="m t12 cut">
          the same step is joined by a ribbon; coloured: it makes a tenth of the difference or more
        </span>
      </div>
      <Asked query={a} what="The first execution" heights={[200]}>
        {(treeA) => (
          <Asked query={b} what="The second execution" heights={[200]}>
            {(treeB) => <Paths comparison={comparison} treeA={treeA} treeB={treeB} />}
          </Asked>
        )}
      </Asked>
    </section>
  );
}

interface PathsProps {
  readonly comparison: Comparison;
  readonly treeA: ExecutionTree;
  readonly treeB: ExecutionTree;
}

const sideOf = (letter: string, tree: ExecutionTree): PathSide => ({
  label: `${letter} ${tree.execution.version ?? ""}`.trim(),
  total: tree.duration_ns ?? 0,
  parts: pathParts(tree),
});

function Paths({ comparison, treeA, treeB }: PathsProps) {
  const [place, width] = useWidth(1200);
  const sides = useMemo(() => [sideOf("A", treeA), sideOf("B", treeB)] as const, [treeA, treeB]);
  const partnerOf = useMemo(
    () =>
      new Map(
        comparison.pairs.flatMap((pair) => (pair.a && pair.b ? [[pair.a.id, pair.b.id] as const] : [])),
      ),
    [comparison],
  );
  const present = new Set(sides.flatMap(({ parts }) => parts.map(({ kind }) => kind)));
  return (
    <>
      <div ref={place}>
        <TwoPaths a={sides[0]} b={sides[1]} partnerOf={partnerOf} width={width} />
      </div>
      <div className="compare-key t12 m">
        {KINDS.filter((kind) => present.has(kind)).map((kind) => (
          <span key={kind}>
            <Swatch kind={kind} /> {KIND_NAMES[kind]}
          </span>
        ))}
      </div>
    </>
  );
}
