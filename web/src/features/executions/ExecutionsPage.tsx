import { Button } from "@mantine/core";
import { useInfiniteQuery, useQuery, useQueryClient } from "@tanstack/react-query";
import { useCallback, useMemo, useState } from "react";
import { useLocation, useSearch } from "wouter";
import type { Wish } from "../../api/live";
import { executionsQuery, newestQuery } from "../../api/queries";
import { questionQuery } from "../../api/questions";
import { useLiveRefetch, useLiveState } from "../../api/useLive";
import type { ExecutionItem, Pulse, UsualAgents } from "../../api/views.gen";
import { FILTERS, type ListAddress, readListAddress, withParts } from "../../lib/address";
import { count, counted } from "../../lib/format";
import { reasonOf } from "../../lib/problem";
import { FirstSteps } from "../../ui/FirstSteps";
import { LiveChip } from "../../ui/LiveChip";
import { Page } from "../../ui/Page";
import { PageHead } from "../../ui/PageHead";
import { Empty, Failed, Waiting } from "../../ui/States";
import { TimeRange } from "../../ui/TimeRange";
import { Bulk } from "./Bulk";
import { columnsOf, type Usual } from "./columns";
import { DifferencesPanel } from "./DifferencesPanel";
import { ExecutionsTable } from "./ExecutionsTable";
import { FilterBar } from "./FilterBar";
import { Strip, wishesOf } from "./Strip";
import { ViewsBar } from "./ViewsBar";
import "./executions.css";

/** What changes a count. */
const CHANGES: Wish = { kinds: ["execution.started", "execution.completed"], brief: true };
const NOBODY: ReadonlySet<string> = new Set();

/** Which executions there are: filtered, sorted, page by page; all of it in the address. */
export default function ExecutionsPage() {
  const search = useSearch();
  const [path, navigate] = useLocation();
  const address = useMemo(() => readListAddress(search), [search]);
  const list = useInfiniteQuery(executionsQuery(address));
  const isNewestFirst = address.sort === "started" && !address.isAscending;
  const newest = useQuery(newestQuery(address, isNewestFirst && list.isSuccess));
  const { agent, environment } = address.filters;
  useLiveRefetch(agent ? { agent, brief: true } : { brief: true }, ["newest"], 500);
  const state = useLiveState();
  const queries = useQueryClient();
  const inView = useQuery(questionQuery<Pulse>("pulse", wishesOf(address), address)).data;
  useLiveRefetch(CHANGES, ["question", "pulse"], 3_000);
  const usual = useUsual(agent, environment);
  const { rows, above } = useMemo(
    () => joined(list.data?.pages.flatMap((page) => page.items) ?? [], newest.data?.items ?? []),
    [list.data, newest.data],
  );
  const [selected, setSelected] = useState<ReadonlySet<string>>(NOBODY);
  const clear = useCallback(() => setSelected(NOBODY), []);
  const columns = useMemo(() => columnsOf(search), [search]);
  const shown = rows.length;
  const showNew = () => queries.resetQueries({ queryKey: ["executions", address] });
  const different = new URLSearchParams(search).get("different");
  const setDifferent = (what: string | null) =>
    navigate(path + withParts(search, { different: what }), { replace: true });
  // The list begins anew with another question, but not when a panel opens or a column comes.
  const question = withParts(search, { different: null, columns: null, strip: null });
  return (
    <Page crumb={<b>Executions</b>} right={<LiveChip state={state} />}>
      <title>Executions · Longpole</title>
      <PageHead
        title="Executions"
        note={
          <span aria-live="polite">
            {list.isSuccess && shown > 0 && (inView ? counted(inView.executions, "execution") : "")}
          </span>
        }
      >
        {above > 0 && (
          <Button variant="default" onClick={showNew}>
            {count(above)} new above
          </Button>
        )}
        <TimeRange />
      </PageHead>
      <ViewsBar rows={rows}>
        <Button variant="default" onClick={() => setDifferent(different ? null : "slow")}>
          What is different about the slow ones?
        </Button>
      </ViewsBar>
      <FilterBar address={address} />
      <Strip address={address} inView={inView} />
      <div className={different ? "list-and-panel with-panel" : "list-and-panel"}>
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
            key={question}
            rows={rows}
            columns={columns}
            usual={usual}
            address={address}
            isStale={list.isPlaceholderData}
            hasMore={list.hasNextPage}
            isLoadingMore={list.isFetchingNextPage}
            onMore={() => list.fetchNextPage()}
            selected={selected}
            onSelected={setSelected}
          />
        )}
        {different && (
          <DifferencesPanel
            address={address}
            chosen={different === "selected" ? [...selected] : []}
            onClose={() => setDifferent(null)}
          />
        )}
      </div>
      <Bulk rows={rows} selected={selected} onClear={clear} onAsk={() => setDifferent("selected")} />
    </Page>
  );
}

/** What is usual of each agent: of its last seven days. */
function useUsual(agent: string | undefined, environment: string | undefined): Usual {
  const found = useQuery(questionQuery<UsualAgents>("agents", { agent, environment })).data;
  return useMemo(() => Object.fromEntries(found?.agents.map((one) => [one.agent, one]) ?? []), [found]);
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
