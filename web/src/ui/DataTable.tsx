import { type ReactNode, useMemo, useState } from "react";
import { useLocation, useSearch } from "wouter";
import { withParts } from "../lib/address";
import { Icon } from "./icons";
import { useKeys } from "./useKeys";

type Sortable = number | string | null | undefined;

export interface Column<Row> {
  /** Its name in the address when the table is sorted by it. */
  readonly key: string;
  readonly title: ReactNode;
  /** Said by the pointer, when the title is short. */
  readonly hint?: string;
  readonly cell: (row: Row) => ReactNode;
  /** What it is sorted by; without it the column is not. Unknown comes last, whichever way. */
  readonly by?: (row: Row) => Sortable;
  readonly isNumber?: boolean;
  readonly className?: (row: Row) => string;
}

interface Props<Row> {
  /** What the rows are, for those who hear it. */
  readonly label: string;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  readonly rowKey: (row: Row) => string;
  /** Where a click, or Enter on the chosen row, goes. */
  readonly href?: (row: Row) => string | null;
  /** Whether a row is the one that more is told of beside the table. */
  readonly isChosen?: (row: Row) => boolean;
  /** Part of the address that keeps the order, when a page has several tables. */
  readonly name?: string;
  /** Whether J, K and Enter belong to this table; one of a page. */
  readonly hasKeys?: boolean;
  readonly maxHeight?: number;
}

function compare(a: Sortable, b: Sortable): number {
  if (typeof a === "number" && typeof b === "number") return a - b;
  return String(a).localeCompare(String(b));
}

const isUnknown = (value: Sortable) => value === null || value === undefined;

/** Rows in the order of one column: `-key` is downwards; without a name as they came. */
export function sortedRows<Row>(
  rows: readonly Row[],
  columns: readonly Column<Row>[],
  sort: string,
): readonly Row[] {
  const isDown = sort.startsWith("-");
  const by = columns.find(({ key }) => key === sort.replace(/^-/, ""))?.by;
  if (!by) return rows;
  return [...rows].sort((a, b) => {
    const [left, right] = [by(a), by(b)];
    if (isUnknown(left) || isUnknown(right)) return Number(isUnknown(left)) - Number(isUnknown(right));
    return isDown ? compare(right, left) : compare(left, right);
  });
}

/** A table that is sorted by a click on a column's name; the order is in the address. For at most some hundred rows. */
export function DataTable<Row>(props: Props<Row>) {
  const { label, columns, rows, rowKey, href, name = "sort", hasKeys = false, maxHeight, isChosen } = props;
  const search = useSearch();
  const [path, navigate] = useLocation();
  const sort = new URLSearchParams(search).get(name) ?? "";
  const shown = useMemo(() => sortedRows(rows, columns, sort), [rows, columns, sort]);
  const [current, setCurrent] = useState(-1);
  const keys = useMemo(() => {
    if (!hasKeys) return {};
    const to = (at: number) => setCurrent(Math.max(0, Math.min(shown.length - 1, at)));
    return {
      j: () => to(current + 1),
      k: () => to(current - 1),
      Enter: () => {
        const row = shown[current];
        const target = row && href?.(row);
        if (target) navigate(target);
      },
    };
  }, [hasKeys, shown, current, href, navigate]);
  useKeys(keys);
  const order = ({ key, isNumber }: Column<Row>) => {
    const first = isNumber ? `-${key}` : key;
    const second = isNumber ? key : `-${key}`;
    navigate(path + withParts(search, { [name]: sort === first ? second : sort === second ? null : first }), {
      replace: true,
    });
  };
  return (
    <div className="scroll" style={maxHeight ? { maxHeight } : undefined}>
      <table className="table" aria-label={label}>
        <thead>
          <tr>
            {columns.map((column) => (
              <Head key={column.key} column={column} sort={sort} onSort={() => order(column)} />
            ))}
          </tr>
        </thead>
        <tbody>
          {shown.map((row, at) => {
            const target = href?.(row) ?? null;
            return (
              <tr
                key={rowKey(row)}
                className={`${target ? "click" : ""} ${at === current || isChosen?.(row) ? "cur" : ""}`}
                aria-current={at === current ? "true" : undefined}
                ref={at === current ? (element) => element?.scrollIntoView({ block: "nearest" }) : undefined}
                onClick={(event) => {
                  const isOnControl = (event.target as HTMLElement).closest("a, button, input");
                  if (target && !isOnControl) navigate(target);
                }}
              >
                {columns.map((column) => (
                  <td
                    key={column.key}
                    className={`${column.isNumber ? "r" : ""} ${column.className?.(row) ?? ""}`}
                  >
                    {column.cell(row)}
                  </td>
                ))}
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}

interface HeadProps<Row> {
  readonly column: Column<Row>;
  readonly sort: string;
  readonly onSort: () => void;
}

function Head<Row>({ column, sort, onSort }: HeadProps<Row>) {
  const { key, title, hint, isNumber, by } = column;
  const isSorted = sort.replace(/^-/, "") === key;
  const direction = sort.startsWith("-") ? "descending" : "ascending";
  return (
    <th className={isNumber ? "r" : undefined} title={hint} aria-sort={isSorted ? direction : undefined}>
      {by ? (
        <button type="button" onClick={onSort}>
          {title}
          {isSorted && <Icon name={sort.startsWith("-") ? "down" : "up"} size={11} />}
        </button>
      ) : (
        title
      )}
    </th>
  );
}
