import type { SenderHealth } from "../../api/views.gen";
import { ago, count, counted, NONE } from "../../lib/format";

const REASONS: Readonly<Record<string, string>> = {
  "400": "could not be read",
  "408": "came too slowly",
  "413": "too large",
  "415": "another format",
  "429": "too much at a time",
  "503": "disk not writable",
  disconnected: "broken off",
};

/** Who sends, as HTTP shows it, and what was refused to them. */
export function SendersTable({ senders }: { readonly senders: readonly SenderHealth[] }) {
  if (senders.length === 0) return null;
  const now = Date.now();
  return (
    <section className="card" aria-label="Senders">
      <div className="hd">
        <h2>Senders</h2>
        <span className="m t12">
          {counted(senders.length, "client")} of the OTLP door, refused ones first
        </span>
      </div>
      <div className="scroll">
        <table className="table">
          <thead>
            <tr>
              <th>Client</th>
              <th>Address</th>
              <th className="r">Requests</th>
              <th>Refused</th>
              <th className="r">Last refused</th>
              <th className="r">Heard</th>
            </tr>
          </thead>
          <tbody>
            {senders.map((sender) => (
              <tr key={`${sender.name} ${sender.address}`}>
                <td style={{ fontWeight: 550 }}>{sender.name}</td>
                <td className="m">{sender.address}</td>
                <td className="r">{count(sender.requests)}</td>
                <td className="warn">{reasonsOf(sender.refused) || <span className="s">{NONE}</span>}</td>
                <td className="r m">{sender.refused_at ? ago(sender.refused_at, now) : NONE}</td>
                <td className="r m">{ago(sender.heard_at, now)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function reasonsOf(refused: SenderHealth["refused"]): string {
  return Object.entries(refused)
    .map(([reason, number]) => `${count(number)} ${REASONS[reason] ?? `answered ${reason}`}`)
    .join(", ");
}
