"""Rows that readers see before they are stored: kept as structs, turned into Arrow only when somebody asks.

An execution is published again and again while it grows, and most of these states are never read. Keeping the structs
costs a dictionary entry per trace; inserting them into an in-memory table cost 8 us a row, whether anybody looked or
not, and deleted rows stayed in memory.
"""

from collections.abc import Iterable, Mapping, Sequence
from threading import Lock
from typing import Any

from arro3.core import Table
from msgspec import Struct

from longpole.model.batch import Batch
from longpole.store.engines.arrow import arrow_table
from longpole.store.tables import MERGED_TABLES, TABLES, TRACE_TABLES, Pair, key_of

TraceRows = Mapping[str, Sequence[Any]]
"""The rows of one trace by table; never changed once published."""


class FreshView:
    """What was fresh at one moment. Tables are built at the first question and kept; safe across threads."""

    def __init__(self, traces: Sequence[TraceRows], loose: Mapping[str, Sequence[Struct]], hidden: list[Pair]) -> None:
        self.hidden = hidden
        self._traces = traces
        self._loose = loose
        self._tables: dict[str, Table | None] = {}
        self._building = Lock()

    def table(self, name: str) -> Table | None:
        """The fresh rows of this table, or `None` when there are none. Costs 3 us a row the first time."""
        with self._building:
            if name not in self._tables:
                rows = self._rows(name)
                self._tables[name] = arrow_table(TABLES[name], rows) if rows else None
            return self._tables[name]

    def _rows(self, name: str) -> Sequence[Struct]:
        if name in self._loose:
            return self._loose[name]
        return [row for trace in self._traces for row in trace.get(name, ())]


class FreshRows:
    """The fresh rows of every open trace, and the traces whose stored rows they hide.

    Not safe across threads by itself: the engine holds one lock around each call, so that a reader's view and its
    snapshot of the stored rows are of the same instant.
    """

    def __init__(self) -> None:
        self._traces: dict[Pair, TraceRows] = {}
        self._hidden: dict[Pair, None] = {}
        self._loose: dict[str, dict[tuple[Any, ...], Struct]] = {name: {} for name in MERGED_TABLES}
        self._view: FreshView | None = None

    def publish(self, batch: Batch, traces: Mapping[Pair, TraceRows]) -> None:
        """Replace the fresh rows of these traces, which are those of the batch; hide what the batch replaces.

        Bodies add up until they are stored: a trace is published again without those that it has published before.
        """
        for pair, rows in traces.items():
            self._traces[pair] = join_rows(self._traces.get(pair), rows)
        self._hidden.update(dict.fromkeys(batch.replace))
        for name in MERGED_TABLES:
            for row in getattr(batch, name):
                self._loose[name][key_of(name, row)] = row
        self._view = None

    def held(self, pairs: Iterable[Pair]) -> dict[Pair, TraceRows | None]:
        """What is fresh of these traces now; `stored` compares with it."""
        return {pair: self._traces.get(pair) for pair in pairs}

    def stored(self, batch: Batch, held: Mapping[Pair, TraceRows | None]) -> None:
        """Forget what a durable write of these traces has made superfluous.

        A trace that was published anew while the write ran stays fresh and hides what was just stored.
        """
        for pair, rows in held.items():
            now = self._traces.get(pair)
            if now is rows:
                self._traces.pop(pair, None)
                self._hidden.pop(pair, None)
            else:
                self._hidden[pair] = None
        for name in MERGED_TABLES:
            for row in getattr(batch, name):
                self._loose[name].pop(key_of(name, row), None)
        self._view = None

    def view(self) -> FreshView:
        """What is fresh now. The same object until something changes."""
        if self._view is None:
            loose = {name: list(rows.values()) for name, rows in self._loose.items()}
            self._view = FreshView(list(self._traces.values()), loose, list(self._hidden))
        return self._view


def rows_by_trace(batch: Batch) -> dict[Pair, TraceRows]:
    """The batch's rows in the tables of traces, grouped by trace and table."""
    traces: dict[Pair, dict[str, list[Any]]] = {}
    for name in TRACE_TABLES:
        for row in getattr(batch, name):
            traces.setdefault((row.workspace, row.trace_id), {}).setdefault(name, []).append(row)
    return dict(traces)


def traces_of(batch: Batch) -> set[Pair]:
    """The workspace and trace id of every row of a trace in the batch, and of every one that it replaces or forgets."""
    pairs = {(row.workspace, row.trace_id) for name in TRACE_TABLES for row in getattr(batch, name)}
    return pairs.union(batch.replace, batch.forget)


def join_rows(earlier: TraceRows | None, rows: TraceRows) -> TraceRows:
    """The rows of a trace that is published again, with the bodies that were published of it before."""
    if not earlier or "bodies" not in earlier:
        return rows
    bodies = {body.span_id: body for body in earlier["bodies"]}
    bodies.update((body.span_id, body) for body in rows.get("bodies", ()))
    return {**rows, "bodies": list(bodies.values())}
