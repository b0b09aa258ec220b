import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { useLocation, useSearch } from "wouter";
import { questionQuery, type Wishes } from "../../api/questions";
import type { Differences, Points, Regressions } from "../../api/views.gen";
import type { Selection } from "../../charts/Chart";
import { Scatter, type ScatterPoint, type TimeMark } from "../../charts/Scatter";
import { onlyRange, withParts } from "../../lib/address";
import { type Brush, brushText, chosenBy, listedBy, readBrush } from "../../lib/brush";
import { clockTime, count, duration } from "../../lib/format";
import { epochMs } from "../../lib/time";
import { Asked } from "../../ui/Asked";
import { Icon } from "../../ui/icons";
import { statusWord } from "../../ui/Status";
import { DifferencesPanel } from "./DifferencesPanel";
import type { Times } from "./OverviewPage";

const HEIGHT = 232;
const NONE: readonly TimeMark[] = [];
/** Longer than anything takes: eleven days in ns. */
const BEYOND = 1e15;

interface Props {
  readonly wishes: Wishes;
  readonly times: Times;
}

/** Every execution, or a fair part of them, by when it started and how long it took; draw over some to ask about them. */
export function ScatterCard({ wishes, times }: Props) {
  const query = useQuery(questionQuery<Points>("points", wishes, times));
  const search = useSearch();
  const [path, navigate] = useLocation();
  const brush = useMemo(() => readBrush(search), [search]);
  const changes = useQuery(questionQuery<Regressions>("regressions", { ...wishes, limit: "20" }, times)).data;
  const set = (parts: Record<string, string | null>) =>
    navigate(path + withParts(search, parts), { replace: true });
  const isAsked = brush !== null && new URLSearchParams(search).get("different") === "1";
  return (
    <section className="card" aria-label="Executions over time">
      <div className="hd wraps">
        <h2>Executions over time</h2>
        {query.data && <Drawn points={query.data} hasHint={brush === null} />}
        <span className="sp" />
        {brush && (
          <Chosen
            brush={brush}
            wishes={wishes}
            times={times}
            onAsk={() => set({ different: isAsked ? null : "1" })}
            onDrop={() => set({ brush: null, different: null })}
          />
        )}
        {query.data && <Legend points={query.data} />}
      </div>
      <Asked query={query} what="The executions" heights={[HEIGHT]}>
        {(points) => (
          <Picture
            points={points}
            marks={marksOf(changes)}
            brush={brush}
            onBrush={(drawn) => set({ brush: drawn && brushText(drawn), different: null })}
          />
        )}
      </Asked>
      {isAsked && (
        <DifferencesPanel
          wishes={{ ...wishes, ...chosenBy(brush) }}
          times={times}
          onClose={() => set({ different: null })}
        />
      )}
    </section>
  );
}

function Drawn({ points, hasHint }: { readonly points: Points; readonly hasHint: boolean }) {
  const few = [
    points.one_in > 1.05 ? `1 in ${count(points.one_in)} drawn` : "",
    points.failed_one_in > 1.05 ? `1 in ${count(points.failed_one_in)} of the failed` : "",
  ].filter(Boolean);
  return (
    <span className="m t12 nw">
      {few.length === 0 ? "all drawn" : few.join(", ")}
      {hasHint && "; draw a box over some to ask about them"}
    </span>
  );
}

const SIGNS: Readonly<Record<string, readonly [string, string]>> = {
  success: ["●", "var(--gen)"],
  failed: ["✕", "var(--block)"],
  timeout: ["▲", "var(--retry)"],
  crashed: ["ϟ", "var(--block)"],
  skipped: ["◇", "var(--queue)"],
};

function Legend({ points }: { readonly points: Points }) {
  return (
    <span className="signs t12">
      {points.statuses
        .filter(({ status }) => status in SIGNS)
        .sort((a, b) => b.executions - a.executions)
        .map(({ status, executions }) => (
          <span key={status}>
            <i style={{ color: SIGNS[status]?.[1] }} aria-hidden="true">
              {SIGNS[status]?.[0]}
            </i>{" "}
            {statusWord(status)} <span className="tn">{count(executions)}</span>
          </span>
        ))}
    </span>
  );
}

