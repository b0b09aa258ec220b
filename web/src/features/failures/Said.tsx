import type { FailureGroups } from "../../api/views.gen";
import { clockTime, cost, count, counted, duration, signed } from "../../lib/format";

interface Props {
  readonly failures: FailureGroups;
  readonly earlier: number | null;
  readonly known: ReadonlySet<string> | null;
}

/** The answer in a sentence or two. */
export function Said({ failures, earlier, known }: Props) {
  const { groups, executions, healed } = failures;
  const [first] = groups;
  const lostNs = groups.reduce((sum, group) => sum + group.lost_ns, 0);
  const paid = groups.map(({ lost_cost_usd }) => lost_cost_usd).filter((usd) => usd !== null);
  const fresh = known ? groups.filter(({ group_id }) => !known.has(group_id)).length : 0;
  return (
    <section className="card verdict" aria-label="What failed">
      <p className="says">
        <b>{counted(executions, "execution")}</b> failed in {counted(groups.length, "way")}
        {earlier !== null && <> ({signed(executions - earlier, count)} against the time before)</>}
        {first && first.executions > 0 && (
          <>
            ; {count(first.executions)} of them by <b>{first.error_type ?? "an error without a type"}</b> in{" "}
            <b>{first.place}</b>
          </>
        )}
        .{" "}
        {fresh > 0 && (
          <span className="bad">
            {count(fresh)} of the {counted(groups.length, "way")} {fresh === 1 ? "is" : "are"} new.
          </span>
        )}
      </p>
      <p className="m t12">
        They took {duration(lostNs)}
        {paid.length > 0 && <> and {cost(paid.reduce((sum, usd) => sum + usd, 0))}</>}.{" "}
        {healed > 0 && <>{counted(healed, "step error")} failed no execution. </>}
        {!failures.is_complete &&
          `There are very many: only those since ${clockTime(failures.looked_at_from, Date.now())} are in groups, or rare ones are left out.`}
      </p>
    </section>
  );
}
