import { SegmentedControl } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { useLocation, useSearch } from "wouter";
import { questionQuery } from "../../api/questions";
import type { Hourly, HourTotal, Patterns, TimePattern } from "../../api/views.gen";
import { type HourCell, HourMap } from "../../charts/HourMap";
import { withParts } from "../../lib/address";
import { count, counted, duration, NONE, percent, weekdayAndDay } from "../../lib/format";
import { Asked } from "../../ui/Asked";
import { Icon } from "../../ui/icons";
import type { TabProps } from "./AgentTabs";

const MOST_DAYS = 28;
const MEASURES = [
  { value: "time", label: "Mean time" },
  { value: "runs", label: "Runs" },
  { value: "failed", label: "Failed" },
];

/** When it runs, is slow and fails: hour by hour on a map, and by hour of the day and day of the week in words. */
export function HoursTab({ asks }: TabProps) {
  const search = useSearch();
  const [path, navigate] = useLocation();
  const measure = new URLSearchParams(search).get("measure") ?? "time";
  const hourly = useQuery(questionQuery<Hourly>("hourly", asks.wishes, asks.address));
  const patterns = useQuery(questionQuery<Patterns>("patterns", asks.wishes, asks.address));
  return (
    <>
      <div className="hd">
        <h2>Hour by hour</h2>
        <span className="m t12">UTC, the last {count(MOST_DAYS)} days of the time</span>
        <span className="sp" />
        <SegmentedControl
          aria-label="What the map shows"
          value={measure}
          data={MEASURES}
          onChange={(value) =>
            navigate(path + withParts(search, { measure: value === "time" ? null : value }), {
              replace: true,
            })
          }
        />
      </div>
      <Asked query={hourly} what="The hours" heights={[200]}>
        {({ hours }) => <HourlyMap hours={hours} measure={measure} />}
      </Asked>
      <Asked query={patterns} what="The patterns" heights={[120]}>
        {({ weekdays, hours, sentences }) => (
          <InWords hours={hours} weekdays={weekdays} sentences={sentences} />
        )}
      </Asked>
    </>
  );
}

function shownOf(hour: HourTotal, measure: string): number {
  if (measure === "runs") return hour.executions;
  if (measure === "failed") return hour.success_rate === null ? 0 : 1 - hour.success_rate;
  return hour.mean_ns ?? 0;
}

function HourlyMap({ hours, measure }: { readonly hours: readonly HourTotal[]; readonly measure: string }) {
  const { rows, cells } = useMemo(() => {
    // The names of days are those of the server's hours (UTC), so that a row is a day of the table below, too.
    const days = [...new Set(hours.map(({ started }) => started.slice(0, 10)))].slice(-MOST_DAYS);
    const places = new Map(days.map((day, at) => [day, at]));
    const found = hours.flatMap((hour): HourCell[] => {
      const row = places.get(hour.started.slice(0, 10));
      if (row === undefined) return [];
      return [
        {
          row,
          hour: Number(hour.started.slice(11, 13)),
          value: shownOf(hour, measure),
          words: wordsOf(hour),
        },
      ];
    });
    return { rows: days.map((day) => weekdayAndDay(`${day}T00:00:00Z`, "UTC")), cells: found };
  }, [hours, measure]);
  if (cells.length === 0) return <p className="s pad">Nothing started in this time.</p>;
  return (
    <div className="pad">
      <HourMap rows={rows} cells={cells} label="Executions by day and hour" />
    </div>
  );
}

function wordsOf(hour: HourTotal): string {
  return [
    `${hour.started.slice(0, 10)} ${hour.started.slice(11, 16)} UTC`,
    counted(hour.executions, "execution"),
    `mean ${duration(hour.mean_ns)}`,
    hour.success_rate === null ? "" : `${percent(hour.success_rate)} succeeded`,
  ]
    .filter(Boolean)
    .join("\n");
}

interface WordsProps {
  readonly hours: readonly TimePattern[];
  readonly weekdays: readonly TimePattern[];
  readonly sentences: readonly string[];
}

function InWords({ hours, weekdays, sentences }: WordsProps) {
  return (
    <>
      <div className="hd">
        <h2>What stands out</h2>
      </div>
      {sentences.length === 0 ? (
        <p className="m pad">No hour, day or path stands out more than chance would make it.</p>
      ) : (
        <ul className="said-of">
          {sentences.map((sentence) => (
            <li key={sentence}>{sentence}</li>
          ))}
        </ul>
      )}
      <div className="columns clock">
        <Clock title="Hour (UTC)" times={hours} />
        <Clock title="Weekday" times={weekdays} />
      </div>
    </>
  );
}

function Clock({ title, times }: { readonly title: string; readonly times: readonly TimePattern[] }) {
  const most = Math.max(1, ...times.map(({ typical_ns }) => typical_ns ?? 0));
  return (
    <table className="table" aria-label={title}>
      <thead>
        <tr>
          <th>{title}</th>
          <th className="r">Runs</th>
          <th>Typical time</th>
          <th className="r">Success</th>
        </tr>
      </thead>
      <tbody>
        {times.map((time) => (
          <tr key={time.place}>
            <td className="nw">
              {time.name}{" "}
              {(time.is_slow || time.is_failing || time.is_busy) && (
                <span className={time.is_busy && !time.is_slow && !time.is_failing ? "chip" : "chip warn"}>
                  <Icon name={time.is_failing ? "warn" : time.is_slow ? "clock" : "trend"} size={11} />
                  {time.is_failing ? "fails" : time.is_slow ? "slow" : "busy"}
                </span>
              )}
            </td>
            <td className="r">{count(time.executions)}</td>
            <td>
              <span className="bar-cell">
                <i style={{ width: `${((time.typical_ns ?? 0) / most) * 100}%` }} />
                <span>{time.executions ? duration(time.typical_ns) : NONE}</span>
              </span>
            </td>
            <td className="r">{time.success_rate === null ? NONE : percent(time.success_rate)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
