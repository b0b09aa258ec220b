import type { ServerParts } from "../../api/views.gen";
import { bytes, clockTime, count, counted, UNKNOWN } from "../../lib/format";

/** What the server took, refused and holds, each with the numbers that explain it. */
export function ServerFigures({ server }: { readonly server: ServerParts }) {
  const { spans = 0, logs = 0 } = server.accepted;
  const refused = Object.values(server.refused).reduce((sum, number) => sum + number, 0);
  const rejected = Object.values(server.rejected).reduce((sum, number) => sum + number, 0);
  const figures: readonly (readonly [string, string, string])[] = [
    ["Spans taken", count(spans), `${counted(logs, "log record")}, ${count(server.duplicates)} sent twice`],
    ["Refused", count(refused), `requests; ${counted(rejected, "span")} of others not taken`],
    [
      "Waiting to be read",
      bytes(server.unread_bytes),
      `${bytes(server.spool_bytes)} of spool, ${counted(server.open_spans, "span")} in memory`,
    ],
    [
      "Dead letters",
      server.dead_letters === null ? UNKNOWN : count(server.dead_letters),
      server.dead_letters ? "longpole deadletter list" : "nothing was unreadable",
    ],
    ["Rows stored", count(server.rows_written), `since ${clockTime(server.started_at, Date.now())}`],
    [
      "Memory",
      server.memory_bytes === null ? UNKNOWN : bytes(server.memory_bytes),
      `${counted(server.threads, "thread")}, version ${server.version}`,
    ],
  ];
  return (
    <section className="card health-figures" aria-label="The server">
      {figures.map(([name, value, note]) => (
        <div key={name}>
          <div className="t12 m">{name}</div>
          <div className="value">{value}</div>
          <div className="t12 m">{note}</div>
        </div>
      ))}
    </section>
  );
}
