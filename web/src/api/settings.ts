// What the page of settings asks and changes.

import { queryOptions } from "@tanstack/react-query";
import { getJson, sendJson } from "./http";
import { queryOf } from "./questions";
import type {
  AuditPage,
  DeadLetterPage,
  KeyItem,
  KeyPage,
  MadeKey,
  NewKey,
  NewPrice,
  PriceBookPage,
  PriceItem,
  Repriced,
  RetriedLetter,
  StoreState,
  WebhookDeliveryItem,
  WebhookItem,
  WebhookPage,
  WorkspacePage,
} from "./views.gen";

/** A list of the settings, by its address. */
function listQuery<View>(name: string, path: string) {
  return queryOptions({
    queryKey: ["settings", name],
    queryFn: ({ signal }) => getJson<View>(path, signal),
    retry: false,
  });
}

const pathOf = (list: string, name: string) => `/api/${list}/${encodeURIComponent(name)}`;

export const keysQuery = () => listQuery<KeyPage>("keys", "/api/keys");
export const workspacesQuery = () => listQuery<WorkspacePage>("workspaces", "/api/workspaces");
export const auditLogQuery = () => listQuery<AuditPage>("audit", "/api/audit-log?limit=200");
export const storeQuery = () => listQuery<StoreState>("store", "/api/store");
export const pricesQuery = () => listQuery<PriceBookPage>("prices", "/api/prices");
export const webhooksQuery = () => listQuery<WebhookPage>("webhooks", "/api/webhooks");
export const lettersQuery = () => listQuery<DeadLetterPage>("letters", "/api/dead-letters?limit=200");

/** Make a key; the answer has it, once. */
export const makeKey = (key: NewKey) => sendJson<MadeKey>("POST", "/api/keys", key);

/** Revoke a key for good. */
export const revokeKey = (id: string) => sendJson<KeyItem>("DELETE", pathOf("keys", id));

/** Keep an own price. */
export const setPrice = (price: Partial<NewPrice>) => sendJson<PriceItem>("PUT", "/api/prices", price);

/** Remove one own price. */
export const removePrice = ({ workspace, model, provider, from_time }: PriceItem) =>
  sendJson<PriceBookPage>("DELETE", `/api/prices${queryOf({ workspace, model, provider, from_time })}`);

/** Price stored calls again, or only tell what that would change. */
export const recompute = (isDryRun: boolean) =>
  sendJson<Repriced>("POST", `/api/prices/recompute${queryOf({ dry_run: String(isDryRun) })}`);

/** Tell a webhook of a test. */
export const testWebhook = (name: string) =>
  sendJson<WebhookDeliveryItem>("POST", `${pathOf("webhooks", name)}/test`);

/** Forget a webhook. */
export const removeWebhook = (name: string) => sendJson<WebhookItem>("DELETE", pathOf("webhooks", name));

/** Keep a webhook; the answer has its secret, once. */
export const setWebhook = (name: string, url: string) =>
  sendJson<WebhookItem>("PUT", "/api/webhooks", { name, url });

/** Try a dead letter again. */
export const retryLetter = (id: string) =>
  sendJson<RetriedLetter>("POST", `${pathOf("dead-letters", id)}/retry`);

/** Drop a dead letter, and what it holds, for good. */
export const dropLetter = (id: string) => sendJson<RetriedLetter>("DELETE", pathOf("dead-letters", id));
