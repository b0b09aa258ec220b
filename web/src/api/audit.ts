// What audits found in the code, and what somebody decides about it.

import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import type { ListAddress } from "../lib/address";
import { getJson, sendJson } from "./http";
import { queryOf, timesOf } from "./questions";
import type { AuditPosted, AuditReport } from "./views.gen";

export type AuditState = "open" | "accepted" | "fixed";

interface Wanted {
  readonly program: string | null;
  readonly rule: string | null;
  readonly state: string | null;
}

/** The findings of audits, joined with what was measured in the time range. */
export function auditQuery(wanted: Wanted, address: Pick<ListAddress, "range" | "from" | "to">) {
  return queryOptions({
    queryKey: ["audit", wanted, address.range, address.from, address.to],
    queryFn: ({ signal }) =>
      getJson<AuditReport>(`/api/audit${queryOf({ ...wanted, ...timesOf(address) })}`, signal),
    staleTime: 15_000,
    placeholderData: keepPreviousData,
  });
}

/** Says what becomes of a finding. */
export function decide(fingerprint: string, program: string, state: AuditState): Promise<AuditPosted> {
  return sendJson<AuditPosted>("POST", `/api/audit/findings/${encodeURIComponent(fingerprint)}`, {
    program,
    state,
  });
}
