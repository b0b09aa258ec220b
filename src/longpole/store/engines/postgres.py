"""PostgreSQL: a database of several servers, rows taken in by COPY, each trace written by one server at a time.

What is published is in the tables at once, as everybody sees it, so there is no memory of fresh rows here. A span is
one row: whoever tells it again replaces the row, unless a later version is stored. Nothing else of a trace is removed,
so that servers which each got a part of it keep each other's rows.

Measured on 2 cores, both shared with the database, in batches of 5,000 steps with all columns:
docs/decisions/0013-postgresql-by-copy.md has the figures and what else was tried.
"""

import re
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import psycopg
from msgspec import Struct
from msgspec.structs import asdict

from longpole.model import clock
from longpole.model.batch import Batch
from longpole.model.errors import InvalidInput, StoreError, StoreTooNew
from longpole.model.intake import LedgerEntry
from longpole.store.cancel import running
from longpole.store.engines.postgres_connection import Connection, Database, Readers, Session, canceller, sql
from longpole.store.engines.postgres_partitions import Partitions
from longpole.store.engines.postgres_rows import days_of, with_fitting_texts
from longpole.store.engines.postgres_sql import ask_as_role
from longpole.store.engines.postgres_statements import bound, statement
from longpole.store.engines.postgres_traces import TraceWriter
from longpole.store.kept_answers import KeptAnswers, change_of
from longpole.store.migrate import migrations_of, missing_migrations
from longpole.store.read_only_sql import SqlQuestion, SqlRows
from longpole.store.reading import Reading
from longpole.store.sql import load_queries
from longpole.store.tables import MERGED_TABLES, REMOVABLE_TABLES, TRACE_TABLES, key_of

_OLDEST_SERVER = 150_000
_ATTEMPTS = 5
_EVERY_DAY = -1  # earlier than every other
_PASSING = (psycopg.errors.DeadlockDetected, psycopg.errors.SerializationFailure, psycopg.errors.LockNotAvailable)

# A filter that may be null, or an order that is chosen, deserves a plan for its value; for the others one plan does.
# Planning `known_traces` over 30 days takes 15 ms, and ingest asks it for every body.
_OPTIONAL = re.compile(r"\$[a-z_]+ IS (NOT )?NULL|CASE \$")
# What a value raises that fits into no column, here or there.
_UNFIT = (psycopg.DataError, UnicodeEncodeError, OverflowError)


