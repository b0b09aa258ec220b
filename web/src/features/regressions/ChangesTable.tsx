import { useMemo } from "react";
import { useSearch } from "wouter";
import type { Regression } from "../../api/views.gen";
import { withParts } from "../../lib/address";
import { changeWords } from "../../lib/changeWords";
import { NONE, percent, shortDay, signed } from "../../lib/format";
import { epochMs } from "../../lib/time";
import { type Column, DataTable } from "../../ui/DataTable";

/** What a change is called in the address. */
export const keyOf = ({ agent, at }: Regression) => `${agent} ${at.slice(0, 19)}`;

interface Props {
  readonly items: readonly Regression[];
  readonly chosen: string;
}

/** All changes; a click shows one in the picture above. */
export function ChangesTable({ items, chosen }: Props) {
  const search = useSearch();
  const columns = useMemo(() => columnsOf(), []);
  return (
    <section className="card" aria-label="Changes">
      <div className="hd">
        <h2>Changes</h2>
        <span className="m t12">the latest first</span>
      </div>
      <DataTable
        label="Changes"
        columns={columns}
        rows={items}
        rowKey={keyOf}
        href={(item) => `/regressions${withParts(search, { change: keyOf(item) })}`}
        isChosen={(item) => keyOf(item) === chosen}
        hasKeys
      />
    </section>
  );
}

function columnsOf(): Column<Regression>[] {
  return [
    { key: "agent", title: "Agent", by: ({ agent }) => agent, cell: ({ agent }) => <b>{agent}</b> },
    {
      key: "since",
      title: "Since",
      by: ({ at }) => epochMs(at),
      cell: ({ at, earliest, latest }) => (
        <span title="with 95 % confidence">
          {shortDay(at)}
          {earliest !== latest && (
            <span className="m t12">
              {" "}
              ({shortDay(earliest)} to {shortDay(latest)})
            </span>
          )}
        </span>
      ),
    },
    {
      key: "what",
      title: "What",
      cell: ({ changes: [first] }) =>
        first ? (
          <span className={first.is_worse ? "bad" : first.is_worse === false ? "good" : ""}>
            {first.is_worse ? "▲" : "▼"} {changeWords(first).word}
          </span>
        ) : (
          NONE
        ),
    },
    {
      key: "numbers",
      title: "Before → after",
      cell: ({ changes: [first] }) => (first ? changeWords(first).numbers : NONE),
    },
    {
      key: "change",
      title: "Change",
      isNumber: true,
      by: ({ changes: [first] }) => first?.change,
      cell: ({ changes: [first] }) =>
        first?.change === null || first?.change === undefined
          ? "unknown"
          : signed(first.change, first.metric === "errors" ? points : percent),
    },
    {
      key: "steps",
      title: "By step",
      cell: ({ slower: [first] }) => (first ? first.operation : NONE),
    },
    {
      key: "then",
      title: "What changed then",
      cell: ({ changed_then }) =>
        changed_then.length === 0
          ? "nothing that is known"
          : changed_then
              .map(({ kind, before, after }) => `${kind} ${before ?? "none"} → ${after}`)
              .join(", "),
    },
  ];
}

/** A difference of shares is in points. */
export const points = (share: number) => percent(share).replace("%", "points");
