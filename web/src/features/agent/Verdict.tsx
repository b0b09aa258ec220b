import { useQuery } from "@tanstack/react-query";
import { Link } from "wouter";
import { questionQuery } from "../../api/questions";
import type { AgentPerformance, Regression, Regressions } from "../../api/views.gen";
import { changeWords } from "../../lib/changeWords";
import { counted, duration, percent, shortDay, signed } from "../../lib/format";
import type { Asks } from "./AgentPage";

interface Props {
  readonly performance: AgentPerformance;
  readonly asks: Asks;
}

/** What is to be said of the agent first: what got worse and since when, or that nothing did. */
export function Verdict({ performance, asks }: Props) {
  const changes = useQuery(questionQuery<Regressions>("regressions", asks.wishes, asks.address)).data;
  const latest = changes?.items[0];
  return (
    <div className="says" aria-live="polite">
      {latest ? (
        <Worse regression={latest} others={(changes?.items.length ?? 1) - 1} />
      ) : (
        <b>
          {changes ? "Nothing got worse" : "Half of its executions"}
          {changes && ` over ${counted(performance.executions, "execution")}: half`} took{" "}
          {duration(performance.p50_ns)} or less, {percent(performance.success_rate)} succeeded.
        </b>
      )}
    </div>
  );
}

function Worse({ regression, others }: { readonly regression: Regression; readonly others: number }) {
  const [first, ...more] = regression.changes.filter(({ operation }) => operation === null);
  const shown = first ?? regression.changes[0];
  if (!shown) return null;
  const { word, numbers } = changeWords(shown);
  const causes = regression.slower
    .filter((step) => step.more_calls_ns + step.slower_calls_ns > 0)
    .slice(0, 3);
  const [cause] = regression.changed_then;
  return (
    <>
      <b>
        <span className="bad">{word[0]?.toUpperCase() + word.slice(1)}</span> since {shortDay(regression.at)},{" "}
        {numbers}.
      </b>{" "}
      {more.map((change) => {
        const other = changeWords(change);
        return <span key={change.metric}>{`Also ${other.word}, ${other.numbers}. `}</span>;
      })}
      {causes.length > 0 && (
        <span className="m">
          {causes
            .map((step) => `${step.operation} ${signed(step.more_calls_ns + step.slower_calls_ns, duration)}`)
            .join(", ")}{" "}
          an execution.{" "}
        </span>
      )}
      {cause && (
        <span className="m">
          {cause.kind} {cause.before ?? "unknown"} → {cause.after} came at that time.{" "}
        </span>
      )}
      {regression.first_bad && (
        <Link href={`/executions/${regression.first_bad.execution_id}`}>The first on the new level</Link>
      )}
      {others > 0 && <span className="m"> {counted(others, "earlier change")} for the worse.</span>}
    </>
  );
}
