import { reasonOf } from "../../lib/problem";
import { Empty } from "../../ui/States";

/** Why this reader may not ask in SQL. */
export function Closed({ why }: { readonly why: Error }) {
  return (
    <Empty title="This key may not ask in SQL.">
      <p>{reasonOf(why)}</p>
      <p>
        On DuckDB and ClickHouse a SELECT sees all workspaces, so that only a key of the whole server’s
        administrator may ask. On PostgreSQL any key that may read does, and sees its own workspace.
      </p>
    </Empty>
  );
}
