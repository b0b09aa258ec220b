import { useQuery } from "@tanstack/react-query";
import { questionQuery, type Wishes } from "../../api/questions";
import type { Figure, Pulse, PulsePlace, Statistics } from "../../api/views.gen";
import { Spark } from "../../charts/Spark";
import { bigCount, cost, count, counted, duration, percent, signed, UNKNOWN } from "../../lib/format";
import type { Times } from "./OverviewPage";

interface Props {
  readonly pulse: Pulse;
  readonly wishes: Wishes;
  readonly times: Times;
}

interface Shown {
  readonly name: string;
  readonly value: string;
  readonly figure: Figure | undefined;
  readonly note: string;
  readonly isRate?: boolean;
  /** Whether more of it is worse (1), better (-1), or neither. */
  readonly worse: 1 | -1 | 0;
  readonly line: readonly (number | null)[];
}

/** The totals of the time range, how each changed against the period before, and how it went. */
export function Figures({ pulse, wishes, times }: Props) {
  const told = useQuery(questionQuery<Statistics>("statistics", wishes, times)).data;
  return (
    <section className="card figures" aria-label="Totals">
      {figuresOf(pulse, told).map((shown) => (
        <Cell key={shown.name} shown={shown} />
      ))}
    </section>
  );
}

function figuresOf(pulse: Pulse, told: Statistics | undefined): Shown[] {
  const line = (of: (place: PulsePlace) => number | null) => pulse.places.map(of);
  const unknown = (figure: Figure | undefined) => figure?.value ?? null;
  return [
    {
      name: "Executions",
      value: count(pulse.executions),
      figure: told?.executions,
      note: told ? `${count(told.skipped)} skipped` : "",
      worse: 0,
      line: line(({ executions }) => executions),
    },
    {
      name: "Success rate",
      value: percent(unknown(told?.success_rate)),
      figure: told?.success_rate,
      note: `${count(pulse.failed)} failed`,
      isRate: true,
      worse: -1,
      line: line(({ success_rate }) => success_rate),
    },
    {
      name: "Average duration",
      value: duration(unknown(told?.mean_ns)),
      figure: told?.mean_ns,
      note: `p50 ${duration(pulse.p50_ns)}`,
      worse: 1,
      line: line(({ mean_ns }) => mean_ns),
    },
    {
      name: "p95 duration",
      value: duration(pulse.p95_ns),
      figure: told?.p95_ns,
      note: told ? `p99 ${duration(told.p99_ns.value)}` : "",
      worse: 1,
      line: line(({ p95_ns }) => p95_ns),
    },
    {
      name: "Cost",
      value: cost(unknown(told?.cost_usd)),
      figure: told?.cost_usd,
      note: credits(told),
      worse: 1,
      line: line(({ cost_usd }) => cost_usd),
    },
    {
      name: "Tokens",
      value: bigCount(unknown(told?.tokens)),
      figure: told?.tokens,
      note: told?.mean_tokens.value == null ? "" : `${count(told.mean_tokens.value)} each`,
      worse: 0,
      line: line(({ tokens }) => tokens),
    },
  ];
}

function credits(told: Statistics | undefined): string {
  if (!told || told.credits.value === null) {
    return told?.mean_cost_usd.value == null ? "" : `${cost(told.mean_cost_usd.value)} each`;
  }
  return counted(told.credits.value, "credit");
}

function Cell({ shown }: { readonly shown: Shown }) {
  const { name, value, note, line } = shown;
  return (
    <div>
      <div className="name">{name}</div>
      <div className="body-line">
        <div className={value === UNKNOWN ? "value s" : "value"}>{value}</div>
        <Spark values={line} width={84} height={26} label={`${name} over the time range`} />
      </div>
      <div className="t12 m cut">
        <Change shown={shown} />
        {note}
      </div>
    </div>
  );
}

function Change({ shown: { figure, note, isRate, worse } }: { readonly shown: Shown }) {
  const change = figure?.change;
  if (change === null || change === undefined) return null;
  const isWorse = worse !== 0 && change * worse > 0 && figure?.is_notable;
  const words = isRate
    ? signed(change * 100, (points) => `${points.toFixed(1)} points`)
    : signed(change, percent);
  return (
    <span
      className={isWorse ? "bad" : undefined}
      title={figure?.is_notable ? "More than chance" : "May be chance"}
    >
      {change > 0 ? "↑" : change < 0 ? "↓" : ""} {words}
      {note && ", "}
    </span>
  );
}
