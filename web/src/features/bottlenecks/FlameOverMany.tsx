import { SegmentedControl } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { useLocation, useSearch } from "wouter";
import { questionQuery, type Wishes } from "../../api/questions";
import type { MergedSteps } from "../../api/views.gen";
import { Flame } from "../../charts/Flame";
import { type ListAddress, withParts } from "../../lib/address";
import { count, counted, duration } from "../../lib/format";
import { mergedFrames } from "../../lib/mergedFlame";
import { Asked } from "../../ui/Asked";

interface Props {
  readonly wishes: Wishes;
  readonly address: ListAddress;
}

/** Many executions as one flame by paths of names, the heaviest on the left; a click zooms, another one back. */
export function FlameOverMany({ wishes, address }: Props) {
  const query = useQuery(questionQuery<MergedSteps>("merged-steps", wishes, address));
  return (
    <Asked query={query} what="The flame" heights={[220]}>
      {(merged) => <Picture merged={merged} />}
    </Asked>
  );
}

function Picture({ merged }: { readonly merged: MergedSteps }) {
  const search = useSearch();
  const [path, navigate] = useLocation();
  const by = new URLSearchParams(search).get("flame") === "self" ? "self_ns" : "critical_ns";
  const [zoomed, setZoomed] = useState<string | null>(null);
  const frames = useMemo(() => mergedFrames(merged.nodes, by), [merged, by]);
  const chosen = frames.find(({ id }) => id === zoomed);
  if (merged.executions === 0) return null;
  return (
    <section className="card" aria-label="Flame over many executions">
      <div className="hd">
        <h2>Flame over many executions</h2>
        <span className="m t12">
          {merged.is_complete ? "" : "the newest "}
          {counted(merged.executions, "execution")}, {counted(merged.steps, "step")}; like paths joined, the
          heaviest on the left
        </span>
        <span className="sp" />
        <SegmentedControl
          aria-label="Widths are"
          value={by}
          data={[
            { value: "critical_ns", label: "On the path" },
            { value: "self_ns", label: "Own time" },
          ]}
          onChange={(value) => {
            setZoomed(null);
            navigate(path + withParts(search, { flame: value === "self_ns" ? "self" : null }), {
              replace: true,
            });
          }}
        />
      </div>
      {frames.length === 0 ? (
        <p className="m verdict">No critical path is known yet: it is computed when an execution settles.</p>
      ) : (
        <Flame
          frames={frames}
          zoomed={chosen}
          onZoom={({ id }) => setZoomed(id === zoomed ? null : id)}
          onPick={() => setZoomed(null)}
        />
      )}
      <table className="hidden">
        <caption>Paths of names</caption>
        <tbody>
          {merged.nodes.slice(0, 200).map((node, at) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: a path has no other name
            <tr key={at}>
              <td>{node.name}</td>
              <td>{node.parent >= 0 ? merged.nodes[node.parent]?.name : ""}</td>
              <td>{count(node.count)}</td>
              <td>{duration(node[by])}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
