// The views that people keep of a page: its address under a name.

import { queryOptions } from "@tanstack/react-query";
import { getJson, sendJson } from "./http";
import type { SavedViewItem, SavedViewPage } from "./views.gen";

const KEY = ["saved views"] as const;

/** The kept views of one page. */
export function savedViewsQuery(page: string) {
  return queryOptions({
    queryKey: [...KEY],
    queryFn: ({ signal }) => getJson<SavedViewPage>("/api/views", signal),
    staleTime: 60_000,
    select: ({ items }: SavedViewPage) => items.filter((item) => item.page === page),
  });
}

/** Keep the query part of an address under a title; it takes the place of the one with that title. */
export function keepView(page: string, title: string, search: string): Promise<SavedViewItem> {
  return sendJson<SavedViewItem>("PUT", "/api/views", { page, title, search });
}

/** Forget a view. */
export function forgetView({ view_id, workspace }: SavedViewItem): Promise<SavedViewItem> {
  const where = `?workspace=${encodeURIComponent(workspace)}`;
  return sendJson<SavedViewItem>("DELETE", `/api/views/${encodeURIComponent(view_id)}${where}`);
}
