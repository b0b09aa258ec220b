import { useQuery } from "@tanstack/react-query";
import { Link, useSearch } from "wouter";
import { questionOfOneQuery } from "../../api/questions";
import type { Standing, StepStanding } from "../../api/views.gen";
import { Swatch } from "../../charts/Patterns";
import { readListAddress } from "../../lib/address";
import { count, duration, NONE, percent, signed } from "../../lib/format";
import { kindOf } from "../../lib/shares";
import { Asked } from "../../ui/Asked";
import { type Column, DataTable } from "../../ui/DataTable";
import { FigureRow } from "../../ui/FigureRow";
import { Empty } from "../../ui/States";
import { ExecutionPick } from "./ExecutionPick";

const time = (ns: number | null) => (ns === null ? NONE : duration(ns));

const COLUMNS: readonly Column<StepStanding>[] = [
  {
    key: "step",
    title: "Step",
    by: ({ name }) => name,
    cell: ({ name, category }) => (
      <span className="kind-name">
        <Swatch kind={kindOf(category)} />
        <b>{name}</b>
      </span>
    ),
  },
  {
    key: "count",
    title: "Times",
    isNumber: true,
    by: ({ count: times }) => times,
    cell: ({ count: times }) => count(times),
  },
  {
    key: "longest",
    title: "Longest here",
    isNumber: true,
    by: ({ longest_ns }) => longest_ns,
    cell: ({ longest_ns }) => duration(longest_ns),
  },
  {
    key: "p50",
    title: "Usual p50",
    isNumber: true,
    by: ({ p50_ns }) => p50_ns,
    cell: ({ p50_ns }) => time(p50_ns),
  },
  {
    key: "p95",
    title: "Usual p95",
    isNumber: true,
    by: ({ p95_ns }) => p95_ns,
    cell: ({ p95_ns }) => time(p95_ns),
  },
  {
    key: "excess",
    title: "Over its median",
    isNumber: true,
    by: ({ excess_ns }) => excess_ns,
    cell: ({ excess_ns }) => (excess_ns === null ? NONE : signed(Math.round(excess_ns), duration)),
  },
  {
    key: "below",
    title: "Slower than",
    isNumber: true,
    by: ({ share_below }) => share_below,
    className: ({ share_below }) => ((share_below ?? 0) >= 0.95 ? "bad" : ""),
    cell: ({ share_below }) =>
      share_below === null ? <span className="s">too few others</span> : percent(share_below),
  },
  {
    key: "others",
    title: "Of others",
    isNumber: true,
    by: ({ others }) => others,
    className: () => "m",
    cell: ({ others }) => count(others),
  },
];

/** One execution among all others of its agent, step by step. */
export function OneAndOthers() {
  const search = useSearch();
  const id = new URLSearchParams(search).get("a");
  const { agent } = readListAddress(search).filters;
  return (
    <>
      <section className="card compare-line" aria-label="What is compared">
        <ExecutionPick name="a" label="Execution" agent={agent} />
        <span className="m">against all others of its agent</span>
      </section>
      {id ? (
        <Stands key={id} id={id} />
      ) : (
        <Empty title="Choose an execution.">
          <p>Each of its steps is held against the same step of all other executions of its agent.</p>
        </Empty>
      )}
    </>
  );
}

function Stands({ id }: { readonly id: string }) {
  const query = useQuery(questionOfOneQuery<Standing>("standing", id));
  return (
    <Asked query={query} what="How it stands" heights={[60, 76, 300]}>
      {(standing) => (
        <>
          <p className="says">
            {standing.message}{" "}
            <Link href={`/executions/${standing.execution.execution_id}`}>Open the execution</Link>
          </p>
          <FigureRow
            label="Figures"
            figures={[
              {
                name: "This execution",
                value: duration(standing.execution.duration_ns),
                note: standing.execution.agent,
              },
              {
                name: "Usual median",
                value: time(standing.p50_ns),
                note: `of ${count(standing.others)} others`,
              },
              { name: "Usual p95", value: time(standing.p95_ns), note: "one of twenty is slower" },
              {
                name: "Slower than",
                value: standing.share_below === null ? NONE : percent(standing.share_below),
                note: standing.share_below === null ? "too few others to say" : "of the others",
              },
            ]}
          />
          <section className="card" aria-label="Steps">
            <div className="hd">
              <h2>Steps</h2>
              <span className="m t12">those furthest above their median first</span>
            </div>
            <DataTable
              label="Steps"
              columns={COLUMNS}
              rows={standing.steps}
              rowKey={({ name, category }) => `${category} ${name}`}
              hasKeys
            />
          </section>
        </>
      )}
    </Asked>
  );
}
