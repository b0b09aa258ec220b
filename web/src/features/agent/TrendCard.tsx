import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { questionQuery } from "../../api/questions";
import type { AgentTrend, AgentVersion, Trends } from "../../api/views.gen";
import { type BandMark, TrendBand } from "../../charts/TrendBand";
import { changeWords } from "../../lib/changeWords";
import { duration } from "../../lib/format";
import { Asked } from "../../ui/Asked";
import type { Asks } from "./AgentPage";

interface Props {
  readonly versions: readonly AgentVersion[];
  readonly asks: Asks;
}

/** How long executions took over time, with the versions and the points of change. */
export function TrendCard({ versions, asks }: Props) {
  const query = useQuery(questionQuery<Trends>("trends", asks.wishes, asks.address));
  return (
    <section className="card" aria-label="Duration trend">
      <Asked query={query} what="The trend" heights={[240]}>
        {({ agents, width_ns }) => {
          const [trend] = agents;
          return (
            <>
              <div className="hd">
                <h2>Duration trend</h2>
                <span className="m t12">
                  median and the band up to p95, {duration(width_ns)} a point; dashed: a version came, red: a
                  level changed
                </span>
              </div>
              {trend && trend.points.length > 1 ? (
                <Band trend={trend} versions={versions} />
              ) : (
                <p className="s pad">Too little ran for a trend.</p>
              )}
            </>
          );
        }}
      </Asked>
    </section>
  );
}

function Band({
  trend,
  versions,
}: {
  readonly trend: AgentTrend;
  readonly versions: readonly AgentVersion[];
}) {
  const marks = useMemo(() => marksOf(trend, versions), [trend, versions]);
  return (
    <TrendBand
      points={trend.points}
      marks={marks}
      height={236}
      label={`Duration of ${trend.agent} over time`}
    />
  );
}

function marksOf(trend: AgentTrend, versions: readonly AgentVersion[]): BandMark[] {
  // The version that was there from the beginning did not come within this time.
  const first = trend.points[1]?.started ?? "";
  const came = versions
    .filter(({ version, first_at }) => version !== null && first_at > first)
    .map(({ version, first_at }): BandMark => ({ at: first_at, label: version ?? "", kind: "version" }))
    .slice(0, 8);
  const changed = trend.changes
    .filter(({ metric }) => metric === "p50" || metric === "p95")
    .slice(0, 3)
    .map((change): BandMark => ({ at: change.at, label: changeWords(change).numbers, kind: "change" }));
  // One place, one line: two percentiles that changed together would write over each other.
  const places = new Map(changed.toReversed().map((mark) => [mark.at, mark]));
  return [...came, ...places.values()];
}
