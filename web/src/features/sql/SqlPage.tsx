import { useQuery } from "@tanstack/react-query";
import { useLocation, useSearch } from "wouter";
import { sqlQuery } from "../../api/sql";
import { withParts } from "../../lib/address";
import { ApiProblem } from "../../lib/problem";
import { Page } from "../../ui/Page";
import { PageHead } from "../../ui/PageHead";
import { Answer } from "./Answer";
import { Closed } from "./Closed";
import { Editor } from "./Editor";
import { Fault } from "./Fault";
import { Tables } from "./Tables";
import "./sql.css";

const USUAL_LIMIT = 1000;

/** One SELECT over everything that is stored; what is asked is in the address. */
export default function SqlPage() {
  const search = useSearch();
  const [path, navigate] = useLocation();
  const given = new URLSearchParams(search);
  const sql = given.get("sql") ?? "";
  const limit = Number(given.get("limit")) || USUAL_LIMIT;
  const query = useQuery(sqlQuery(sql, limit));
  const tables = useQuery(sqlQuery("SHOW TABLES", USUAL_LIMIT));
  const ask = (text: string, most: number) => {
    if (text === sql && most === limit) void query.refetch();
    else
      navigate(
        path +
          withParts(search, { sql: text, limit: most === USUAL_LIMIT ? null : String(most), sort: null }),
      );
  };
  const closed = [tables.error, query.error].find(
    (error) => error instanceof ApiProblem && error.status === 403,
  );
  return (
    <Page crumb={<b>SQL</b>}>
      <title>SQL · Longpole</title>
      <PageHead
        title="SQL"
        note="Reads what is stored: one SELECT, which can change nothing and reach nothing else"
      />
      {closed ? (
        <Closed why={closed} />
      ) : (
        <div className="sql-pair">
          <div className="sql-main">
            <Editor key={sql} sql={sql} limit={limit} isAsking={query.isFetching && sql !== ""} onAsk={ask} />
            {query.error && <Fault sql={sql} error={query.error} onRetry={() => void query.refetch()} />}
            {query.data && !query.error && <Answer answer={query.data} />}
          </div>
          <Tables tables={tables} />
        </div>
      )}
    </Page>
  );
}
