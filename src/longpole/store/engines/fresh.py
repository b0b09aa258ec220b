"""Rows that readers see before they are stored: kept as structs, turned into Arrow only when somebody asks.

An execution is published again and again while it grows, and most of these states are never read. Keeping the structs
costs a dictionary entry per trace; inserting them into an in-memory table cost 8 us a row, whether anybody looked or
not, and deleted rows stayed in memory.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from threading import Lock
from typing import Any

from arro3.core import Array, RecordBatch, Table
from msgspec import Struct

from longpole.model.batch import Batch
from longpole.store.engines.arrow import arrays_of, arrow_table, pair_table
from longpole.store.tables import MERGED_TABLES, TABLES, TRACE_TABLES, Pair, key_of

TraceRows = Mapping[str, Sequence[Any]]
"""The rows of one trace by table; never changed once published."""

Columns = tuple[str, ...]
"""Some columns of a table, in its order; at least one."""

_SMALL_PIECE = 512
MOST_SMALL_PIECES = 16


class _Piece:
    """Traces that were published together, and their rows as Arrow once somebody has asked. Never changed.

    So a question turns only those rows into Arrow that came since the question before.
    """

    __slots__ = ("_arrays", "row_count", "traces")

    def __init__(self, traces: dict[Pair, TraceRows]) -> None:
        self.traces = traces
        self.row_count = sum(len(rows) for trace in traces.values() for rows in trace.values())
        self._arrays: dict[str, dict[str, Array] | None] = {}  # of a table without rows `None`

    def batch(self, name: str, columns: Columns) -> RecordBatch | None:
        """Columns of one table, or `None` when there are no rows."""
        arrays = self._arrays.get(name, {})
        if arrays is None:
            return None
        missing = [column for column in columns if column not in arrays]
        if missing:
            rows = [row for trace in self.traces.values() for row in trace.get(name, ())]
            if not rows:
                self._arrays[name] = None
                return None
            arrays = {**arrays, **dict(zip(missing, arrays_of(TABLES[name], rows, missing), strict=True))}
            self._arrays[name] = arrays
        return RecordBatch.from_arrays([arrays[column] for column in columns], names=list(columns))


class FreshView:
    """What was fresh at one moment. Tables are built at the first question and kept; safe across threads."""

    def __init__(
        self, pieces: Sequence[_Piece], loose: Mapping[str, Sequence[Struct]], hidden: list[Pair], building: Lock
    ) -> None:
        self.hidden = hidden
        self._pieces = pieces
        self._loose = loose
        self._tables: dict[tuple[str, Columns], Table | None] = {}
        self._building = building

    def table(self, name: str, columns: Columns) -> Table | None:
        """Columns of the fresh rows of this table, or `None` when there are no rows.

        Costs 0.03 us for each value of a row that nobody asked for yet. Of tables that are merged all columns come.
        """
        with self._building:
            if (name, columns) not in self._tables:
                self._tables[name, columns] = self._table(name, columns)
            return self._tables[name, columns]

    @cached_property
    def hidden_table(self) -> Table:
        """The hidden traces, with the columns `workspace` and `trace_id`."""
        return pair_table(self.hidden, "workspace", "trace_id")

    def _table(self, name: str, columns: Columns) -> Table | None:
        if name in self._loose:
            rows = self._loose[name]
            return arrow_table(TABLES[name], rows) if rows else None
        batches = [batch for piece in self._pieces if (batch := piece.batch(name, columns)) is not None]
        return Table.from_batches(batches) if batches else None


class FreshRows:
    """The fresh rows of every open trace, and the traces whose stored rows they hide.

    Not safe across threads by itself: the engine holds one lock around each call, so that a reader's view and its
    snapshot of the stored rows are of the same instant.
    """

    def __init__(self) -> None:
        self._traces: dict[Pair, TraceRows] = {}
        self._pieces: dict[int, _Piece] = {}
        self._place: dict[Pair, int] = {}  # of every fresh trace, the number of its piece
        self._next_piece = 0
        self._numbers: dict[Pair, int] = {}  # of every fresh trace, the number of the batch that published it
        self._hidden: dict[Pair, None] = {}
        self._loose: dict[str, dict[tuple[Any, ...], Struct]] = {name: {} for name in MERGED_TABLES}
        self._view: FreshView | None = None
        # Views share pieces: what two questions ask for at once is made once, and only one thread makes something.
        self._building = Lock()

    def publish(self, batch: Batch, traces: Mapping[Pair, TraceRows]) -> None:
        """Replace the fresh rows of these traces, which are those of the batch; hide what the batch replaces.

        Bodies add up until they are stored: a trace is published again without those that it has published before.
        """
        joined = {pair: join_rows(self._traces.get(pair), rows) for pair, rows in traces.items()}
        self._take_out(joined)
        self._traces.update(joined)
        self._numbers.update(dict.fromkeys(joined, batch.number))
        self._add_piece(joined)
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

        A trace that was published anew after the batch was made, or while the write of one without a number ran, stays
        fresh and hides what was just stored.
        """
        gone: list[Pair] = []
        for pair, rows in held.items():
            now = self._traces.get(pair)
            if now is None or (self._numbers[pair] < batch.number if batch.number else now is rows):
                self._hidden.pop(pair, None)
                if now is not None:
                    del self._traces[pair], self._numbers[pair]
                    gone.append(pair)
            else:
                self._hidden[pair] = None
        self._take_out(gone)
        for name in MERGED_TABLES:
            for row in getattr(batch, name):
                self._loose[name].pop(key_of(name, row), None)
        self._view = None

    def view(self) -> FreshView:
        """What is fresh now. The same object until something changes."""
        if self._view is None:
            self._merge_small()
            loose = {name: list(rows.values()) for name, rows in self._loose.items()}
            self._view = FreshView(list(self._pieces.values()), loose, list(self._hidden), self._building)
        return self._view

    def _add_piece(self, traces: dict[Pair, TraceRows]) -> None:
        if traces:
            number = self._next_piece = self._next_piece + 1
            self._pieces[number] = _Piece(traces)
            self._place.update(dict.fromkeys(traces, number))

    def _take_out(self, pairs: Iterable[Pair]) -> None:
        """Take traces out of their pieces; what is left of a piece is a new one, as a view may hold the old."""
        leaving: dict[int, set[Pair]] = {}
        for pair in pairs:
            if (number := self._place.pop(pair, None)) is not None:
                leaving.setdefault(number, set()).add(pair)
        for number, gone in leaving.items():
            traces = self._pieces[number].traces
            if len(gone) == len(traces):
                del self._pieces[number]
            else:
                self._pieces[number] = _Piece({pair: rows for pair, rows in traces.items() if pair not in gone})

    def _merge_small(self) -> None:
        """Make one piece of many small ones: a piece costs as much as some twenty rows, however few it has."""
        small = [number for number, piece in self._pieces.items() if piece.row_count < _SMALL_PIECE]
        if len(small) > MOST_SMALL_PIECES:
            merged: dict[Pair, TraceRows] = {}
            for number in small:
                merged.update(self._pieces.pop(number).traces)
            self._add_piece(merged)


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
