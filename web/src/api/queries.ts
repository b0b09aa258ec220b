// What pages ask, as query options: one address each, typed by the server's views.

import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import type { ListAddress } from "../lib/address";
import { patched } from "../lib/live";
import { rangeStart } from "../lib/time";
import { heardOf } from "./heard";
import { getJson } from "./http";
import { live } from "./live";
import { seldom, timed } from "./pace";
import type {
  Coverage,
  ExecutionPage,
  ExecutionTree,
  Findings,
  Overview,
  ServerHealth,
  StepDetail,
} from "./views.gen";

const PAGE_SIZE = 100;

/** How often to ask while the live door tells what happens, and how often while it does not. */
const whenLive = (liveMs: number, otherwiseMs: number) => (live.current() === "live" ? liveMs : otherwiseMs);

function timeRange(query: URLSearchParams, address: Pick<ListAddress, "range" | "from" | "to">): void {
  const from = address.from || rangeStart(address.range, Date.now());
  if (from) query.set("from", from);
  if (address.to) query.set("to", address.to);
}

/** Totals, agents and categories of a time range. */
export function overviewQuery(address: Pick<ListAddress, "range" | "from" | "to">) {
  return queryOptions({
    queryKey: ["overview", address.range, address.from, address.to],
    queryFn: ({ signal }) => {
      const query = new URLSearchParams();
      timeRange(query, address);
      return getJson<Overview>(`/api/overview?${query}`, signal);
    },
    refetchInterval: () => whenLive(30_000, 5_000),
    placeholderData: (before) => before,
  });
}

/** What has not ended: what it has used so far. */
export function openExecutionsQuery(agent: string | undefined) {
  return queryOptions({
    queryKey: ["open executions", agent ?? ""],
    queryFn: ({ signal }) => {
      const query = new URLSearchParams({ status: "pending,running,llm_request,llm_response", limit: "200" });
      if (agent) query.set("agent", agent);
      return getJson<ExecutionPage>(`/api/executions?${query}`, signal);
    },
    refetchInterval: () => whenLive(15_000, 2_000),
  });
}

function listPath(address: ListAddress, cursor: string, limit: number): string {
  const query = new URLSearchParams({ ...address.filters });
  if (address.text) query.set("text", address.text);
  query.set("sort", address.sort);
  query.set("order", address.isAscending ? "asc" : "desc");
  query.set("limit", String(limit));
  timeRange(query, address);
  if (cursor) query.set("cursor", cursor);
  return `/api/executions?${query}`;
}

/** Where the server gives all that match as a file, the first 50,000 in the list's order. */
export function exportPath(address: ListAddress, format: string): string {
  const query = new URLSearchParams(listPath(address, "", 50_000).split("?")[1]);
  query.set("format", format);
  return `/api/export/executions?${query}`;
}

/** How the server itself is, asked again every five seconds. */
export function healthQuery() {
  return queryOptions({
    queryKey: ["health"],
    queryFn: ({ signal }) => getJson<ServerHealth>("/api/health", signal),
    refetchInterval: 5_000,
  });
}

/** The list, page after page. */
export function executionsQuery(address: ListAddress) {
  return infiniteQueryOptions({
    queryKey: ["executions", address],
    queryFn: ({ pageParam, signal }) =>
      getJson<ExecutionPage>(listPath(address, pageParam, PAGE_SIZE), signal),
    initialPageParam: "",
    getNextPageParam: (page: ExecutionPage) => page.next_cursor ?? undefined,
    placeholderData: (before) => before,
  });
}

/** The newest rows of the same list, asked again and again: what is new, and what has changed in rows on screen. */
export function newestQuery(address: ListAddress, isOn: boolean) {
  return queryOptions({
    queryKey: ["newest", address],
    queryFn: ({ signal }) => getJson<ExecutionPage>(listPath(address, "", PAGE_SIZE), signal),
    enabled: isOn,
    refetchInterval: () => whenLive(15_000, 2_000),
  });
}

/**
 * One execution with everything below it; asked again every second while it runs, more seldom if it is large or if the
 * live door tells what happens.
 */
export function executionQuery(id: string) {
  return queryOptions({
    queryKey: ["execution", id],
    queryFn: async ({ signal }) => {
      const { mark } = heardOf(id);
      const address = `/api/executions/${encodeURIComponent(id)}`;
      const tree = await timed("execution", () => getJson<ExecutionTree>(address, signal));
      return patched(tree, heardOf(id).since(mark));
    },
    refetchInterval: (query) => {
      const tree = query.state.data;
      if (!tree || !isOpen(tree)) return false;
      const isRunning = !FINAL.has(tree.execution.status);
      return Math.max(isRunning ? whenLive(10_000, 1_000) : 1_000, tree.steps.length / 4);
    },
  });
}

/** The newest executions that ran against the recording of this one. */
export function replaysQuery(executionId: string) {
  return queryOptions({
    queryKey: ["replays", executionId],
    queryFn: ({ signal }) => {
      const query = new URLSearchParams({ attribute: `longpole.replay.of=${executionId}`, limit: "3" });
      return getJson<ExecutionPage>(`/api/executions?${query}`, signal);
    },
  });
}

/** Bodies and attributes of one step, or of an execution's own span; while it runs they seldom change. */
export function stepQuery(executionId: string, stepId: string, isRunning: boolean) {
  return queryOptions({
    queryKey: ["step", executionId, stepId, isRunning],
    queryFn: ({ signal }) =>
      timed("step", () =>
        getJson<StepDetail>(
          `/api/executions/${encodeURIComponent(executionId)}/steps/${encodeURIComponent(stepId)}`,
          signal,
        ),
      ),
    staleTime: isRunning ? 0 : Number.POSITIVE_INFINITY,
    refetchInterval: () => isRunning && whenLive(seldom("step", 5_000), 1_000),
  });
}

/** What of an execution's time no step explains; asked again while it runs. */
export function coverageQuery(executionId: string, isRunning: boolean) {
  return queryOptions({
    queryKey: ["coverage", executionId, isRunning],
    queryFn: ({ signal }) =>
      getJson<Coverage>(`/api/executions/${encodeURIComponent(executionId)}/coverage`, signal),
    refetchInterval: isRunning ? 2_000 : false,
  });
}

/** What to do about an execution; asked again while it runs. */
export function findingsQuery(executionId: string, isRunning: boolean) {
  return queryOptions({
    queryKey: ["findings", executionId, isRunning],
    queryFn: ({ signal }) =>
      timed("findings", () =>
        getJson<Findings>(`/api/executions/${encodeURIComponent(executionId)}/findings`, signal),
      ),
    refetchInterval: () => isRunning && whenLive(seldom("findings", 6_000), 3_000),
  });
}

const FINAL = new Set(["success", "failed", "timeout", "skipped", "crashed"]);

/** Whether something in the tree can still change. */
export function isOpen(tree: ExecutionTree): boolean {
  return (
    !FINAL.has(tree.execution.status) ||
    tree.executions.some((node) => !FINAL.has(node.status)) ||
    !tree.execution.is_settled
  );
}
