import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { auditLogQuery } from "../../api/settings";
import type { AuditItem } from "../../api/views.gen";
import { clockTime, count, counted, NONE } from "../../lib/format";
import { epochMs } from "../../lib/time";
import { Asked } from "../../ui/Asked";
import { type Column, DataTable } from "../../ui/DataTable";

/** Who changed what, and what was refused. */
export function AuditLog() {
  const columns = useMemo(() => columnsOf(), []);
  return (
    <Asked query={useQuery(auditLogQuery())} what="The audit log" heights={[62, 320]}>
      {({ items }) => {
        const refused = items.filter(({ status }) => status >= 400).length;
        return (
          <>
            <section className="card verdict" aria-label="How it stands">
              <p className="says">
                {items.length === 0 ? (
                  "Nobody has changed anything yet."
                ) : (
                  <>
                    The last <b>{counted(items.length, "deed")}</b>,{" "}
                    {refused === 0 ? "none" : `${count(refused)} of them`} refused.
                  </>
                )}
              </p>
            </section>
            {items.length > 0 && (
              <section className="card" aria-label="Deeds">
                <DataTable
                  label="Audit log"
                  columns={columns}
                  rows={items}
                  rowKey={(item) => `${item.time} ${item.deed} ${item.subject}`}
                />
              </section>
            )}
          </>
        );
      }}
    </Asked>
  );
}

function columnsOf(): Column<AuditItem>[] {
  return [
    {
      key: "time",
      title: "When",
      by: ({ time }) => epochMs(time),
      cell: ({ time }) => <span className="m tn">{clockTime(time, Date.now())}</span>,
    },
    { key: "deed", title: "Deed", by: ({ deed }) => deed, cell: ({ deed }) => <b>{deed}</b> },
    {
      key: "subject",
      title: "Of what",
      by: ({ subject }) => subject,
      cell: ({ subject }) => <span className="mono">{subject ?? NONE}</span>,
    },
    { key: "who", title: "Who", by: ({ who }) => who, cell: ({ who }) => who ?? "without a key" },
    {
      key: "address",
      title: "From",
      by: ({ address }) => address,
      cell: ({ address }) => address ?? "unknown",
    },
    {
      key: "workspace",
      title: "Workspace",
      by: ({ workspace }) => workspace,
      cell: ({ workspace }) => workspace ?? "the whole server",
    },
    {
      key: "status",
      title: "Answer",
      by: ({ status }) => status,
      cell: ({ status }) => (
        <span className={`chip ${status >= 400 ? "bad" : "good"}`}>
          {status >= 400 ? "refused" : "done"} {status}
        </span>
      ),
    },
  ];
}
