// What the palette finds on the server.

import { queryOptions } from "@tanstack/react-query";
import { getJson } from "./http";
import { queryOf } from "./questions";
import type { ExecutionItem, ExecutionPage, Overview } from "./views.gen";

const MOST = 5;

export interface Found {
  readonly agents: readonly string[];
  readonly executions: readonly ExecutionItem[];
}

/** All agents by name, and the newest executions in which the words occur. */
export function foundQuery(words: string) {
  return queryOptions({
    queryKey: ["palette", words],
    queryFn: async ({ signal }): Promise<Found> => {
      // Together, so that neither is left alone with its failure when the other is given up.
      const [overview, page] = await Promise.all([
        getJson<Overview>("/api/overview", signal),
        words
          ? getJson<ExecutionPage>(`/api/executions${queryOf({ text: words, limit: String(MOST) })}`, signal)
          : null,
      ]);
      return { agents: overview.agents.map(({ agent }) => agent), executions: page?.items ?? [] };
    },
    staleTime: 10_000,
  });
}
