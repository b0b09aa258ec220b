// SQL of a person, and what there is to ask.

import { queryOptions } from "@tanstack/react-query";
import { sendJson } from "./http";
import type { SqlAnswer } from "./views.gen";

/** The answer to one SELECT; at most `limit` rows. */
export function sqlQuery(sql: string, limit: number) {
  return queryOptions({
    queryKey: ["sql", sql, limit],
    queryFn: () => sendJson<SqlAnswer>("POST", "/api/sql", { sql, limit }),
    enabled: sql.trim() !== "",
    retry: false,
    staleTime: Number.POSITIVE_INFINITY,
    refetchOnWindowFocus: false,
  });
}
