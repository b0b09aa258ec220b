import { useQuery } from "@tanstack/react-query";
import { Link, useSearch } from "wouter";
import { questionQuery, type Wishes } from "../../api/questions";
import type { Opportunities } from "../../api/views.gen";
import { onlyRange } from "../../lib/address";
import { count, counted, duration } from "../../lib/format";
import { Asked } from "../../ui/Asked";
import type { Times } from "./OverviewPage";

const SHOWN = 5;
const ASKED = 50;

interface Props {
  readonly wishes: Wishes;
  readonly times: Times;
}

/** What could be done better, the largest saving first. */
export function FindingsCard({ wishes, times }: Props) {
  const query = useQuery(
    questionQuery<Opportunities>("opportunities", { ...wishes, limit: String(ASKED) }, times),
  );
  const range = onlyRange(useSearch());
  const found = query.data?.opportunities.length ?? 0;
  return (
    <section className="card" aria-label="Open findings">
      <div className="hd">
        <h2>Open findings</h2>
        {found > 0 && (
          <span className="m t12">
            {count(Math.min(SHOWN, found))} of {count(found)}
            {found === ASKED ? " or more" : ""}
          </span>
        )}
      </div>
      <Asked query={query} what="The findings" heights={[240]}>
        {({ opportunities }) =>
          opportunities.length === 0 ? (
            <p className="t12 m said">Nothing to save was found in this time range.</p>
          ) : (
            <ul className="open-findings">
              {opportunities.slice(0, SHOWN).map((one) => (
                <li key={`${one.rule} ${one.agent} ${one.code_file} ${one.code_line}`}>
                  <Link href={`/executions/${one.example_execution_id}${range}`} title={one.advice}>
                    <b className="cut">{one.title}</b>
                    {one.saving_ns > 0 && (
                      <b className="nw">{duration(-one.saving_ns / Math.max(1, one.executions))}</b>
                    )}
                    <span className="m t12 cut">
                      {one.agent}
                      {one.code_file &&
                        ` · ${one.code_file}${one.code_line === null ? "" : `:${one.code_line}`}`}{" "}
                      · {counted(one.executions, "execution")}
                    </span>
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
