"""Takes rows of traces into PostgreSQL, inside the transaction of a write: one writer for each trace at a time."""

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct
from msgspec.structs import astuple

from longpole.model.batch import Batch
from longpole.model.clock import DAY_NS
from longpole.store.engines.postgres_connection import Connection, sql
from longpole.store.engines.postgres_rows import (
    SPAN_COLUMNS,
    Span,
    lock_numbers,
    only_last,
    pairs_of,
    span_of,
    told_lists,
    without_older,
)
from longpole.store.engines.postgres_statements import WRITTEN_BY, columns_of, statement
from longpole.store.tables import TRACE_TABLES, Pair

# Locks on single traces take room that all connections share (6,400 by default); who writes more takes one for all.
_MOST_LOCKS = 500
# Rows of a trace that was new to the pipeline a moment ago can only be of this day; those of a known one of any day.
_NEW_TRACE_NS = DAY_NS


class TraceWriter:
    """Writes the rows of traces of one server's batches. Safe across threads, each with its own connection."""

    def __init__(self, server: str) -> None:
        self._server = server
        self._types: dict[str, list[str]] = {}

    def store(self, connection: Connection, batch: Batch) -> None:
        """Take in the rows of traces; what is told again replaces what is there, forgotten traces go."""
        pairs = pairs_of(batch)
        if not pairs:
            return
        _lock(connection, lock_numbers(pairs))
        if batch.forget:
            lists = {"workspaces": [pair[0] for pair in batch.forget], "trace_ids": [pair[1] for pair in batch.forget]}
            for name in TRACE_TABLES:
                connection.execute(sql(statement("remove_traces", name)), lists)
        there = _SpansThere(connection, batch, pairs)
        rows = without_older(batch, there.versions)
        for name in SPAN_COLUMNS:
            rows[name] = only_last(rows[name], name)
        if there.versions:
            _remove_told(connection, rows, there)
        for name in TRACE_TABLES:
            if rows[name]:
                self._copy(connection, name, rows[name])

    def _copy(self, connection: Connection, table: str, rows: Sequence[Struct]) -> None:
        columns = columns_of(table)
        if table not in self._types:
            found = dict(connection.execute(sql(statement("column_types", table))).fetchall())
            self._types[table] = [found[name] for name in columns]
        signed = (self._server,) if WRITTEN_BY in columns else ()
        with connection.cursor() as cursor, cursor.copy(sql(statement("copy_rows", table))) as copy:
            copy.set_types(self._types[table])
            for row in rows:
                copy.write_row((*astuple(row), *signed))


class _SpansThere:
    """The stored spans of the traces of a batch: by table, the version of each, and when the first was received."""

    def __init__(self, connection: Connection, batch: Batch, pairs: set[Pair]) -> None:
        self.versions: dict[Span, int] = {}
        self.spans: Mapping[str, set[Span]] = {name: set() for name in SPAN_COLUMNS}
        self.from_ns = 2**63 - 1
        self._traces: set[Pair] = set()
        known = set(batch.replace)
        received = [row.received_ns for name in TRACE_TABLES for row in getattr(batch, name)]
        if known:
            self._ask(connection, known, from_ns=0)
        if received and (others := pairs - known):
            self._ask(connection, others, from_ns=min(received) - _NEW_TRACE_NS)

    def has_trace(self, row: Any) -> bool:
        """Whether anything is stored of the trace of this row."""
        return (row.workspace, row.trace_id) in self._traces

    def _ask(self, connection: Connection, pairs: set[Pair], *, from_ns: int) -> None:
        given = {"trace_ids": [trace_id for _, trace_id in pairs], "from_ns": from_ns}
        for role, workspace, trace_id, span_id, version, received_ns in connection.execute(
            sql(statement("spans_there")), given
        ).fetchall():
            if (workspace, trace_id) in pairs:
                span = (workspace, trace_id, span_id)
                self.spans[role].add(span)
                self.versions[span] = max(version, self.versions.get(span, 0))
                self._traces.add((workspace, trace_id))
                self.from_ns = min(self.from_ns, received_ns)


def _lock(connection: Connection, numbers: list[int]) -> None:
    if len(numbers) > _MOST_LOCKS:
        connection.execute(sql(statement("lock_all_traces")))
        return
    connection.execute(sql(statement("lock_some_traces")))
    connection.execute(sql(statement("lock_traces")), {"numbers": numbers})


def _remove_told(connection: Connection, rows: Mapping[str, Sequence[Any]], there: _SpansThere) -> None:
    """Remove the stored rows of what is told again, whatever role a span had before."""
    told = {span_of(name, row) for name in SPAN_COLUMNS for row in rows[name]}
    for name, column in SPAN_COLUMNS.items():
        if spans := list(told & there.spans[name]):
            lists = [list(values) for values in zip(*spans, strict=True)]
            given = dict(zip(("workspace", "trace_id", column), lists, strict=True))
            connection.execute(sql(statement("remove_told", name)), {**given, "from_ns": there.from_ns})
    for name in TRACE_TABLES:
        if name not in SPAN_COLUMNS and (again := [row for row in rows[name] if there.has_trace(row)]):
            from_ns = min(there.from_ns, *(row.received_ns for row in again)) - DAY_NS
            given = {**told_lists(name, again), "from_ns": from_ns}
            connection.execute(sql(statement("remove_told", name)), given)
