import { Button } from "@mantine/core";
import { useVirtualizer } from "@tanstack/react-virtual";
import { useMemo, useRef, useState } from "react";
import { useLocation, useSearch } from "wouter";
import type { ExecutionItem } from "../../api/views.gen";
import { type ListAddress, onlyRange, withParts } from "../../lib/address";
import { ROW_HEIGHT } from "../../lib/density";
import { Icon } from "../../ui/icons";
import { useKeys } from "../../ui/useKeys";
import type { ListColumn, Usual } from "./columns";
import { ExecutionRow } from "./ExecutionRow";

interface Props {
  readonly rows: readonly ExecutionItem[];
  readonly columns: readonly ListColumn[];
  readonly usual: Usual;
  readonly address: ListAddress;
  readonly isStale: boolean;
  readonly hasMore: boolean;
  readonly isLoadingMore: boolean;
  readonly onMore: () => void;
  readonly selected: ReadonlySet<string>;
  readonly onSelected: (selected: ReadonlySet<string>) => void;
}

const AHEAD = 12;

/** The set with an id taken in or out. */
function toggled(selected: ReadonlySet<string>, id: string): ReadonlySet<string> {
  const next = new Set(selected);
  if (!next.delete(id)) next.add(id);
  return next;
}

/** The list: only rows on screen are in the page, however many are loaded. */
export function ExecutionsTable(props: Props) {
  const { rows, columns, usual, address, isStale, hasMore, isLoadingMore, onMore, selected, onSelected } =
    props;
  const scroller = useRef<HTMLDivElement>(null);
  const [current, setCurrent] = useState(0);
  const [, navigate] = useLocation();
  const range = onlyRange(useSearch());
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_HEIGHT,
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
      x: () => rows[current] && onSelected(toggled(selected, rows[current].execution_id)),
      Enter: () => rows[current] && navigate(`/executions/${rows[current].execution_id}${range}`),
    };
  }, [rows, current, hasMore, isLoadingMore, onMore, navigate, range, virtual, selected, onSelected]);
  useKeys(keys);
  const items = virtual.getVirtualItems();
  const below = virtual.getTotalSize() - (items.at(-1)?.end ?? 0);
  const areAll = rows.length > 0 && rows.every(({ execution_id }) => selected.has(execution_id));
  return (
    <section className="card list" aria-label="List of executions" aria-busy={isStale}>
      <div className="scroll" ref={scroller}>
        <table className="table" aria-rowcount={rows.length}>
          <Head
            address={address}
            columns={columns}
            areAll={areAll}
            areSome={selected.size > 0 && !areAll}
            onAll={() =>
              onSelected(areAll ? new Set() : new Set(rows.map(({ execution_id }) => execution_id)))
            }
          />
          <tbody>
            <tr className="spacer">
              <td style={{ height: items[0]?.start ?? 0 }} colSpan={columns.length + 1} />
            </tr>
            {items.map((item) => {
              const row = rows[item.index] as ExecutionItem;
              return (
                <ExecutionRow
                  key={row.execution_id}
                  row={row}
                  index={item.index}
                  columns={columns}
                  usual={usual}
                  isCurrent={item.index === current}
                  isSelected={selected.has(row.execution_id)}
                  onOpen={() => navigate(`/executions/${row.execution_id}${range}`)}
                  onSelect={() => onSelected(toggled(selected, row.execution_id))}
                />
              );
            })}
            <tr className="spacer">
              <td style={{ height: below }} colSpan={columns.length + 1} />
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

interface HeadProps {
  readonly address: ListAddress;
  readonly columns: readonly ListColumn[];
  readonly areAll: boolean;
  readonly areSome: boolean;
  readonly onAll: () => void;
}

function Head({ address, columns, areAll, areSome, onAll }: HeadProps) {
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
        <th className="pick">
          <input
            type="checkbox"
            checked={areAll}
            ref={(element) => {
              if (element) element.indeterminate = areSome;
            }}
            aria-label="Select all that are loaded"
            onChange={onAll}
          />
        </th>
        {columns.map(({ id, title, sort, isRight }) => {
          const isSorted = sort !== undefined && sort === address.sort;
          return (
            <th
              key={id}
              className={isRight ? "r" : undefined}
              aria-sort={isSorted ? (address.isAscending ? "ascending" : "descending") : undefined}
            >
              {sort ? (
                <button type="button" onClick={() => sortBy(sort)}>
                  {title}
                  {isSorted && <Icon name={address.isAscending ? "up" : "down"} size={10} />}
                </button>
              ) : (
                title
              )}
            </th>
          );
        })}
      </tr>
    </thead>
  );
}
