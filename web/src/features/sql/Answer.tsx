import { Button } from "@mantine/core";
import { useMemo } from "react";
import type { SqlAnswer } from "../../api/views.gen";
import { counted, duration } from "../../lib/format";
import { csvOf, textOf } from "../../lib/sqlText";
import { type Column, DataTable } from "../../ui/DataTable";
import { saveFile } from "../../ui/saveFile";

type Row = readonly unknown[];

const MOST_SHOWN = 1000;

/** The rows, to sort and to take along. */
export function Answer({ answer }: { readonly answer: SqlAnswer }) {
  const { columns, rows, has_more, duration_ns } = answer;
  const names = useMemo(() => columns.map(({ name }) => name), [columns]);
  const shown = useMemo(() => rows.slice(0, MOST_SHOWN).map((row, at) => [at, ...row]), [rows]);
  const table = useMemo(() => columns.map(({ name, type }, at) => columnOf(name, type, at + 1)), [columns]);
  const objects = () =>
    JSON.stringify(
      rows.map((row) => Object.fromEntries(names.map((name, at) => [name, row[at]]))),
      null,
      1,
    );
  return (
    <section className="card" aria-label="The answer">
      <div className="hd">
        <h2>{counted(rows.length, "row")}</h2>
        <span className="m t12">
          in {duration(duration_ns)}
          {has_more && <span className="warn">; there are more than were asked for</span>}
          {rows.length > MOST_SHOWN && `; the first ${MOST_SHOWN} are shown, files have all`}
        </span>
        <span className="sp" />
        <Button
          variant="default"
          size="xs"
          onClick={() => saveFile("rows.csv", "text/csv", csvOf(names, rows))}
        >
          CSV
        </Button>
        <Button
          variant="default"
          size="xs"
          onClick={() => saveFile("rows.json", "application/json", objects())}
        >
          JSON
        </Button>
      </div>
      <DataTable label="Rows" columns={table} rows={shown} rowKey={(row) => String(row[0])} maxHeight={640} />
    </section>
  );
}

const NUMBERS = /INT|DOUBLE|FLOAT|DECIMAL|NUMERIC|REAL/i;

function columnOf(name: string, type: string, at: number): Column<Row> {
  return {
    key: String(at),
    title: name,
    hint: type,
    isNumber: NUMBERS.test(type),
    by: (row) => {
      const value = row[at];
      return typeof value === "number" || value === null ? value : textOf(value);
    },
    cell: (row) =>
      row[at] === null ? (
        <span className="s">NULL</span>
      ) : (
        <span className="sql-value" title={textOf(row[at])}>
          {textOf(row[at])}
        </span>
      ),
  };
}
