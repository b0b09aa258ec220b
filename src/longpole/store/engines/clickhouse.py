"""ClickHouse: rows are only ever added; of those with one key, readers see the one that was told last.

**Keys.** A row of a trace is keyed by its workspace, the hour in which it started, its trace and its span. A span that
is told again replaces itself. If it is told in another role (execution or step) or hour, the row that it had gets a
tombstone: the same key with a later version that says "deleted". A write touches only the spans that it tells, so that
servers which hold parts of one trace never remove each other's rows. `_version` is the time of the write by the clock
of its server, so that between servers the later clock wins.

**No transaction.** A write is one insert for each table, and each insert is seen whole or not at all (as far as it is
of one day and one shard). Bodies and children go before executions, and the position in the spool goes last. So after
a crash between two of them the position is the old one; the same bodies are read again from the spool, give the same
keys, and replace what is there. Nothing is lost or seen twice; for a while one may see children whose execution is not
there yet, or a span in its old role and its new one.

**Leases.** A server that wants a lease which nobody holds inserts a claim and waits for `_CLAIM_SETTLES_S`, so that
whoever reads afterwards sees the claims of that moment. Of claims that overlap the earliest holds, for everybody who
sees them. So there is one holder as long as an insert is seen by all within that time and clocks differ by less than a
lease lasts. Otherwise two may believe that they hold it until the next one asks again: what is done under a lease must
be safe to do twice.
"""

import time
from collections.abc import Iterable, Mapping, Sequence
from functools import cache, partial
from importlib import resources
from threading import Lock
from typing import Any, get_args

from arro3.core import Array, ChunkedArray, DataType, Table
from msgspec import Struct
from msgspec.structs import fields

from longpole.model.batch import Batch
from longpole.model.clock import now_ns
from longpole.model.errors import InvalidInput, StoreError
from longpole.model.intake import Lease, LedgerEntry
from longpole.store.engines.arrow import arrow_table
from longpole.store.engines.clickhouse_client import Database, read_address
from longpole.store.engines.clickhouse_merge import merge_rows
from longpole.store.engines.clickhouse_schema import Layout, make_database
from longpole.store.engines.clickhouse_sql import ask_select
from longpole.store.engines.fresh import traces_of
from longpole.store.engines.pending import PendingRows
from longpole.store.migrate import migrations_of, missing_migrations
from longpole.store.read_only_sql import SqlQuestion, SqlRows
from longpole.store.sql import load_queries, parse_queries
from longpole.store.tables import AGES, KEYS, REMOVABLE_TABLES, TABLES, TRACE_TABLES, Pair, key_of

_PUBLISH_EVERY_S = 0.5
_CLAIM_SETTLES_S = 0.25

_ORDER = ("bodies", "events", "decisions", "scores", "steps", "executions")
_TOLD: Mapping[str, str] = {"agents": "agents_told", "processes": "processes_told", "leases": "lease_claims"}
"""Of the tables that readers see as views: where the rows are."""
_SIGNED = frozenset({"executions", "steps", "agents", "processes"})
_PLACES: Mapping[str, str] = {
    "executions": "workspace, started_ns, trace_id, span_id",
    "steps": "workspace, started_ns, trace_id, step_id",
    "events": "workspace, time_ns, trace_id, span_id, event_index, _content",
    "decisions": "workspace, time_ns, trace_id, span_id, event_index, _content",
    "scores": "workspace, time_ns, trace_id, execution_id, name, _content",
    "bodies": "workspace, trace_id, span_id",
}
"""What a tombstone must have besides `received_ns`, to lie where the row lies."""
_SPANS: Mapping[str, str] = {
    "executions": "span_id", "steps": "step_id", "events": "span_id", "decisions": "span_id", "scores": "execution_id",
}  # fmt: skip
"""The column that says which span a row is of."""


