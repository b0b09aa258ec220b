import { memo, useMemo } from "react";
import type { ExecutionTree, UsualExecution } from "../../api/views.gen";
import { PathStrip } from "../../charts/PathStrip";
import { Swatch } from "../../charts/Patterns";
import { StageStrip } from "../../charts/StageStrip";
import { useWidth } from "../../charts/useWidth";
import { WallTime } from "../../charts/WallTime";
import { duration } from "../../lib/format";
import { pathParts } from "../../lib/path";
import type { Share } from "../../lib/shares";
import { spareWork } from "../../lib/spare";
import { stagesOf } from "../../lib/stages";
import { treeOf } from "../../lib/tree";
import { isOverUsual, usualShares } from "../../lib/usual";

interface Props {
  readonly tree: ExecutionTree;
  readonly shares: readonly Share[];
  readonly now: number | null;
  readonly onPick: (id: string) => void;
  readonly usual: UsualExecution | undefined;
}

const MOST_SPARE = 3;

/** One bar of wall time that sums to 100 %, and the critical path on the same axis. */
export const WhereItWent = memo(function WhereItWent({ tree, shares, now, onPick, usual }: Props) {
  const [measure, width] = useWidth(1200);
  const parts = useMemo(() => pathParts(tree), [tree]);
  const spare = useMemo(
    () => (tree.duration_ns === null ? [] : spareWork(treeOf(tree, true), tree.duration_ns, MOST_SPARE)),
    [tree],
  );
  const usuals = usual ? usualShares(usual) : [];
  if (shares.length === 0) return null;
  const stages = stagesOf(tree);
  const whole = shares.reduce((sum, share) => sum + share.ns, 0);
  const isRunning = tree.duration_ns === null;
  return (
    <section className="card where" aria-label="Where the time went" ref={measure}>
      <div className="hd">
        <h2>
          Where {duration(tree.duration_ns ?? whole)} of wall time went{isRunning ? " so far" : ""}
        </h2>
        <span className="m t12 cut">every moment counted once, sums to 100.0 %</span>
        <span className="sp" />
        <span className="t12 m key">
          <Swatch kind="tool" width={22} /> solid: working <Swatch kind="waiting" width={22} /> patterned:
          waiting
        </span>
      </div>
      <WallTime
        shares={shares}
        width={width}
        usual={usuals}
        over={new Set(shares.filter((share) => isOverUsual(share, usuals)).map(({ kind }) => kind))}
      />
      {tree.critical_path.length > 0 && (
        <div className="strip">
          <PathStrip
            parts={parts}
            end={tree.duration_ns ?? whole}
            width={width}
            onPick={onPick}
            spare={spare}
            bands={blockedTimes(tree, whole)}
          />
        </div>
      )}
      {stages.length > 0 && (
        <div className="strip">
          <StageStrip stages={stages} end={tree.duration_ns ?? whole} now={now} width={width} />
        </div>
      )}
    </section>
  );
});

/** When the event loop was held. */
function blockedTimes({ steps }: ExecutionTree, end: number): { from: number; to: number }[] {
  return steps
    .filter((step) => step.category === "blocked_loop" && (step.duration_ns ?? end) > end / 200)
    .map(({ offset_ns, duration_ns }) => ({
      from: offset_ns,
      to: offset_ns + (duration_ns ?? end - offset_ns),
    }));
}
