import { Button } from "@mantine/core";
import { useVirtualizer } from "@tanstack/react-virtual";
import { useMemo, useRef, useState } from "react";
import { useLocation, useSearch } from "wouter";
import type { ExecutionItem } from "../../api/views.gen";
import { type ListAddress, onlyRange, withParts } from "../../lib/address";
import { Icon } from "../../ui/icons";
import { useKeys } from "../../ui/useKeys";
import { ExecutionRow } from "./ExecutionRow";

interface Props {
  readonly rows: readonly ExecutionItem[];
  readonly address: ListAddress;
  readonly isStale: boolean;
  readonly hasMore: boolean;
  readonly isLoadingMore: boolean;
  readonly onMore: () => void;
}

const COLUMNS: readonly { readonly name: string; readonly sort?: string; readonly isRight?: boolean }[] = [
  { name: "Status", sort: "status" },
  { name: "Agent", sort: "agent" },
  { name: "Started", sort: "started" },
  { name: "Time", sort: "duration", isRight: true },
  { name: "Where it went" },
  { name: "Steps", isRight: true },
  { name: "Tokens", sort: "tokens", isRight: true },
  { name: "Cost", sort: "cost", isRight: true },
  { name: "Session" },
  { name: "Error" },
];
const ROW = 34;
const AHEAD = 12;

/** The list: only rows on screen are in the page, however many are loaded. */
export function ExecutionsTable({ rows, address, isStale, hasMore, isLoadingMore, onMore }: Props) {
  const scroller = useRef<HTMLDivElement>(null);
  const [current, setCurrent] = useState(0);
  const [, navigate] = useLocation();
  const range = onlyRange(useSearch());
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW,
    overscan: AHEAD,
  });
  const keys = useMemo(() => {
    const go = (to: number) => {
      const next = Math.min(rows.length - 1, Math.max(0, to));
      setCurrent(next);
      virtual.scrollToIndex(next);
      if (next >= rows.length - AHEAD && hasMore && !isLoadingMore) onMore();
    };
    return {
      j: () => go(current + 1),
      k: () => go(current - 1),
      ArrowDown: () => go(current + 1),
      ArrowUp: () => go(current - 1),
      Enter: () => rows[current] && navigate(`/executions/${rows[current].execution_id}${range}`),
    };
  }, [rows, current, hasMore, isLoadingMore, onMore, navigate, range, virtual]);
  useKeys(keys);
  const items = virtual.getVirtualItems();
  const below = virtual.getTotalSize() - (items.at(-1)?.end ?? 0);
  return (
    <section className="card list" aria-label="List of executions" aria-busy={isStale}>
      <div className="scroll" ref={scroller}>
        <table className="table" aria-rowcount={rows.length}>
          <Head address={address} />
          <tbody>
            <tr className="spacer">
              <td style={{ height: items[0]?.start ?? 0 }} colSpan={COLUMNS.length} />
            </tr>
            {items.map((item) => {
              const row = rows[item.index] as ExecutionItem;
              return (
                <ExecutionRow
                  key={row.execution_id}
                  row={row}
                  index={item.index}
                  isCurrent={item.index === current}
                  onOpen={() => navigate(`/executions/${row.execution_id}${range}`)}
                />
              );
            })}
            <tr className="spacer">
              <td style={{ height: below }} colSpan={COLUMNS.length} />
            </tr>
          </tbody>
        </table>
        {hasMore && <More isLoading={isLoadingMore} onMore={onMore} />}
      </div>
    </section>
  );
}

function More({ isLoading, onMore }: { readonly isLoading: boolean; readonly onMore: () => void }) {
  return (
    <div className="more-row">
      <Button variant="default" loading={isLoading} onClick={onMore}>
        Load more
      </Button>
    </div>
  );
}

function Head({ address }: { readonly address: ListAddress }) {
  const [path, navigate] = useLocation();
  const search = useSearch();
  const sortBy = (sort: string) => {
    const isSame = address.sort === sort;
    navigate(
      path +
        withParts(search, {
          sort: sort === "started" ? null : sort,
          order: isSame && !address.isAscending ? "asc" : null,
        }),
    );
  };
  return (
    <thead>
      <tr>
        {COLUMNS.map(({ name, sort, isRight }) => {
          const isSorted = sort !== undefined && sort === address.sort;
          return (
            <th
              key={name}
              className={isRight ? "r" : undefined}
              aria-sort={isSorted ? (address.isAscending ? "ascending" : "descending") : undefined}
            >
              {sort ? (
                <button type="button" onClick={() => sortBy(sort)}>
                  {name}
                  {isSorted && <Icon name={address.isAscending ? "up" : "down"} size={10} />}
                </button>
              ) : (
                name
              )}
            </th>
          );
        })}
      </tr>
    </thead>
  );
}
