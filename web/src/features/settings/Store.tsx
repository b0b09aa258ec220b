import { useQuery } from "@tanstack/react-query";
import { storeQuery } from "../../api/settings";
import type { ServerSetting, StoreState } from "../../api/views.gen";
import { ago, bytes, count, counted, duration, NONE } from "../../lib/format";
import { MILLISECOND } from "../../lib/time";
import { Asked } from "../../ui/Asked";

const DAYS = (value: number) => (value === 0 ? "for ever" : counted(value, "day"));
const TIME = (value: number) => duration(value * MILLISECOND);
const WORDS: Readonly<Record<string, readonly [string, (value: number) => string]>> = {
  retention_days: ["executions and steps are kept", DAYS],
  retention_bodies_days: ["inputs and outputs are kept", DAYS],
  retention_rollups_days: ["sums of days are kept", DAYS],
  retention_audit_days: ["the audit log is kept", DAYS],
  store_limit_bytes: ["the store may use", (value) => (value === 0 ? "all there is" : bytes(value))],
  slow_operation_ms: ["an operation is slow from", TIME],
  critical_operation_ms: ["an operation is critical from", TIME],
  sql_row_limit: ["a SELECT may answer", (value) => counted(value, "row")],
  sql_timeout_ms: ["a SELECT may take", TIME],
};

/** What is stored, how big it is, and for how long it is kept. */
export function Store() {
  return (
    <Asked query={useQuery(storeQuery())} what="The state of the store" heights={[62, 220, 260]}>
      {(store) => (
        <>
          <Said store={store} />
          {store.settings && <Told settings={store.settings} />}
          <Tables store={store} />
        </>
      )}
    </Asked>
  );
}

function Said({ store }: { readonly store: StoreState }) {
  const rows = store.tables.reduce((sum, table) => sum + table.rows, 0);
  const days = store.settings?.find(({ name }) => name === "retention_days")?.value;
  return (
    <section className="card verdict" aria-label="How it stands">
      <p className="says">
        The store uses <b>{bytes(store.used_bytes)}</b>
        {store.limit_bytes > 0 && ` of ${bytes(store.limit_bytes)}`} for {counted(rows, "row")}
        {days !== undefined &&
          `, and keeps executions ${days === 0 ? "for ever" : `for ${counted(days, "day")}`}`}
        .
      </p>
      <p className="m t12">
        {bytes(store.free_bytes)} inside its files are free for what comes; {bytes(store.log_bytes)} of log.
        {store.spool && ` ${bytes(store.spool.pending_bytes)} wait in the spool.`} Days count from when
        something was received.
      </p>
    </section>
  );
}

function Told({ settings }: { readonly settings: readonly ServerSetting[] }) {
  return (
    <section className="card" aria-label="Settings of the server">
      <div className="hd">
        <h2>Settings of the server</h2>
        <span className="m t12">
          read when it starts: change them in longpole.yaml or as LONGPOLE_NAME, then start it again
        </span>
      </div>
      <div className="scroll">
        <table className="table">
          <thead>
            <tr>
              <th>What</th>
              <th>Now</th>
              <th>Setting</th>
            </tr>
          </thead>
          <tbody>
            {settings.map(({ name, value }) => {
              const [words, print] = WORDS[name] ?? [name, count];
              return (
                <tr key={name}>
                  <td>{words}</td>
                  <td>
                    <b>{print(value)}</b>
                  </td>
                  <td className="mono">{name}</td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function Tables({ store }: { readonly store: StoreState }) {
  return (
    <section className="card" aria-label="Tables">
      <div className="hd">
        <h2>Tables</h2>
      </div>
      <div className="scroll">
        <table className="table">
          <thead>
            <tr>
              <th>Table</th>
              <th className="r">Rows</th>
              <th className="r">Size</th>
              <th className="r">Oldest</th>
            </tr>
          </thead>
          <tbody>
            {store.tables.map((table) => (
              <tr key={table.table}>
                <td className="mono">{table.table}</td>
                <td className="r">{count(table.rows)}</td>
                <td className="r">{bytes(table.size_bytes)}</td>
                <td className="r m">{table.oldest ? ago(table.oldest, Date.now()) : NONE}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}
