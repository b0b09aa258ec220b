import { SegmentedControl } from "@mantine/core";
import { useMemo } from "react";
import { useLocation, useSearch } from "wouter";
import type { ExecutionTree } from "../../api/views.gen";
import { Flame } from "../../charts/Flame";
import { withParts } from "../../lib/address";
import { leftHeavy, timeOrder } from "../../lib/flame";
import { duration } from "../../lib/format";
import { treeOf } from "../../lib/tree";
import { lastKnown } from "./useNow";

interface Props {
  readonly tree: ExecutionTree;
  readonly now: number | null;
  readonly onPick: (id: string) => void;
}

/** The same steps as a flame: by the clock, or added up with the heaviest on the left. A click goes closer. */
export function FlameTab({ tree: source, now, onPick }: Props) {
  const search = useSearch();
  const [path, navigate] = useLocation();
  const query = new URLSearchParams(search);
  const isHeavy = query.get("order") === "heavy";
  const end = Math.max(source.duration_ns ?? 0, now ?? 0) || lastKnown(source);
  const frames = useMemo(() => {
    const tree = treeOf(source, false);
    if (!isHeavy) return timeOrder(tree, end);
    const own = new Map<string, number>();
    for (const step of source.steps) own.set(step.step_id, step.self_ns ?? 0);
    for (const node of source.executions) own.set(node.span_id, node.self_ns ?? 0);
    return leftHeavy(tree, end, (position) => own.get(tree.nodes[position]?.id ?? "") ?? 0);
  }, [source, end, isHeavy]);
  const zoomed = frames.find(({ id }) => id === query.get("frame"));
  const set = (parts: Record<string, string | null>) =>
    navigate(path + withParts(search, parts), { replace: true });
  return (
    <div className="flame">
      <div className="tools">
        <SegmentedControl
          size="xs"
          data={[
            { value: "time", label: "Time order" },
            { value: "heavy", label: "Left-heavy" },
          ]}
          value={isHeavy ? "heavy" : "time"}
          onChange={(value) => set({ order: value === "heavy" ? "heavy" : null, frame: null })}
        />
        <span className="m t12">
          {isHeavy
            ? "Time added up, equals joined; what ran at once counts each time"
            : "By the clock; what ran at once lies below each other"}
        </span>
        <span className="sp" />
        {zoomed && (
          <button type="button" className="more" onClick={() => set({ frame: null })}>
            {zoomed.name}, {duration(zoomed.to - zoomed.from)}: show everything again
          </button>
        )}
      </div>
      <Flame
        frames={frames}
        zoomed={zoomed}
        onZoom={(frame) => set({ frame: frame.row === 0 ? null : frame.id })}
        onPick={(frame) => onPick(frame.id)}
      />
    </div>
  );
}
