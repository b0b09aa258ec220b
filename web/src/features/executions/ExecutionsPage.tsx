import { Button } from "@mantine/core";
import { useInfiniteQuery, useQuery, useQueryClient } from "@tanstack/react-query";
import { useMemo } from "react";
import { useLocation, useSearch } from "wouter";
import { executionsQuery, newestQuery } from "../../api/queries";
import { useLiveRefetch, useLiveState } from "../../api/useLive";
import type { ExecutionItem } from "../../api/views.gen";
import { FILTERS, type ListAddress, readListAddress, withParts } from "../../lib/address";
import { count } from "../../lib/format";
import { reasonOf } from "../../lib/problem";
import { FirstSteps } from "../../ui/FirstSteps";
import { LiveChip } from "../../ui/LiveChip";
import { Shell } from "../../ui/Shell";
import { Empty, Failed, Waiting } from "../../ui/States";
import { TimeRange } from "../../ui/TimeRange";
import { ExecutionsTable } from "./ExecutionsTable";
import { FilterBar } from "./FilterBar";
import "./executions.css";

/** Which executions there are: filtered, sorted, page by page; all of it in the address. */
export default function ExecutionsPage() {
  const search = useSearch();
  const address = useMemo(() => readListAddress(search), [search]);
  const list = useInfiniteQuery(executionsQuery(address));
  const isNewestFirst = address.sort === "started" && !address.isAscending;
  const newest = useQuery(newestQuery(address, isNewestFirst && list.isSuccess));
  const { agent } = address.filters;
  useLiveRefetch(agent ? { agent, brief: true } : { brief: true }, ["newest"], 500);
  const state = useLiveState();
  const queries = useQueryClient();
  const { rows, above } = useMemo(
    () => joined(list.data?.pages.flatMap((page) => page.items) ?? [], newest.data?.items ?? []),
    [list.data, newest.data],
  );
  const shown = rows.length;
  const showNew = () => queries.resetQueries({ queryKey: ["executions", address] });
  return (
    <Shell crumb={<b>Executions</b>} right={<LiveChip state={state} />}>
      <title>Executions · Longpole</title>
      <div style={{ display: "flex", alignItems: "center", gap: 8 }}>
        <h1>Executions</h1>
        {above > 0 && (
          <Button variant="default" size="xs" onClick={showNew}>
            {count(above)} new above
          </Button>
        )}
        <span className="sp" />
        <span className="t12 m" aria-live="polite">
          {list.isSuccess &&
            shown > 0 &&
            (list.hasNextPage ? `first ${count(shown)} loaded` : `${count(shown)} in all`)}
        </span>
        <TimeRange />
      </div>
      <FilterBar address={address} />
      {list.isPending ? (
        <Waiting heights={[640]} />
      ) : list.isError && shown === 0 ? (
        <Failed
          what="The executions could not be loaded"
          why={reasonOf(list.error)}
          onRetry={() => list.refetch()}
        />
      ) : shown === 0 ? (
        <Nothing address={address} onShowNew={above > 0 ? showNew : undefined} />
      ) : (
        <ExecutionsTable
          key={search}
          rows={rows}
          address={address}
          isStale={list.isPlaceholderData}
          hasMore={list.hasNextPage}
          isLoadingMore={list.isFetchingNextPage}
          onMore={() => list.fetchNextPage()}
        />
      )}
    </Shell>
  );
}

/** Loaded rows with their newest state, each in its place; and how many newer ones wait above. */
function joined(
  loaded: readonly ExecutionItem[],
  newest: readonly ExecutionItem[],
): { rows: ExecutionItem[]; above: number } {
  const fresh = new Map(newest.map((item) => [item.execution_id, item]));
  const seen = new Set<string>();
  const rows: ExecutionItem[] = [];
  for (const item of loaded) {
    if (seen.has(item.execution_id)) continue;
    seen.add(item.execution_id);
    rows.push(fresh.get(item.execution_id) ?? item);
  }
  const top = loaded[0]?.started_at ?? "";
  const above = newest.filter((item) => !seen.has(item.execution_id) && item.started_at >= top).length;
  return { rows, above };
}

function Nothing({
  address,
  onShowNew,
}: {
  readonly address: ListAddress;
  readonly onShowNew: (() => void) | undefined;
}) {
  const [path, navigate] = useLocation();
  const search = useSearch();
  const set = FILTERS.filter((name) => address.filters[name]);
  const parts = [...set, ...(address.text ? ["text"] : []), ...(address.range !== "all" ? ["range"] : [])];
  if (onShowNew) {
    return (
      <Empty title="The first executions have arrived.">
        <Button variant="default" onClick={onShowNew}>
          Show them
        </Button>
      </Empty>
    );
  }
  if (parts.length === 0) return <FirstSteps />;
  const drop = (names: readonly string[]) =>
    navigate(path + withParts(search, Object.fromEntries(names.map((name) => [name, null]))));
  return (
    <Empty title="No execution matches.">
      <p>Drop one of the filters:</p>
      <div style={{ display: "flex", gap: 8, flexWrap: "wrap", justifyContent: "center" }}>
        {parts.map((name) => (
          <Button key={name} variant="default" onClick={() => drop([name])}>
            without {name.replace("_", " ")}
          </Button>
        ))}
        {parts.length > 1 && (
          <Button variant="default" onClick={() => drop(parts)}>
            Drop all
          </Button>
        )}
      </div>
    </Empty>
  );
}