interface PictureProps {
  readonly points: Points;
  readonly marks: readonly TimeMark[];
  readonly brush: Brush | null;
  readonly onBrush: (brush: Brush | null) => void;
}

function Picture({ points, marks, brush, onBrush }: PictureProps) {
  const [, navigate] = useLocation();
  const range = onlyRange(useSearch());
  const from = epochMs(points.from_time);
  const to = epochMs(points.to_time);
  const drawn = useMemo(
    (): ScatterPoint[] =>
      points.points.map((point) => ({
        id: point.execution_id,
        name: point.agent,
        status: point.status,
        at: from + point.offset_ms,
        duration_ns: point.duration_ns,
      })),
    [points, from],
  );
  const ends = useMemo(() => [from, to] as const, [from, to]);
  const selected = useMemo(
    (): Selection | null => brush && { x: [brush.from, brush.to], y: [brush.min ?? 1, brush.max ?? BEYOND] },
    [brush],
  );
  return (
    <Scatter
      label="Executions by start and duration"
      height={HEIGHT}
      points={drawn}
      range={ends}
      marks={marks}
      selected={selected}
      onSelect={(selection) => onBrush(selection && brushOf(selection, drawn))}
      onOpen={(id) => navigate(`/executions/${id}${range}`)}
      table={{
        columns: ["Status", "Executions", "Drawn"],
        rows: points.statuses.map((one) => [statusWord(one.status), count(one.executions), count(one.drawn)]),
      }}
    />
  );
}

/** What was drawn; an end beyond all points leaves that side open. */
function brushOf({ x, y }: Selection, points: readonly ScatterPoint[]): Brush {
  const ends = points.reduce(
    ([least, most], { duration_ns }) => [Math.min(least, duration_ns), Math.max(most, duration_ns)] as const,
    [Number.POSITIVE_INFINITY, 0] as readonly [number, number],
  );
  return {
    from: x[0],
    to: x[1],
    min: y && y[0] > ends[0] ? Math.round(y[0]) : null,
    max: y && y[1] < ends[1] ? Math.round(y[1]) : null,
  };
}

/** The latest change of each agent for the worse, three at most: more lines hide the points. */
function marksOf(changes: Regressions | undefined): readonly TimeMark[] {
  if (!changes) return NONE;
  const worse = changes.items.filter((item) => item.is_worse);
  return worse.slice(0, 3).map((item) => ({
    at: item.at,
    label: [item.agent, item.changed_then.find(({ kind }) => kind === "version")?.after]
      .filter(Boolean)
      .join(" "),
  }));
}

interface ChosenProps {
  readonly brush: Brush;
  readonly wishes: Wishes;
  readonly times: Times;
  readonly onAsk: () => void;
  readonly onDrop: () => void;
}

/** How many were drawn over, and what can be done with them. */
function Chosen({ brush, wishes, times, onAsk, onDrop }: ChosenProps) {
  const [, navigate] = useLocation();
  const told = useQuery(
    questionQuery<Differences>("differences", { ...wishes, ...chosenBy(brush) }, times),
  ).data;
  const filters = Object.fromEntries(Object.entries(wishes).filter(([, value]) => value)) as Record<
    string,
    string
  >;
  const bounds = [
    `since ${clockTime(new Date(brush.from).toISOString(), Date.now()).slice(0, -3)}`,
    brush.min === null ? "" : `slower than ${duration(brush.min)}`,
    brush.max === null ? "" : `faster than ${duration(brush.max)}`,
  ];
  return (
    <span className="chosen">
      <span className="chip info" aria-live="polite">
        {told ? `${count(told.chosen)} selected` : "selected"}: {bounds.filter(Boolean).join(", ")}
      </span>
      <Button size="compact-sm" color="dark" onClick={onAsk}>
        What is different?
      </Button>
      <Button
        size="compact-sm"
        variant="default"
        onClick={() => navigate(`/executions${withParts("", { ...filters, ...listedBy(brush) })}`)}
      >
        Open
      </Button>
      <Button
        size="compact-sm"
        variant="subtle"
        color="gray"
        aria-label="Drop the selection"
        onClick={onDrop}
      >
        <Icon name="x" size={11} />
      </Button>
    </span>
  );
}
