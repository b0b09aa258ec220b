// What the page of alerts asks and changes.

import { queryOptions } from "@tanstack/react-query";
import { getJson, sendJson } from "./http";
import type { AlertHistory, AlertPage, RulePage, RulePreview, RuleText } from "./views.gen";

const ASK_AGAIN_MS = 5_000;
const PICTURE_DAYS = 7;
const FORM_DAYS = 30;

/** What fires now; asked again every five seconds. */
export function alertsQuery() {
  return queryOptions({
    queryKey: ["alerts", "now"],
    queryFn: ({ signal }) => getJson<AlertPage>("/api/alerts", signal),
    refetchInterval: ASK_AGAIN_MS,
  });
}

/** How many alerts fire, for the badge of the navigation: asked seldom. */
export function alertCountQuery() {
  return queryOptions({
    queryKey: ["alerts", "now"],
    queryFn: ({ signal }) => getJson<AlertPage>("/api/alerts", signal),
    refetchInterval: 4 * ASK_AGAIN_MS,
    select: (page: AlertPage) => page.items.length,
  });
}

/** What fired, the latest first. */
export function alertHistoryQuery() {
  return queryOptions({
    queryKey: ["alerts", "history"],
    queryFn: ({ signal }) => getJson<AlertHistory>("/api/alerts/history?limit=50", signal),
    refetchInterval: 4 * ASK_AGAIN_MS,
  });
}

/** All rules, and where messages can go. */
export function rulesQuery() {
  return queryOptions({
    queryKey: ["alerts", "rules"],
    queryFn: ({ signal }) => getJson<RulePage>("/api/alerts/rules", signal),
    refetchInterval: 4 * ASK_AGAIN_MS,
  });
}

/** The watched value of a rule over the last week. */
export function rulePictureQuery(ruleId: string, workspace: string) {
  return queryOptions({
    queryKey: ["alerts", "picture", workspace, ruleId],
    queryFn: ({ signal }) => {
      const query = new URLSearchParams({ days: String(PICTURE_DAYS), workspace });
      return getJson<RulePreview>(`/api/alerts/rules/${encodeURIComponent(ruleId)}/preview?${query}`, signal);
    },
    staleTime: 60_000,
  });
}

/** What a rule that is being written would have done over the last month. */
export function rulePreviewQuery(text: RuleText) {
  return queryOptions({
    queryKey: ["alerts", "preview", text],
    queryFn: () => sendJson<RulePreview>("POST", `/api/alerts/preview?days=${FORM_DAYS}`, text),
    staleTime: 60_000,
    retry: false,
    placeholderData: (before: RulePreview | undefined) => before,
  });
}

/** Keep a rule; one of the same name is replaced. */
export const keepRule = (text: RuleText) => sendJson("PUT", "/api/alerts/rules", [text]);

/** Remove a rule. */
export const removeRule = (ruleId: string, workspace: string) =>
  sendJson("DELETE", `/api/alerts/rules/${encodeURIComponent(ruleId)}?${new URLSearchParams({ workspace })}`);

/** Say who looks after an alert. */
export const acknowledge = (alertId: string, workspace: string, who: string) =>
  sendJson("POST", `/api/alerts/${encodeURIComponent(alertId)}/acknowledge`, {
    acknowledged_by: who,
    workspace,
  });

/** Tell nobody of a rule, or of one subject of it, for a while. */
export const silence = (what: {
  readonly rule_id: string;
  readonly subject: string | null;
  readonly workspace: string;
  readonly lasting: string;
  readonly silenced_by: string;
}) => sendJson("POST", "/api/alerts/silences", what);

/** End a silence. */
export const endSilence = (silenceId: string, workspace: string) =>
  sendJson(
    "DELETE",
    `/api/alerts/silences/${encodeURIComponent(silenceId)}?${new URLSearchParams({ workspace })}`,
  );
