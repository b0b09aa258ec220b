import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { Link, useSearch } from "wouter";
import { questionQuery } from "../../api/questions";
import type { MetricChange, Regression, Regressions, Trends } from "../../api/views.gen";
import { ForecastLine } from "../../charts/ForecastLine";
import { TrendBand } from "../../charts/TrendBand";
import { onlyRange } from "../../lib/address";
import { changeWords } from "../../lib/changeWords";
import {
  cost,
  count,
  counted,
  duration,
  fullTime,
  percent,
  quantity,
  shortDay,
  shortId,
  signed,
} from "../../lib/format";
import { Asked } from "../../ui/Asked";

interface Props {
  readonly change: Regression;
  readonly found: Regressions;
}

/** One change: its agent over time with the mark, what moved, which step took the time, what changed then. */
export function Chosen({ change, found }: Props) {
  const search = useSearch();
  const trends = useQuery(
    questionQuery<Trends>("trends", { agent: change.agent, from: found.from_time, to: found.to_time }),
  );
  const range = onlyRange(search);
  return (
    <section className="card" aria-label="The chosen change">
      <div className="hd">
        <h2>{change.agent}</h2>
        <span className="m t12">in stretches of {duration(found.width_ns)}</span>
        <span className="sp" />
        <Link className="t12" href={`/agents/${encodeURIComponent(change.agent)}${range}`}>
          The agent
        </Link>
      </div>
      <Asked query={trends} what="The trend" heights={[220]}>
        {({ agents: [trend] }) =>
          trend ? (
            <Picture change={change} trend={trend} />
          ) : (
            <p className="m verdict">Its trend is unknown.</p>
          )
        }
      </Asked>
      <div className="regressions-facts">
        <Moved changes={change.changes} />
        <TookTime change={change} />
        <Then change={change} />
      </div>
    </section>
  );
}

type Place = Trends["agents"][number]["points"][number];

const OTHERS: Readonly<
  Record<string, readonly [string, (place: Place) => number | null, (value: number) => string]>
> = {
  errors: ["share of executions that failed", ({ failed_share }) => failed_share, percent],
  cost: ["cost", ({ cost_usd }) => cost_usd, cost],
  calls: ["executions", ({ executions }) => executions, count],
};

/** The number of the change itself where the agent's trend has it, its durations otherwise. */
function Picture({
  change,
  trend,
}: {
  readonly change: Regression;
  readonly trend: Trends["agents"][number];
}) {
  const [first] = change.changes;
  const label = first ? changeWords(first).numbers : "changed";
  const marks = useMemo(() => {
    const versions = change.changed_then
      .filter(({ kind }) => kind === "version")
      .map(({ after, first_seen }) => ({ at: first_seen, label: after, kind: "version" as const }));
    return [...versions, { at: change.at, label, kind: "change" as const }];
  }, [change, label]);
  const other = OTHERS[first?.metric ?? ""];
  const days = useMemo(() => trend.points.map(({ started }) => shortDay(started)), [trend]);
  const values = useMemo(() => (other ? trend.points.map(other[1]) : []), [other, trend]);
  const mark = useMemo(() => ({ label: shortDay(change.at), name: label }), [change, label]);
  if (other) {
    return (
      <ForecastLine
        labels={days}
        past={values}
        mark={mark}
        print={other[2]}
        height={230}
        label={`The ${other[0]} of ${change.agent}, changed on ${shortDay(change.at)}`}
      />
    );
  }
  return (
    <TrendBand
      points={trend.points}
      marks={marks}
      height={230}
      label={`Durations of ${change.agent}, changed on ${shortDay(change.at)}`}
    />
  );
}

function Moved({ changes }: { readonly changes: readonly MetricChange[] }) {
  return (
    <div>
      <h3>What moved</h3>
      <ul>
        {changes.map((one) => (
          <li key={`${one.operation} ${one.metric}`}>
            <span className={one.is_worse ? "bad" : one.is_worse === false ? "good" : ""}>
              {one.after >= one.before ? "▲" : "▼"}
            </span>{" "}
            {changeWords(one).numbers}
            <div className="m t12">
              {one.effect >= 0 ? "+" : "−"}
              {quantity(Math.round(Math.abs(one.effect) * 10) / 10)} standard deviations,{" "}
              {percent(one.confidence)} sure
              {one.earliest !== one.latest && `, ${shortDay(one.earliest)} to ${shortDay(one.latest)}`}
            </div>
          </li>
        ))}
      </ul>
    </div>
  );
}

function TookTime({ change }: { readonly change: Regression }) {
  return (
    <div>
      <h3>Which step took the time</h3>
      {change.slower.length === 0 && <p className="m">No step took longer; it is not about time.</p>}
      <ul>
        {change.slower.slice(0, 5).map((one) => (
          <li key={one.operation}>
            <b>{one.operation}</b> {signed(one.more_calls_ns + one.slower_calls_ns, duration)} an execution
            <div className="m t12">
              {signed(one.slower_calls_ns, duration)} by slower calls ({duration(one.mean_before_ns)} →{" "}
              {duration(one.mean_after_ns)}), {signed(one.more_calls_ns, duration)} by more calls (
              {quantity(one.calls_before)} → {quantity(one.calls_after)})
            </div>
          </li>
        ))}
      </ul>
    </div>
  );
}

function Then({ change }: { readonly change: Regression }) {
  const { changed_then, first_bad } = change;
  return (
    <div>
      <h3>What changed then</h3>
      {changed_then.length === 0 && <p className="m">No version, model, commit or prompt that is known.</p>}
      <ul>
        {changed_then.map((one) => (
          <li key={one.kind + one.after}>
            <b>{one.kind}</b> {one.before ?? "none"} → {one.after}
            <div className="m t12">first seen {fullTime(one.first_seen)}</div>
          </li>
        ))}
        {first_bad && (
          <li>
            First on the new level:{" "}
            <Link href={`/executions/${first_bad.execution_id}`}>{shortId(first_bad.execution_id)}</Link>
            <div className="m t12">
              {fullTime(first_bad.started_at)}, {duration(first_bad.duration_ns)}
              {first_bad.version && `, version ${first_bad.version}`}
            </div>
          </li>
        )}
      </ul>
      <p className="m t12">{counted(change.changes.length, "number")} moved at that time.</p>
    </div>
  );
}
