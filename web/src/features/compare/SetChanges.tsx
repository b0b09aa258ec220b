import type { Change, ExecutionSet, SetComparison } from "../../api/views.gen";
import { Interval } from "../../charts/Interval";
import { cost, count, counted, duration, fullTime, NONE, percent, quantity, signed } from "../../lib/format";
import { Icon } from "../../ui/icons";

type Print = (value: number) => string;

const points: Print = (value) => `${(value * 100).toFixed(1)} points`;
const few: Print = (value) => quantity(Math.round(value * 100) / 100);

interface Line {
  readonly name: string;
  readonly change: Change;
  readonly print: Print;
  readonly printChange: Print;
  readonly isMoreWorse: boolean | null;
}

function linesOf(comparison: SetComparison): readonly Line[] {
  return [
    {
      name: "Median time",
      change: comparison.p50_ns,
      print: duration,
      printChange: duration,
      isMoreWorse: true,
    },
    {
      name: "p95 time",
      change: comparison.p95_ns,
      print: duration,
      printChange: duration,
      isMoreWorse: true,
    },
    {
      name: "Success rate",
      change: comparison.success_rate,
      print: percent,
      printChange: points,
      isMoreWorse: false,
    },
    {
      name: "Tokens an execution",
      change: comparison.tokens,
      print: count,
      printChange: count,
      isMoreWorse: null,
    },
    {
      name: "Cost an execution",
      change: comparison.cost_usd,
      print: cost,
      printChange: cost,
      isMoreWorse: true,
    },
    {
      name: "Steps an execution",
      change: comparison.steps_per_execution,
      print: few,
      printChange: few,
      isMoreWorse: null,
    },
  ];
}

/** What a set is, in words. */
function wordsOf(set: ExecutionSet): string {
  const parts = [
    set.version && `version ${set.version}`,
    set.environment,
    set.from_time && `since ${fullTime(set.from_time)}`,
    set.to_time && `before ${fullTime(set.to_time)}`,
  ].filter(Boolean);
  return `${parts.join(", ") || "all"}: ${counted(set.executions, "execution")}`;
}

/** The figures of both sets, each with its difference, how far it may lie off, and whether it is more than chance. */
export function SetChanges({ comparison }: { readonly comparison: SetComparison }) {
  return (
    <section className="card" aria-label="Differences">
      <div className="hd">
        <h2>Differences</h2>
        <span className="m t12 cut">
          A {wordsOf(comparison.a)} · B {wordsOf(comparison.b)}
        </span>
      </div>
      <div className="scroll">
        <table className="table" aria-label="Differences">
          <thead>
            <tr>
              <th>Figure</th>
              <th className="r">A</th>
              <th className="r">B</th>
              <th className="r">B − A</th>
              <th className="r">95 % interval</th>
              <th>Around no difference</th>
              <th>Is it more than chance?</th>
            </tr>
          </thead>
          <tbody>
            {linesOf(comparison).map((line) => (
              <ChangeRow key={line.name} line={line} />
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function ChangeRow({ line }: { readonly line: Line }) {
  const { name, change, print, printChange, isMoreWorse } = line;
  const most = Math.max(Math.abs(change.low ?? 0), Math.abs(change.high ?? 0), Math.abs(change.change ?? 0));
  const isWorse = isMoreWorse !== null && change.change !== null && change.change > 0 === isMoreWorse;
  const tone = !change.is_certain || isMoreWorse === null ? "" : isWorse ? "bad" : "good";
  return (
    <tr>
      <td>
        <b>{name}</b>
      </td>
      <td className="r">{change.a === null ? NONE : print(change.a)}</td>
      <td className="r">{change.b === null ? NONE : print(change.b)}</td>
      <td className={`r ${tone}`}>{change.change === null ? NONE : signed(change.change, printChange)}</td>
      <td className="r m">
        {change.low === null || change.high === null
          ? "too few to say"
          : `${signed(change.low, printChange)} to ${signed(change.high, printChange)}`}
      </td>
      <td>
        <Interval
          change={change.change}
          low={change.low}
          high={change.high}
          most={most}
          isMoreWorse={isMoreWorse}
          isCertain={change.is_certain}
          width={180}
          label={`${name}, ${change.change === null ? "unknown" : signed(change.change, printChange)}`}
        />
      </td>
      <td>
        <Certain change={change} tone={tone} />
      </td>
    </tr>
  );
}

function Certain({ change, tone }: { readonly change: Change; readonly tone: string }) {
  if (change.change === null) return <span className="s">too few executions</span>;
  if (!change.is_certain) return <span className="s">may be chance</span>;
  return (
    <span className={`chip ${tone}`}>
      <Icon name={tone === "good" ? "check" : "trend"} size={11} /> more than chance
    </span>
  );
}