class PostgresEngine:
    """The engine of `open_store` for `postgresql://`. See `longpole.store.engine.Engine` for what its verbs promise."""

    is_shared = True
    publishes_in_memory = False
    prefers_rollups = True
    knows_workspaces = True

    def __init__(self, address: str, *, server: str = "") -> None:
        """An engine that has not connected yet.

        Args:
            address: `postgresql://user:password@host:port/database`.
            server: the id of this server: whose spool position a write moves, and who wrote a row.

        Raises:
            StoreError: the address cannot be read.
        """
        self.server = server
        self._database = Database(address)
        self._durable, self._fresh = Session(self._database), Session(self._database)
        self._roles = Session(self._database)
        self._readers = Readers(self._database)
        self._partitions = Partitions()
        self._traces = TraceWriter(server)
        self._queries = load_queries("postgres")
        self.kept = KeptAnswers(self._changes_until)

    def __repr__(self) -> str:
        return f"PostgresEngine({self._database.shown!r}, server={self.server!r})"

    def migrate(self) -> None:
        """Bring the schema to this version; see `Engine.migrate`. Servers that start at once wait for each other.

        Raises:
            StoreError: the database is older than PostgreSQL 15, is not in UTF-8, does not let us make our schemas, or
                has schemas of these names from another program.
        """
        with self._told_errors(), self._durable.connection() as connection, connection.transaction():
            connection.execute(sql(statement("lock_schema")))
            self._check_database(connection)
            connection.execute(sql(statement("create_schema_version")))
            [(found,)] = connection.execute(sql(statement("schema_version"))).fetchall()
            try:
                missing = missing_migrations(migrations_of("postgres"), found or 0)
            except StoreTooNew as error:
                raise StoreTooNew(f"{self._database.shown}: {error}") from None
            for migration in missing:
                connection.execute(sql(migration.text))
                noted = {"version": migration.number, "applied_ns": clock.now_ns()}
                connection.execute(sql(statement("note_version")), noted)

    def write(self, batch: Batch, *, fresh: bool = False) -> None:
        """Store or publish a batch; see `Engine.write`. Costs 10 us a row here and in the database together, 27 us
        where it replaces one.

        Characters that PostgreSQL has no place for (NUL, halves of surrogate pairs) become U+FFFD.

        Raises:
            InvalidInput: a value fits into no column; trying again does not help.
            StoreError: the database does not answer, or has no room; what was written is as it was.
        """
        try:
            self._write_as_it_is(batch, fresh=fresh)
            return
        except _UNFIT:
            pass
        try:
            self._write_as_it_is(with_fitting_texts(batch), fresh=fresh)
        except _UNFIT as error:
            raise _unwritable(error) from error

    def rows(self, query: str, parameters: Mapping[str, Any] | None = None) -> Sequence[dict[str, Any]]:
        """The answer of a named query; see `Engine.rows`.

        Raises:
            UnknownQuery: no query has this name.
            InvalidInput: a parameter is missing or is not one of the query's.
            StoreError: the database does not answer.
        """
        found = self._queries[query]
        text, given = found.asked(parameters or {})
        is_planned_once = _OPTIONAL.search(found.text) is None
        return self._readers.rows(bound(text), given, is_planned_once=is_planned_once)

    def ask_sql(self, question: SqlQuestion) -> SqlRows:
        """The answer to SQL of a person, who may see one workspace or all; see `ReadsSql.ask_sql`."""
        with self._told_errors(), self._roles.connection() as owner:
            return ask_as_role(self._database, owner, question)

    def reading(self) -> Reading:
        """How many questions are asked and wait; see `CountsReading.reading`."""
        return self._readers.reading()

    def close(self) -> None:
        """Let go of all connections; what was published stays in the database."""
        self._readers.close()
        self._fresh.close()
        self._roles.close()
        self._durable.close()

    def _check_database(self, connection: Connection) -> None:
        asked = connection.execute(sql(statement("what_is_there")))
        names = [column.name for column in asked.description or ()]
        there = dict(zip(names, asked.fetchall()[0], strict=True))
        shown = self._database.shown
        if there["server_version"] < _OLDEST_SERVER or there["encoding"] != "UTF8":
            raise StoreError(
                f"{shown} is a PostgreSQL of version {there['server_version'] // 10_000} in {there['encoding']}. "
                "Expected version 15 or later in UTF8. Use another server, or a database made with ENCODING 'UTF8'."
            )
        if there["is_ours"]:
            return
        if there["is_used"] or there["has_analytics"]:
            schema = "longpole" if there["is_used"] else "analytics"
            raise StoreError(
                f"{shown} has tables of another program in the schema {schema}. Expected no schema longpole, and no "
                "analytics.agent_executions, or those of Longpole. Use another database, or rename that schema."
            )
        if not there["has_schema"]:
            connection.execute(sql(statement("create_schema")))

    def _write_as_it_is(self, batch: Batch, *, fresh: bool) -> None:
        session = self._fresh if fresh else self._durable
        with self._told_errors():
            for attempt in range(1, _ATTEMPTS + 1):
                try:
                    with session.connection() as connection, running(canceller(connection)):
                        self._partitions.make(connection, days_of(batch))
                        with connection.transaction():
                            self._store(connection, batch, fresh=fresh)
                        if batch.compact:
                            self._compact(connection)
                    return
                except _PASSING:
                    if attempt == _ATTEMPTS:
                        raise
                except psycopg.errors.CheckViolation:  # another server has just dropped the partition
                    self._partitions.forget()
                    if attempt == _ATTEMPTS:
                        raise

    def _store(self, connection: Connection, batch: Batch, *, fresh: bool) -> None:
        connection.execute(sql(statement("find_by_index")))
        if fresh:
            connection.execute(sql(statement("commit_without_waiting")))
        self._traces.store(connection, batch)
        for name in MERGED_TABLES:
            rows = sorted(getattr(batch, name), key=lambda row: key_of(name, row))
            self._run_each(connection, statement(f"merge_{name}", name), rows)
        if not fresh:
            self._store_durably(connection, batch)
        self._count_changes(connection, batch)

    def _store_durably(self, connection: Connection, batch: Batch) -> None:
        """What only a durable write has."""
        self._keep_records(connection, batch)
        self._run_each(connection, statement("take_lease", "leases"), batch.leases)
        for name, before_ns in batch.expired.items():
            if name in TRACE_TABLES:
                self._partitions.expire(connection, name, before_ns, batch.spared)
            else:
                connection.execute(sql(statement("remove_expired", name)), {"before_ns": before_ns})

    @staticmethod
    def _count_changes(connection: Connection, batch: Batch) -> None:
        """Last of all, because other servers that change the same days wait until this one has committed.

        Today is left out: nobody keeps an answer about it, and every batch of every server has something of it.
        """
        change = change_of(batch)
        today = clock.now_ns() // clock.DAY_NS
        days = sorted(day for day in change.days if day < today)
        if change.is_removing:
            days.insert(0, _EVERY_DAY)
        if days:
            connection.execute(sql(statement("count_changes")), {"days": days})

    def _changes_until(self, last_day: int) -> int:
        """See `KeptAnswers`. Costs one question: 0.2 ms where the database is on the same machine."""
        [row] = self._readers.rows(statement("changes_until"), {"last_day": last_day}, is_planned_once=True)
        return row["changes"]

    def _keep_records(self, connection: Connection, batch: Batch) -> None:
        records = [*batch.records]
        if batch.position is not None:
            place = batch.position
            records.append(
                LedgerEntry(server=self.server, segment=place.segment, offset=place.offset, stored_ns=clock.now_ns())
            )
        for name, row_type in REMOVABLE_TABLES.items():
            kept = {key_of(name, row): row for row in records if isinstance(row, row_type)}
            gone = [row for row in batch.removed if isinstance(row, row_type)]
            self._run_each(connection, statement("remove_record", name), gone)
            self._run_each(connection, statement("keep_record", name), [kept[key] for key in sorted(kept)])

    @staticmethod
    def _compact(connection: Connection) -> None:
        for name in (*TRACE_TABLES, "findings"):
            connection.execute(sql(statement("compact", name)))

    @staticmethod
    def _run_each(connection: Connection, text: str, rows: Sequence[Struct]) -> None:
        if rows:
            with connection.cursor() as cursor:
                cursor.executemany(sql(text), [asdict(row) for row in rows])

    @contextmanager
    def _told_errors(self) -> Generator[None]:
        """What psycopg raises as what it means; a value that fits nowhere is left to `write`."""
        try:
            yield
        except psycopg.DataError:
            raise
        except psycopg.IntegrityError as error:
            raise _unwritable(error) from error
        except psycopg.Error as error:
            raise self._database.failed(error) from error


def _unwritable(error: Exception) -> InvalidInput:
    reason = (str(error).splitlines() or [type(error).__name__])[0]
    return InvalidInput(
        f"PostgreSQL cannot keep a value: {reason}. Expected rows that fit the tables. "
        "Leave them out; trying again does not help."
    )
