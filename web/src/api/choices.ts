// What a person can choose from: executions by a piece of text.

import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { getJson } from "./http";
import { queryOf } from "./questions";
import type { ExecutionPage } from "./views.gen";

/** The newest executions of an agent (or of all) in which a text is found, a page of 50. */
export function executionChoicesQuery(agent: string | undefined, text: string) {
  return queryOptions({
    queryKey: ["choices", agent, text],
    queryFn: ({ signal }) =>
      getJson<ExecutionPage>(
        `/api/executions${queryOf({ agent, text, limit: "50", parent: agent ? "" : "none" })}`,
        signal,
      ),
    staleTime: 10_000,
    placeholderData: keepPreviousData,
  });
}
