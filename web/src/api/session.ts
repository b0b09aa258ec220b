// Who is asking, and the way out.

import { queryOptions } from "@tanstack/react-query";
import { askNothingMore, getJson, sendJson } from "./http";
import { live } from "./live";
import type { LoadedExample, Session } from "./views.gen";

/** The key of whoever looks, asked once: another login loads the page anew. */
export function sessionQuery() {
  return queryOptions({
    queryKey: ["session"],
    queryFn: ({ signal }) => getJson<Session>("/api/session", signal),
    staleTime: Number.POSITIVE_INFINITY,
  });
}

/** Opens a session with a key, so that this browser stays in once keys are asked for. */
export async function logIn(key: string): Promise<void> {
  await fetch("/login", {
    method: "POST",
    body: new URLSearchParams({ key, next: "/" }),
    redirect: "manual",
  });
}

/**
 * Ends the session, then shows the page to log in. What the page would ask meanwhile, nobody may know any more; and a
 * browser that kept the page as it was must not show it again when somebody goes back.
 */
export async function logOut(): Promise<void> {
  askNothingMore();
  live.end();
  addEventListener("pageshow", ({ persisted }) => persisted && location.reload());
  await fetch("/logout", { method: "POST" }).catch(() => {}); // the browser says of the next page that nobody answers
  location.assign("/login");
}

/** Fills an empty server with recorded runs. */
export function loadExample(): Promise<LoadedExample> {
  return sendJson<LoadedExample>("POST", "/api/example");
}