class ClickHouseEngine:
    """The engine of `open_store` for `clickhouse://` and `chdb://`. See `longpole.store.engine.Engine` for its verbs.

    Fresh rows are gathered and written every half second, and before this engine answers a question.
    """

    is_shared = True
    publishes_in_memory = False
    prefers_rollups = False
    knows_workspaces = False
    kept = None

    def __init__(self, address: str, *, server: str = "", cluster: str = "", survives_power_loss: bool = False) -> None:
        """Connect to the database of an address.

        Args:
            address: `clickhouse://user:password@host:port/database` or `chdb:///folder`.
            server: whose rows these are and whose spool position a write moves.
            cluster: the cluster that holds the tables; without it, the one node of the address.
            survives_power_loss: whether what is inserted is on the medium before it is answered. It is a setting of
                the tables, so it then holds for every server, until somebody resets it there.

        Raises:
            StoreError: the address is none, nobody answers there, or we are not let in.
            MissingPackage: chdb is not installed.
        """
        self.server = server
        self._layout = Layout(cluster)
        self._survives_power_loss = survives_power_loss
        self._database = Database(read_address(address), is_cluster=bool(cluster))
        self._queries = load_queries("clickhouse")
        self._versions = _Versions()
        self._telling = Lock()  # around reading and writing what this server tells of agents and processes
        self._claiming = Lock()
        self._published: set[Pair] = set()
        self._pending = PendingRows(self._publish, every_s=_PUBLISH_EVERY_S)

    def migrate(self) -> None:
        """Bring the schema to this version; see `Engine.migrate` and `clickhouse_schema`."""
        make_database(self._database, self._layout)
        there = [name for (name,) in self._ask("tables_there")]
        if there and not {"schema_version", self._layout.stored("schema_version")}.intersection(there):
            raise StoreError(
                f"{self._database.address.shown} is a database of another program: it has the tables "
                f"{', '.join(there[:5])}. Expected a Longpole database or none. Choose another database."
            )
        self._run("create_schema_version")
        if self._layout.cluster:
            self._run("show_schema_version")
        [(found,)] = self._ask("schema_version")
        for migration in missing_migrations(migrations_of("clickhouse"), found or 0):
            for statement in self._layout.statements(migration):
                self._database.command(statement)
            self._run("note_version", {"version": migration.number, "applied_ns": now_ns()})
        if self._survives_power_loss:
            for (name,) in self._ask("tables_without_sync"):
                self._run("sync_inserts", table=name)

    def write(self, batch: Batch, *, fresh: bool = False) -> None:
        """Store or publish a batch; see `Engine.write` and what this module says of transactions.

        Raises:
            InvalidInput: a row has no value where its table needs one; nothing was written.
            StoreError: the database did not take it, or is away; the same batch may be written again.
        """
        if fresh:
            self._pending.add(batch)
            return
        pairs = traces_of(batch)
        tables = {name: arrow_table(TABLES[name], rows) for name in _ORDER if (rows := getattr(batch, name))}
        for name, table in tables.items():
            _check_values(TABLES[name], table)
        with self._pending.storing(pairs):
            self._bury_forgotten(batch.forget)
            self._store(batch, tables, known=self._published.intersection(pairs).union(batch.replace))
            self._published -= pairs
        self._keep_records(batch)
        for lease in batch.leases:
            self._claim(lease)
        self._remove_expired(batch)
        if batch.compact:
            for name in (*_ORDER, *_TOLD.values(), *(set(REMOVABLE_TABLES) - set(_TOLD))):
                self._run("compact", table=name)
        if batch.position is not None:
            place = batch.position
            entry = LedgerEntry(server=self.server, segment=place.segment, offset=place.offset, stored_ns=now_ns())
            self._insert("ingest_ledger", arrow_table(LedgerEntry, [entry]), self._versions.take())

    def rows(self, query: str, parameters: Mapping[str, Any] | None = None) -> Sequence[dict[str, Any]]:
        """The answer of a named query; see `Engine.rows`.

        Raises:
            UnknownQuery: no query has this name.
            InvalidInput: a parameter is missing, is not one of the query's, or is of a type that none has.
            StoreError: the database is away, or cannot answer.
        """
        found = self._queries[query]
        text, given = found.asked(parameters or {})
        if found.tables.intersection(TABLES):
            self._pending.flush(given.get("trace_ids"))
        names, rows = self._database.query(text, given)
        shown = [place for place, name in enumerate(names) if not name.startswith("_")]
        if len(shown) == len(names):
            return [dict(zip(names, row, strict=True)) for row in rows]
        return [{names[place]: row[place] for place in shown} for row in rows]

    def ask_sql(self, question: SqlQuestion) -> SqlRows:
        """The answer to SQL of a person, what is fresh included; see `ReadsSql.ask_sql`."""
        self._pending.flush()
        return ask_select(self._database, partial(self._statement, table=""), question)

    def close(self) -> None:
        """Let go of the database; see `Engine.close`."""
        self._pending.close()
        self._database.close()

    # Traces

    def _publish(self, batch: Batch) -> None:
        pairs = traces_of(batch)
        tables = {name: arrow_table(TABLES[name], rows) for name in _ORDER if (rows := getattr(batch, name))}
        self._store(batch, tables, known=self._published.intersection(pairs).union(batch.replace))
        self._published |= pairs

    def _store(self, batch: Batch, tables: Mapping[str, Table], *, known: set[Pair]) -> None:
        """Insert the rows, then put tombstones on what the database had of their spans elsewhere.

        Args:
            batch: what to write.
            tables: its rows of traces.
            known: the traces of which the database may have something.
        """
        version = self._versions.take()
        for name, table in tables.items():
            self._insert(name, table, version)
        self._bury_stale(batch, known, version)
        if batch.findings:
            self._insert("findings", arrow_table(TABLES["findings"], batch.findings), version)
        for name in ("agents", "processes"):
            if rows := getattr(batch, name):
                self._tell(name, rows)

    def _bury_stale(self, batch: Batch, known: set[Pair], version: int) -> None:
        spans: set[str] = set()
        traces: set[Pair] = set()
        for execution in batch.executions:
            if (pair := (execution.workspace, execution.trace_id)) in known:
                traces.add(pair)
                spans.update((execution.span_id, execution.execution_id))  # scores name the latter
        for step in batch.steps:
            if (pair := (step.workspace, step.trace_id)) in known:
                traces.add(pair)
                spans.add(step.step_id)
        if not traces:
            return
        given = {**_named(traces), "span_ids": sorted(spans), "version": version}
        for (name,) in self._ask("stale_tables", given):
            self._run("bury_stale", given, table=name)

    def _bury_forgotten(self, pairs: Iterable[Pair]) -> None:
        if not (given := _named(pairs))["trace_ids"]:
            return
        for (name,) in self._ask("forgotten_tables", given):
            if name == "bodies":
                self._run("bury_forgotten_bodies", given, table=name)
            else:
                self._run("bury_forgotten", {**given, "version": self._versions.take()}, table=name)

    def _tell(self, name: str, rows: Sequence[Struct]) -> None:
        """Merge what this server tells of agents or processes with what it has told of them; others have their own."""
        keys = {key_of(name, row) for row in rows}
        given = {"workspaces": [key[0] for key in keys], "names": [key[1] for key in keys], "writer": self.server}
        row_type = TABLES[name]
        with self._telling:
            told = [row_type(**_public(row)) for row in self._answer("told_before", given, table=name)]
            table = arrow_table(row_type, merge_rows(name, [*told, *rows]))
            self._insert(name, table, self._versions.take())

    # Records

    def _keep_records(self, batch: Batch) -> None:
        for name, row_type in REMOVABLE_TABLES.items():
            kept = {key_of(name, row): row for row in batch.records if isinstance(row, row_type)}
            gone = {key_of(name, row): row for row in batch.removed if isinstance(row, row_type)}
            gone = {key: row for key, row in gone.items() if key not in kept}
            if name == "leases":
                self._keep_leases(kept.values(), gone.values())
                continue
            version = self._versions.take()
            for rows, is_deleted in ((kept, False), (gone, True)):
                if rows:
                    self._insert(name, arrow_table(row_type, list(rows.values())), version, is_deleted=is_deleted)

    def _keep_leases(self, kept: Iterable[Any], gone: Iterable[Any]) -> None:
        with self._claiming:
            for lease in (*kept, *gone):
                for row in self._answer("claims", {"name": lease.name}):
                    self._insert_claim(Lease(**_public(row)), row["_since_ns"], is_deleted=True)
            for lease in kept:
                self._insert_claim(lease, lease.asked_ns)

    def _claim(self, lease: Lease) -> None:
        with self._claiming:
            held = self._ask("holder", {"name": lease.name})
            is_mine = bool(held) and held[0][0] == lease.holder and held[0][1] > lease.asked_ns
            if held and not is_mine and held[0][0] != lease.holder and held[0][1] > lease.asked_ns:
                return
            claims = self._answer("claims", {"name": lease.name}) if is_mine else []
            since = [row["_since_ns"] for row in claims if row["holder"] == lease.holder]
            self._insert_claim(lease, since[0] if since else lease.asked_ns)
            if not is_mine and not self._database.is_embedded:
                time.sleep(_CLAIM_SETTLES_S)

    def _insert_claim(self, lease: Lease, since_ns: int, *, is_deleted: bool = False) -> None:
        table = _with_column(arrow_table(Lease, [lease]), "_since_ns", since_ns)
        self._insert("leases", table, self._versions.take(), is_deleted=is_deleted)

    def _remove_expired(self, batch: Batch) -> None:
        """Drop the days that are over, and take out of the others what is too old."""
        for name, before_ns in batch.expired.items():
            given: dict[str, Any] = {"before_ns": before_ns}
            spared = _named(batch.spared) if batch.spared and name in TRACE_TABLES else None
            if name in TRACE_TABLES:
                self._drop_days(name, before_ns, spared)
            unless, given = ("_unless_spared", given | spared) if spared else ("", given)
            if self._ask(f"has_expired{unless}", given, table=name):  # else a mutation for nothing
                self._run(f"remove_expired{unless}", given, table=name)

    def _drop_days(self, name: str, before_ns: int, spared: Mapping[str, Any] | None) -> None:
        days = {day for (day,) in self._ask("old_partitions", {"before_ns": before_ns}, table=name)}
        if spared and days:
            days -= {day for (day,) in self._ask("spared_days", {**spared, "before_ns": before_ns}, table=name)}
        for day in sorted(days):
            self._run("drop_day", {"day": day}, table=name)

    # Statements

    def _insert(self, name: str, table: Table, version: int, *, is_deleted: bool = False) -> None:
        if name == "bodies":  # the latest telling of a span may come before an earlier one
            table = table.append_column("_version", table.column("row_version"))
        else:
            table = _with_column(table, "_version", version)
        if name in _SIGNED:
            table = _with_column(table, "_writer", self.server)
        self._database.insert(_TOLD.get(name, name), _with_column(table, "_is_deleted", int(is_deleted)))

    def _ask(self, name: str, given: Mapping[str, Any] | None = None, *, table: str = "") -> list[tuple[Any, ...]]:
        return self._database.query(self._statement(name, table), given)[1]

    def _answer(self, name: str, given: Mapping[str, Any], *, table: str = "") -> list[dict[str, Any]]:
        names, rows = self._database.query(self._statement(name, table), given)
        return [dict(zip(names, row, strict=True)) for row in rows]

    def _run(self, name: str, given: Mapping[str, Any] | None = None, *, table: str = "") -> None:
        self._database.command(self._statement(name, table), given)

    def _statement(self, name: str, table: str) -> str:
        return statements_about(self._layout.cluster, table)[name]


