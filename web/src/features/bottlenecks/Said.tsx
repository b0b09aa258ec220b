import type { Bottlenecks, OpportunityItem } from "../../api/views.gen";
import { counted, duration, percent } from "../../lib/format";

interface Props {
  readonly found: Bottlenecks;
  readonly best: OpportunityItem | undefined;
}

/** What decides most, and what would save most. */
export function Said({ found, best }: Props) {
  const [first] = found.operations;
  return (
    <section className="card verdict" aria-label="The bottleneck">
      <p className="says">
        {first && (
          <>
            <b>{first.name}</b>
            {first.is_agent ? " itself, between its steps," : ` of ${first.agent}`} is{" "}
            <b>{percent(first.critical_share)}</b> of what {counted(found.executions, "execution")} waited for
            {first.on_path_share !== null && (
              <>, on the path of {percent(first.on_path_share)} of its agent’s</>
            )}
            .
          </>
        )}
      </p>
      <p className="m t12">
        {duration(found.critical_ns)} of critical time in {counted(found.steps, "step")}.
        {found.looked_at_share < 1 && ` Estimated from ${percent(found.looked_at_share)} of the period.`}
        {best && (
          <>
            {" "}
            Most could be saved by: {best.title} ({best.agent}, {duration(best.saving_ns)} over{" "}
            {counted(best.executions, "execution")}).
          </>
        )}
      </p>
    </section>
  );
}
