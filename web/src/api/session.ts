// Who is asking, and the way out.

import { queryOptions } from "@tanstack/react-query";
import { getJson } from "./http";
import type { Session } from "./views.gen";

/** The key of whoever looks, asked once: another login loads the page anew. */
export function sessionQuery() {
  return queryOptions({
    queryKey: ["session"],
    queryFn: ({ signal }) => getJson<Session>("/api/session", signal),
    staleTime: Number.POSITIVE_INFINITY,
  });
}

/** Ends the session, then shows the page to log in. */
export async function logOut(): Promise<void> {
  await fetch("/logout", { method: "POST" });
  location.assign("/login");
}