class _Versions:
    """Numbers that grow from write to write: the time, or one more than the last if the clock stands or goes back."""

    def __init__(self) -> None:
        self._last = 0
        self._taking = Lock()

    def take(self) -> int:
        with self._taking:
            self._last = max(now_ns(), self._last + 1)
            return self._last


@cache
def statements_about(cluster: str, table: str) -> dict[str, str]:
    """This module's SQL, in `clickhouse.sql` beside it, by name: about one table, on one node or on a cluster."""
    text = resources.files("longpole.store.engines").joinpath("clickhouse.sql").read_text(encoding="utf-8")
    told, layout = _TOLD.get(table, table), Layout(cluster)
    fragments = {
        **layout.fragments,
        "table": lambda: told,
        "table_stored": partial(layout.stored, told),
        "age": lambda: AGES.get(table, ""),
        "key": lambda: ", ".join(KEYS.get(table, ())),
        "place": lambda: _PLACES.get(table, ""),
        "span": lambda: _SPANS.get(table, ""),
    }
    return {query.name: query.text for query in parse_queries(text, fragments, where="clickhouse.sql")}


@cache
def _needed(row_type: type[Struct]) -> tuple[str, ...]:
    """The columns of a table that must have a value."""
    return tuple(
        field.name for field in fields(row_type) if type(None) not in get_args(field.type)
    )  # fmt: skip


def _check_values(row_type: type[Struct], table: Table) -> None:
    # ClickHouse would refuse such a row too, but only after other tables of the batch have theirs.
    for name in _needed(row_type):
        if table.column(name).null_count:
            raise InvalidInput(
                f"A {row_type.__name__} has NULL as its {name}. Expected a value. Nothing was written; "
                "correct what makes such rows."
            )


def _with_column(table: Table, name: str, value: int | str) -> Table:
    kind = DataType.string() if isinstance(value, str) else DataType.int64()
    return table.append_column(name, ChunkedArray([Array([value] * table.num_rows, kind)]))


def _named(pairs: Iterable[Pair]) -> dict[str, Any]:
    """Traces as the two lists that statements take."""
    ordered = sorted(set(pairs))
    return {"workspaces": [pair[0] for pair in ordered], "trace_ids": [pair[1] for pair in ordered]}


def _public(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if not name.startswith("_")}
