import { type UseQueryResult, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { sqlQuery } from "../../api/sql";
import type { SqlAnswer } from "../../api/views.gen";
import { reasonOf } from "../../lib/problem";
import { textOf } from "../../lib/sqlText";
import { Icon } from "../../ui/icons";

/** The tables, with the columns of the one that is opened. */
export function Tables({ tables }: { readonly tables: UseQueryResult<SqlAnswer> }) {
  const [open, setOpen] = useState<string | null>(null);
  return (
    <aside className="card sql-tables" aria-label="Tables and columns">
      <div className="hd">
        <h2>Tables</h2>
      </div>
      {tables.error && <p className="m t12 verdict">{reasonOf(tables.error)}</p>}
      <ul>
        {tables.data?.rows.map(([name]) => {
          const table = textOf(name);
          const isOpen = open === table;
          return (
            <li key={table}>
              <button type="button" aria-expanded={isOpen} onClick={() => setOpen(isOpen ? null : table)}>
                <Icon name={isOpen ? "down" : "right"} size={11} />
                <span className="mono">{table}</span>
              </button>
              {isOpen && <Columns table={table} />}
            </li>
          );
        })}
      </ul>
    </aside>
  );
}

function Columns({ table }: { readonly table: string }) {
  const { data, error } = useQuery(sqlQuery(`DESCRIBE ${table}`, 1000));
  if (error) return <p className="m t12">{reasonOf(error)}</p>;
  return (
    <dl>
      {data?.rows.map(([name, type]) => (
        <div key={textOf(name)}>
          <dt className="mono">{textOf(name)}</dt>
          <dd className="s t11">{textOf(type)}</dd>
        </div>
      ))}
    </dl>
  );
}
