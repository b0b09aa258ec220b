import type { ProgramHealth } from "../../api/views.gen";
import { ago, count, counted, NONE, shortId, UNKNOWN } from "../../lib/format";
import { Empty } from "../../ui/States";

/** What every program sent, and what of it is missing. */
export function ProgramsTable({ programs }: { readonly programs: readonly ProgramHealth[] }) {
  const now = Date.now();
  if (programs.length === 0) {
    return (
      <section className="card" aria-label="Programs">
        <Empty title="No program has sent anything since the server started." />
      </section>
    );
  }
  return (
    <section className="card" aria-label="Programs">
      <div className="hd">
        <h2>Programs</h2>
        <span className="m t12">
          {counted(programs.length, "process", "processes")}, what is missing first
        </span>
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, and nothing in it takes the focus */}
      <section className="scroll health-programs" aria-label="Programs" tabIndex={0}>
        <table className="table">
          <thead>
            <tr>
              <th>Program</th>
              <th>Process</th>
              <th>Recorded by</th>
              <th className="r">Spans</th>
              <th className="r">Logs</th>
              <th className="r">Missing</th>
              <th className="r">Dropped by itself</th>
              <th>Not taken</th>
              <th className="r">Heard</th>
            </tr>
          </thead>
          <tbody>
            {programs.map((program) => (
              <tr key={`${program.workspace} ${program.process} ${program.service}`}>
                <td style={{ fontWeight: 550 }}>{program.service ?? UNKNOWN}</td>
                <td className="m" title={program.process ?? undefined}>
                  {program.process ? shortId(program.process) : NONE}
                </td>
                <td className="m">{program.sdk ?? UNKNOWN}</td>
                <td className="r">{count(program.spans)}</td>
                <td className="r">{count(program.logs)}</td>
                <Loss value={program.missing} tone="bad" />
                <Loss value={program.dropped} tone="warn" />
                <td className="warn">{rulesOf(program.rejected) || <span className="s">{NONE}</span>}</td>
                <td className="r m">{ago(program.heard_at, now)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
      <p className="health-foot t12 m">
        Longpole's SDK numbers what it sends: a number that has not come 15 s after a later one is missing. Of
        other programs this is unknown.
      </p>
    </section>
  );
}

function Loss({ value, tone }: { readonly value: number | null; readonly tone: string }) {
  if (value === null) return <td className="r s">{UNKNOWN}</td>;
  return <td className={value ? `r ${tone}` : "r s"}>{value ? count(value) : NONE}</td>;
}

function rulesOf(rejected: ProgramHealth["rejected"]): string {
  return Object.entries(rejected)
    .map(([rule, number]) => `${count(number)} ${rule.replaceAll("_", " ")}`)
    .join(", ");
}
