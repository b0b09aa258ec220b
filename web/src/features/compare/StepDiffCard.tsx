import { SegmentedControl, Switch } from "@mantine/core";
import { useMemo } from "react";
import { useLocation, useSearch } from "wouter";
import type { Comparison } from "../../api/views.gen";
import { Swatch } from "../../charts/Patterns";
import { withParts } from "../../lib/address";
import { cost, count, counted, duration, NONE, percentFigure, signed } from "../../lib/format";
import { kindOf } from "../../lib/shares";
import { type DiffRow, type Measure, stepDiff, whyOf } from "../../lib/stepDiff";

const MEASURES = [
  { value: "path", label: "Time on the path" },
  { value: "own", label: "Own time" },
  { value: "cost", label: "Cost" },
];
const MOST = 14;

/** What each step adds to the difference, the largest first; the rows sum to it. */
export function StepDiffCard({ comparison }: { readonly comparison: Comparison }) {
  const search = useSearch();
  const [path, navigate] = useLocation();
  const given = new URLSearchParams(search);
  const wished = given.get("measure");
  const measure: Measure = wished === "own" || wished === "cost" ? wished : "path";
  const isWhole = given.get("all") === "1";
  const set = (parts: Readonly<Record<string, string | null>>) =>
    navigate(path + withParts(search, parts), { replace: true });
  const diff = useMemo(
    () => stepDiff(comparison.names, measure, isWhole ? Number.POSITIVE_INFINITY : MOST),
    [comparison, measure, isWhole],
  );
  const print = measure === "cost" ? cost : duration;
  return (
    <section className="card" aria-label="Step diff">
      <div className="hd">
        <h2>Step diff</h2>
        <span className="m t12">
          {diff.rows.length === 0
            ? "nothing is told of it"
            : `sorted by difference; the rows add up to ${signed(diff.total, print)}`}
        </span>
        <span className="sp" />
        <SegmentedControl
          aria-label="What is compared of steps"
          value={measure}
          data={MEASURES}
          onChange={(value) => set({ measure: value === "path" ? null : value })}
        />
        <Switch
          label="Every step"
          size="xs"
          checked={isWhole}
          onChange={(event) => set({ all: event.currentTarget.checked ? "1" : null })}
        />
      </div>
      {diff.rows.length > 0 && (
        <div className="scroll">
          <table className="table diff" aria-label="Step diff">
            <thead>
              <tr>
                <th>Step</th>
                <th className="r">A</th>
                <th className="r">B</th>
                <th className="r">B − A</th>
                <th style={{ width: "34%" }} aria-label="Difference as a bar" />
                <th className="r">Of the difference</th>
                <th>Why</th>
              </tr>
            </thead>
            <tbody>
              {diff.rows.map((row) => (
                <Row
                  key={`${row.category} ${row.name}`}
                  row={row}
                  rows={diff.rows}
                  total={diff.total}
                  print={print}
                />
              ))}
              <Whole rows={diff.rows} total={diff.total} print={print} />
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}

type Print = (value: number) => string;
const orNone = (value: number | null, print: Print) => (value === null || value === 0 ? NONE : print(value));
const ofTotal = (change: number | null, total: number) =>
  total === 0 || change === null ? NONE : percentFigure((change / total) * 100).replace("-", "−");

interface RowProps {
  readonly row: DiffRow;
  readonly rows: readonly DiffRow[];
  readonly total: number;
  readonly print: Print;
}

function Row({ row, rows, total, print }: RowProps) {
  const most = Math.max(...rows.map(({ change }) => Math.abs(change ?? 0)), 1e-12);
  const width = (Math.abs(row.change ?? 0) / most) * 48;
  const isMore = (row.change ?? 0) > 0;
  const { badge, text } = whyOf(row);
  return (
    <tr>
      <td>
        {row.names > 1 ? (
          <span className="m">the other {counted(row.names, "step")}</span>
        ) : (
          <span className="kind-name">
            <Swatch kind={kindOf(row.category)} />
            <b>{row.name}</b>
            {Math.max(row.countA, row.countB) > 1 && (
              <span className="s">×{count(Math.max(row.countA, row.countB))}</span>
            )}
          </span>
        )}
      </td>
      <td className="r m">{orNone(row.a, print)}</td>
      <td className="r m">{orNone(row.b, print)}</td>
      <td className="r">{signed(row.change, print)}</td>
      <td>
        <span className="diff-bar">
          <i
            className={row.names > 1 ? "" : isMore ? "worse" : "better"}
            style={isMore ? { left: "50%", width: `${width}%` } : { right: "50%", width: `${width}%` }}
          />
        </span>
      </td>
      <td className="r m">{ofTotal(row.change, total)}</td>
      <td className="m">
        {badge && <span className="chip warn">{badge}</span>} {text}
      </td>
    </tr>
  );
}

function Whole({ rows, total, print }: Omit<RowProps, "row">) {
  const sum = (read: (row: DiffRow) => number | null) => rows.reduce((all, row) => all + (read(row) ?? 0), 0);
  return (
    <tr className="whole">
      <td>
        <b>Together</b>
      </td>
      <td className="r">{print(sum((row) => row.a))}</td>
      <td className="r">{print(sum((row) => row.b))}</td>
      <td className="r">
        <b>{signed(total, print)}</b>
      </td>
      <td />
      <td className="r">{total === 0 ? NONE : percentFigure(100)}</td>
      <td />
    </tr>
  );
}
