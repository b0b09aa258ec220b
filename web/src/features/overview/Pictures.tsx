import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { Link, useSearch } from "wouter";
import { questionQuery, type Wishes } from "../../api/questions";
import type { Distribution, FailureGroups, Pulse, Regression, Regressions } from "../../api/views.gen";
import { Histogram } from "../../charts/Histogram";
import { type BandMark, type BandPoint, TrendBand } from "../../charts/TrendBand";
import { onlyRange, withParts } from "../../lib/address";
import { axisTime, count, duration, NONE, percent } from "../../lib/format";
import { Asked } from "../../ui/Asked";
import type { Times } from "./OverviewPage";

const HEIGHT = 218;
const MOST_GROUPS = 5;

interface Props {
  readonly pulse: Pulse;
  readonly wishes: Wishes;
  readonly times: Times;
}

/** How durations went and lie, of the agent that got worse last if none is chosen; and what failed. */
export function Pictures({ pulse, wishes, times }: Props) {
  const changes = useQuery(questionQuery<Regressions>("regressions", { ...wishes, limit: "20" }, times));
  const worse = changes.data?.items.find((item) => item.is_worse && ofDuration(item) !== undefined) ?? null;
  const agent = wishes.agent ?? worse?.agent ?? null;
  const isWhole = agent === (wishes.agent ?? null);
  const own = useQuery({ ...questionQuery<Pulse>("pulse", { ...wishes, agent }, times), enabled: !isWhole });
  const of = { ...wishes, agent };
  return (
    <div className="overview-pictures">
      <TrendCard pulse={isWhole ? pulse : own.data} agent={agent} changes={changes.data?.items ?? []} />
      <DistributionCard
        agent={agent}
        wishes={of}
        times={times}
        change={worse?.agent === agent ? worse : null}
      />
      <FailuresCard pulse={pulse} wishes={wishes} times={times} />
    </div>
  );
}

function ofDuration(item: Regression) {
  return item.changes.find(
    ({ metric, operation }) => operation === null && (metric === "p50" || metric === "p95"),
  );
}

interface TrendProps {
  readonly pulse: Pulse | undefined;
  readonly agent: string | readonly string[] | null;
  readonly changes: readonly Regression[];
}

function TrendCard({ pulse, agent, changes }: TrendProps) {
  const points = useMemo(
    (): BandPoint[] =>
      pulse?.places.map((place) => ({
        started: place.started_at,
        executions: place.executions,
        failed_share: place.success_rate === null ? null : 1 - place.success_rate,
        p50_ns: place.p50_ns,
        p95_ns: place.p95_ns,
      })) ?? [],
    [pulse],
  );
  const marks = useMemo(
    () => changes.filter((item) => item.agent === agent).flatMap(marksOf),
    [changes, agent],
  );
  return (
    <section className="card" aria-label="Duration trend">
      <div className="hd">
        <h2>Duration trend</h2>
        <span className="m t12 cut">
          {agent ?? "all agents"}, p50 – p95{pulse ? `, ${axisTime(pulse.width_ns)} each` : ""}
        </span>
      </div>
      {pulse ? (
        <TrendBand points={points} marks={marks} height={HEIGHT} label="Median and p95 duration over time" />
      ) : (
        <div style={{ height: HEIGHT }} aria-busy="true" />
      )}
    </section>
  );
}

function marksOf(item: Regression): BandMark[] {
  const change = ofDuration(item);
  const version = item.changed_then.find(({ kind }) => kind === "version");
  if (change) {
    const moved = `${change.metric} ${duration(change.before)} → ${duration(change.after)}`;
    return [{ at: item.at, label: [version?.after, moved].filter(Boolean).join(", "), kind: "change" }];
  }
  return version ? [{ at: version.first_seen, label: version.after, kind: "version" }] : [];
}

interface DistributionProps {
  readonly agent: string | readonly string[] | null;
  readonly wishes: Wishes;
  readonly times: Times;
  readonly change: Regression | null;
}

function DistributionCard({ agent, wishes, times, change }: DistributionProps) {
  const against = change ? { at: change.at } : { with_previous: "true" };
  const query = useQuery(questionQuery<Distribution>("distribution", { ...wishes, ...against }, times));
  return (
    <section className="card" aria-label="Distribution">
      <div className="hd">
        <h2>Distribution</h2>
        <span className="m t12 cut">{agent ?? "all agents"}, log</span>
      </div>
      <Asked query={query} what="The distribution" heights={[HEIGHT]}>
        {(told) => <Bars told={told} hasChange={change !== null} />}
      </Asked>
    </section>
  );
}

function Bars({ told, hasChange }: { readonly told: Distribution; readonly hasChange: boolean }) {
  const other = told.against && told.against.executions > 0 ? told.against : null;
  const own = hasChange ? "since" : "now";
  const name = told.words ?? "before";
  return (
    <>
      <div className="t12 m said two-sets">
        {other && (
          <span>
            <i className="bar-sign" /> {name}, {count(other.executions)}, p50 {duration(other.p50_ns)}
          </span>
        )}
        <span>
          <i className={other ? "line-sign" : "bar-sign own"} /> {other ? own : "all"},{" "}
          {count(told.executions.executions)}, p50 {duration(told.executions.p50_ns)}
        </span>
      </div>
      <Histogram
        label="Executions by duration"
        height={HEIGHT - 22}
        bins={told.bins}
        names={[own, other ? name : null]}
      />
    </>
  );
}

function FailuresCard({ pulse, wishes, times }: Props) {
  const query = useQuery(
    questionQuery<FailureGroups>("failures", { ...wishes, limit: String(MOST_GROUPS) }, times),
  );
  const search = useSearch();
  const { agent, environment } = wishes;
  const filters = { status: "failed,timeout,crashed", agent: text(agent), environment: text(environment) };
  return (
    <section className="card" aria-label="Failures">
      <div className="hd">
        <h2>Failures</h2>
        <span className="m t12">
          {count(pulse.failed)}, {percent(pulse.executions ? pulse.failed / pulse.executions : null)} of
          executions
        </span>
        <span className="sp" />
        <Link className="t12" href={`/failures${onlyRange(search)}`}>
          All
        </Link>
      </div>
      <Asked query={query} what="The failures" heights={[HEIGHT]}>
        {({ groups }) =>
          groups.length === 0 ? (
            <p className="t12 m said">Nothing failed.</p>
          ) : (
            <ul className="failures">
              {groups.slice(0, MOST_GROUPS).map((group) => (
                <li key={group.group_id}>
                  <Link
                    href={`/executions${withParts(onlyRange(search), { ...filters, text: group.error_type })}`}
                  >
                    <span className="cut">
                      <b>{group.error_type ?? "no error type"}</b>{" "}
                      {group.executions > 0 && (
                        <span className="m t12">after {duration(group.lost_ns / group.executions)}</span>
                      )}
                    </span>
                    <b className="tn">{count(group.executions)}</b>
                    <span className="m t11 cut">
                      {group.place || NONE}
                      {group.agents.length > 1 ? `, ${count(group.agents.length)} agents` : ""}
                    </span>
                    <svg width="100%" height="4" aria-hidden="true">
                      <rect width="100%" height="4" rx="2" fill="var(--sunk)" />
                      <rect
                        width={`${(100 * group.executions) / Math.max(1, groups[0]?.executions ?? 1)}%`}
                        height="4"
                        rx="2"
                        fill="var(--join)"
                      />
                    </svg>
                  </Link>
                </li>
              ))}
            </ul>
          )
        }
      </Asked>
    </section>
  );
}

const text = (wish: Wishes[string]): string | null => (typeof wish === "string" ? wish : null);
