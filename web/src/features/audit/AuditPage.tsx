import { useQuery } from "@tanstack/react-query";
import { useSearch } from "wouter";
import { auditQuery } from "../../api/audit";
import type { AuditReport } from "../../api/views.gen";
import { readListAddress } from "../../lib/address";
import { count, counted, duration, percent, UNKNOWN } from "../../lib/format";
import { Asked } from "../../ui/Asked";
import { Page } from "../../ui/Page";
import { PageHead } from "../../ui/PageHead";
import { Pick } from "../../ui/Pick";
import { Empty } from "../../ui/States";
import { TimeRange } from "../../ui/TimeRange";
import { Places } from "./Places";
import "./audit.css";

/** Faults that were found in the code, with what they were measured to cost. */
export default function AuditPage() {
  const search = useSearch();
  const address = readListAddress(search);
  const query = new URLSearchParams(search);
  const wanted = { program: query.get("program"), rule: query.get("rule"), state: query.get("state") };
  const asked = useQuery(auditQuery(wanted, address));
  const programs = asked.data?.programs.map(({ program }) => program) ?? [];
  const rules = [...new Set(asked.data?.items.map(({ rule }) => rule))].sort();
  return (
    <Page crumb={<b>Audit</b>}>
      <title>Audit · Longpole</title>
      <PageHead title="Audit">
        <Pick name="program" label="Program" options={programs} none="All programs" />
        <Pick name="rule" label="Rule" options={rules} none="All rules" width={120} />
        <Pick
          name="state"
          label="State"
          options={["open", "accepted", "fixed"]}
          none="Any state"
          width={120}
        />
        <TimeRange />
      </PageHead>
      <Asked query={asked} what="The audit" heights={[84, 420]}>
        {(report) => (report.programs.length === 0 ? <NoAudit /> : <Report report={report} />)}
      </Asked>
    </Page>
  );
}

function NoAudit() {
  return (
    <Empty title="No audit was posted yet. This line does it, in the folder of your program.">
      <pre className="code">{`longpole audit . --measured --url ${window.location.origin}`}</pre>
      <p>
        It looks for fifteen faults that make agents slow, and joins each place with the executions that are
        stored: what it took, in how many of them, and what would be saved.
      </p>
    </Empty>
  );
}

function Report({ report }: { readonly report: AuditReport }) {
  const seen = report.items.filter(({ ran_by, state }) => ran_by !== null && state !== "fixed");
  const unseen = report.items.filter(({ ran_by, state }) => ran_by === null && state !== "fixed");
  const fixed = report.items.filter(({ state }) => state === "fixed");
  return (
    <>
      <Summary report={report} />
      {seen.length > 0 && (
        <Places title="What it costs" note="largest saving first; each simulated alone" places={seen} />
      )}
      {unseen.length > 0 && (
        <Places
          title="Not seen to run"
          note={`${counted(report.not_seen, "open place")}; where nothing is recorded they may have run all the same`}
          places={unseen}
        />
      )}
      {fixed.length > 0 && <Places title="Fixed" note="what became of the time since" places={fixed} />}
      {report.items.length === 0 && <Empty title="No finding matches. Choose another state or rule." />}
    </>
  );
}

function Summary({ report }: { readonly report: AuditReport }) {
  const open = report.programs.reduce((sum, program) => sum + program.open, 0);
  const figures: readonly (readonly [string, string, string])[] = [
    ["Open findings", count(open), `${counted(report.not_seen, "place")} not seen to run`],
    [
      "All together would save",
      report.saving_ns === null ? UNKNOWN : duration(report.saving_ns),
      `an execution, simulated for ${count(report.simulated)}`,
    ],
    [
      "p95 would fall",
      report.p95_drop === null ? UNKNOWN : percent(report.p95_drop),
      `p50 ${report.p50_drop === null ? UNKNOWN : percent(report.p50_drop)}`,
    ],
    ["Executions", count(report.executions), `${count(report.looked_at)} looked at`],
  ];
  return (
    <>
      <p className="verdict-line">{report.message}</p>
      <section className="card audit-figures" aria-label="All findings together">
        {figures.map(([name, value, note]) => (
          <div key={name}>
            <div className="t12 m">{name}</div>
            <div className={value === UNKNOWN ? "value s" : "value"}>{value}</div>
            <div className="t12 m">{note}</div>
          </div>
        ))}
      </section>
    </>
  );
}
