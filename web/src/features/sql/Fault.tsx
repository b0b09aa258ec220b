import { Button } from "@mantine/core";
import { reasonOf } from "../../lib/problem";
import { faultOf } from "../../lib/sqlText";

interface Props {
  readonly sql: string;
  readonly error: Error;
  readonly onRetry: () => void;
}

/** Why there is no answer, with the place that the database points at. */
export function Fault({ sql, error, onRetry }: Props) {
  const why = reasonOf(error);
  const place = faultOf(why);
  const line = place ? sql.split("\n")[place.line - 1] : undefined;
  const rest = place && line ? line.slice(place.sign - 1) : "";
  const word = /^\w+|^./.exec(rest)?.[0] ?? "";
  return (
    <section className="card sql-fault" role="alert" aria-label="Not answered">
      <p className="bad">
        <b>{place ? `Line ${place.line}, sign ${place.sign}` : "The query was not answered"}</b>
      </p>
      {place && line && (
        <pre className="code">
          {line.slice(0, place.sign - 1)}
          <mark>{word}</mark>
          {rest.slice(word.length)}
        </pre>
      )}
      <pre className="code">{why}</pre>
      <Button variant="default" onClick={onRetry}>
        Try again
      </Button>
    </section>
  );
}
