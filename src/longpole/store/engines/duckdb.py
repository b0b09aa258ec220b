"""DuckDB: one file, owned by one process, rows in Arrow, fresh rows united with stored ones per reader.

A reader has a cursor of its own. Under a short lock it begins a transaction, touches the stored database (that fixes
its snapshot; `BEGIN` alone does not) and takes the view of what is fresh; the same lock is around a writer's commit.
So a reader sees a trace either fresh or stored, never both and never neither. Afterwards it runs without any lock.
"""

import atexit
import logging
import os
import re
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Condition, Lock
from typing import Any

import duckdb
from arro3.core import Table
from msgspec import to_builtins

from longpole.model.batch import Batch
from longpole.model.clock import now_ns
from longpole.model.errors import InvalidInput, StoreError, StoreLocked
from longpole.model.intake import LedgerEntry
from longpole.model.status import FAILED_STATUSES
from longpole.store.cancel import running
from longpole.store.engines.arrow import arrow_table, pair_table
from longpole.store.engines.duckdb_compact import copy_compacted
from longpole.store.engines.duckdb_reader import Reader, Statements, source_of, with_tables
from longpole.store.engines.duckdb_sql import ask_in_child
from longpole.store.engines.fresh import FreshRows, rows_by_trace, traces_of
from longpole.store.engines.idle import WhenIdle
from longpole.store.kept_answers import Changes, KeptAnswers, change_of
from longpole.store.migrate import migrations_of, missing_migrations
from longpole.store.read_only_sql import SqlQuestion, SqlRows
from longpole.store.sql import load_queries
from longpole.store.tables import (
    FAILED_TABLES,
    MERGED_TABLES,
    REMOVABLE_TABLES,
    REPLACED_TABLES,
    TABLES,
    TRACE_TABLES,
    key_of,
)

_log = logging.getLogger(__name__)

MEMORY_BYTES = 512 * 1024 * 1024
"""What DuckDB may take when nobody says otherwise: `store_memory_bytes`."""

_THREADS = 2
# A checkpoint stops writers for up to a second, readers hardly (30 ms). DuckDB's own, every 16 MB, cost over a third
# of the throughput, and it would come inside a commit, where readers wait. So ours come first: in a quiet moment, or
# between two writes when much is waiting. They also give back the memory of removed rows.
_CHECKPOINT_BYTES = 256_000_000
_DUCKDB_CHECKPOINT = "4GB"
# A transaction that fills a group of rows writes it into the file, compressed, and only its place into the log: 5 us a
# row with the checkpoint instead of 10 to 15, and no memory until then. DuckDB's groups of 122,880 rows never fill in
# one. Smaller groups take more room: 202 to 210 bytes a step instead of 150. Questions cost the same.
ROW_GROUP = 10_240
# Of every group that it wrote or read DuckDB keeps an index until it lets go of the file: 10 to 20 kB for a thousand
# steps (bench/duckdb_index.py). Letting go and opening again takes 35 ms for ten million; questions then read what they
# need.
_INDEXED_ROWS = 250_000
_PATIENCE_S = 0.5  # longer than nearly every question takes
_FAILED = frozenset(FAILED_STATUSES)
_QUIET_S = 3.0
_CALLS_END_S = 5.0
_BYTES_PER_ROW = 600  # of an in-memory table, measured; a file tells by the size of its log
_LOCK_HOLDER = re.compile(r"\(PID (\d+)\)")


class DuckDBEngine:
    """The engine of `open_store`. See `longpole.store.engine.Engine` for what its verbs promise."""

    is_shared = False
    publishes_in_memory = True
    prefers_rollups = False
    knows_workspaces = False

    def __init__(
        self, path: str, *, server: str = "", quiet_s: float = _QUIET_S, memory_bytes: int = MEMORY_BYTES
    ) -> None:
        """Open a database file, or one that lives in memory for `:memory:`.

        Args:
            path: the file.
            server: whose spool position a write moves.
            quiet_s: a checkpoint is made after so many seconds without a durable write.
            memory_bytes: what DuckDB may take for what it has read and what it sorts.

        Raises:
            StoreLocked: another process, or another engine of this one, holds the file.
            StoreError: the file is not a DuckDB database, or cannot be opened.
        """
        self.server = server
        self._path = path
        self._log = Path(f"{path}.wal")
        self._memory_bytes = memory_bytes
        self._database = _attach(path, memory_bytes)
        self._statements = Statements()
        self._queries = load_queries("duckdb")
        self._writer = _cursor(self._database)
        self._readers: SimpleQueue[Reader] = SimpleQueue()
        self._fresh = FreshRows()
        self._changes = Changes()
        self.kept = KeptAnswers(self._changes.until)
        # Around a commit together with the change of the fresh rows, and around the start of a reader.
        self._swap = Lock()
        self._writing = Lock()
        # Nobody reads while a compacted file takes the place of the database.
        self._gate = Condition()
        self._reading = 0
        self._is_exchanging = False
        self._is_lost = False  # it could not be attached again
        self._unchecked_rows = 0
        self._indexed_rows = 0  # written since the file was attached
        self._still = Condition(self._writing)  # nobody else reads the file
        self._holders = 0
        self._idle = WhenIdle(self._checkpoint, quiet_s=quiet_s, name="longpole-checkpoint")
        self._process = os.getpid()
        atexit.register(self._keep_out)

    def migrate(self) -> None:
        """Bring the schema to this version; see `Engine.migrate`. A database of another program raises StoreError."""
        there = {name for (name,) in self._run("tables_there").fetchall()}
        if there and "schema_version" not in there:
            raise StoreError(
                f"{self._path} is a database of another program: it has the tables {', '.join(sorted(there)[:5])}. "
                "Expected a Longpole database or none. Choose another data folder or file."
            )
        with self._writing, self._transaction():
            self._run("create_schema_version")
            [(found,)] = self._run("schema_version").fetchall()
            for migration in missing_migrations(migrations_of("duckdb"), found or 0):
                self._writer.execute(migration.text)
                self._run("note_version", {"version": migration.number, "applied_ns": now_ns()})

    def write(self, batch: Batch, *, fresh: bool = False) -> None:
        """Store or publish a batch; see `Engine.write`. A fresh write may run while another thread writes durably.

        A fresh write leaves the spool position alone. Costs about 10 us a row durably, 0.5 us a row fresh.
        """
        if fresh:
            traces, change = rows_by_trace(batch), change_of(batch)
            with self._swap:
                self._fresh.publish(batch, traces)
                self._changes.add(change)
            return
        pairs = traces_of(batch)
        with self._writing:
            self._find_again()
            with self._swap:
                held = self._fresh.held(pairs)
            tables = {name: arrow_table(TABLES[source_of(name)], rows) for name, rows in _rows_by_table(batch)}
            change = change_of(batch)

            def seen() -> None:
                self._fresh.stored(batch, held)
                self._changes.add(change)

            with self._transaction(seen), running(self._writer.interrupt):
                self._store(batch, tables)
            rows = sum(len(getattr(batch, name)) for name in TABLES)
            self._unchecked_rows += rows + len(batch.expired)
            self._indexed_rows += rows
        if batch.compact:
            self._compact()
        elif batch.expired or self._unchecked_bytes() > _CHECKPOINT_BYTES:
            self._try_checkpoint()  # the room of old rows is known to be free, and used again, only after it
        self._idle.stir()

    def rows(self, query: str, parameters: Mapping[str, Any] | None = None) -> Sequence[dict[str, Any]]:
        """The answer of a named query; see `Engine.rows`.

        Raises:
            UnknownQuery: no query has this name.
            InvalidInput: a parameter is missing or is not one of the query's.
            StoreError: it takes more memory than DuckDB may have, or the database was lost and cannot be opened again.
        """
        found = self._queries[query]
        text, given = found.asked(parameters or {})
        try:
            with self._reader() as reader:
                with self._swap:
                    reader.begin()
                    view = self._fresh.view()
                return reader.answer(found, text, given, view)
        except duckdb.OutOfMemoryException as error:
            raise StoreError(
                f"The query {query} needs more memory than is left of the {self._memory_bytes >> 20} MiB that DuckDB "
                "may have. Expected enough for all that is asked at once. Ask for less time, or set store_memory_bytes "
                "higher."
            ) from error

    def ask_sql(self, question: SqlQuestion) -> SqlRows:
        """The answer to SQL of a person, as of now but for what is not stored yet; see `ReadsSql.ask_sql`."""
        with self._held() as file:
            return ask_in_child(file, question)

    @contextmanager
    def _held(self) -> Generator[Path]:
        """The file with everything that is stored, which another process may read until the end of the block.

        There is no checkpoint meanwhile: until the next one nothing is changed that the last one wrote.
        """
        if self._path == ":memory:":
            raise InvalidInput(
                "The store is in memory only, where no other process can read it. Expected a store in a file. "
                "Serve with persistence_enabled, or ask with the other commands."
            )
        with self._writing:
            if self._unchecked_bytes():
                self._checkpoint_now()
            self._holders += 1
        try:
            yield Path(self._path)
        finally:
            with self._still:
                self._holders -= 1
                self._still.notify_all()
            self._idle.stir()

    def close(self) -> None:
        """Checkpoint and let go of the database; see `Engine.close`. No other call may be running."""
        atexit.unregister(self._keep_out)
        self._idle.close()
        self._try_checkpoint()
        self._let_go()

    def _keep_out(self) -> None:
        """When the interpreter ends and nobody has closed this: let calls that run end, and no other begin.

        A daemon thread that Python ends inside of DuckDB aborts the process ("exception not rethrown").
        """
        if os.getpid() == self._process and self._writing.acquire(timeout=_CALLS_END_S):
            with self._gate:
                self._is_exchanging = True
                self._gate.wait_for(lambda: self._reading == 0, _CALLS_END_S)

    def _checkpoint(self) -> None:
        with self._writing:
            if self._unchecked_rows and not self._holders:
                self._checkpoint_now()
                if self._indexed_rows > _INDEXED_ROWS:
                    self._attach_again(_PATIENCE_S)

    def _checkpoint_now(self) -> None:
        try:
            self._run("checkpoint")
        except duckdb.Error:
            # DuckDB gives a database up whose checkpoint found the disk full, also for reading. Its log is whole.
            self._attach_again()
            raise
        self._unchecked_rows = 0

    def _attach_again(self, patience_s: float | None = None) -> None:
        """Let go of the database and open it anew, unless questions are still asked after so long."""
        if self._path == ":memory:":
            return
        with self._exchange(patience_s) as is_quiet:
            if is_quiet:
                self._open()

    def _find_again(self) -> None:
        """Open a database that was lost; the caller writes."""
        if self._is_lost:
            self._attach_again()

    def _open(self) -> None:
        self._database = _attach(self._path, self._memory_bytes)
        self._writer = _cursor(self._database)
        self._is_lost = False
        self._indexed_rows = 0

    @contextmanager
    def _exchange(self, patience_s: float | None = None) -> Generator[bool]:
        """The database is let go of; nobody reads until the end of the block. False where somebody goes on reading."""
        with self._gate:
            self._is_exchanging = True
            is_quiet = self._gate.wait_for(lambda: self._reading == 0, patience_s)
            try:
                if is_quiet:
                    self._is_lost = True
                    self._let_go()
                yield is_quiet
            finally:
                self._is_exchanging = False
                self._gate.notify_all()

    def _compact(self) -> None:
        """Copy what is left into a new file, which takes the place of the old one while nobody reads.

        Other writers wait meanwhile, readers only for the moment of the exchange.
        """
        with self._still:
            self._still.wait_for(lambda: not self._holders)
            self._checkpoint_now()
            if self._path == ":memory:":
                return
            with running(self._writer.interrupt):
                draft = copy_compacted(self._writer, Path(self._path))
            if draft is None:
                return
            with self._exchange():
                if not self._log.exists():  # else the log would be taken for one of the new file
                    draft.replace(self._path)
                draft.unlink(missing_ok=True)
                self._open()

    def _let_go(self) -> None:
        """Close every cursor and the database."""
        while True:
            try:
                self._readers.get_nowait().close()
            except Empty:
                break
        self._writer.close()
        self._database.close()

    def _try_checkpoint(self) -> None:
        """A checkpoint whose failure is not that of the write before it: what is stored must not be written again."""
        try:
            self._checkpoint()
        except (duckdb.Error, StoreError):  # the latter where the file could not be opened again
            _log.exception("a checkpoint of %s failed; the log of %d bytes stays", self._path, self._unchecked_bytes())

    def _unchecked_bytes(self) -> int:
        try:
            return self._log.stat().st_size
        except FileNotFoundError:
            return self._unchecked_rows * _BYTES_PER_ROW

    def _store(self, batch: Batch, tables: Mapping[str, Table]) -> None:
        if batch.replace:
            self._writer.register("replaced_traces", pair_table(batch.replace, "workspace", "trace_id"))
            for name in (*REPLACED_TABLES, *FAILED_TABLES):
                self._run("remove_replaced", table=name)
        if forgotten := list(set(batch.forget).intersection(batch.replace)):
            self._writer.register("replaced_traces", pair_table(forgotten, "workspace", "trace_id"))
            self._run("remove_replaced", table="bodies")
        for name, table in tables.items():
            self._insert(name, self._merged_with_stored(name, table) if name in MERGED_TABLES else table)
        self._keep_records(batch)
        for lease in batch.leases:
            given = to_builtins(lease)
            self._run("remove_lease", {name: given[name] for name in ("name", "holder", "asked_ns")})
            self._run("take_lease", given)
        if batch.expired and batch.spared:
            self._writer.register("spared_traces", pair_table(batch.spared, "workspace", "trace_id"))
        for name in (*batch.expired, *(name for name in FAILED_TABLES if source_of(name) in batch.expired)):
            is_sparing = batch.spared and source_of(name) in TRACE_TABLES
            statement = "remove_expired_unless_spared" if is_sparing else "remove_expired"
            self._run(statement, {"before_ns": batch.expired[source_of(name)]}, table=name)

    def _keep_records(self, batch: Batch) -> None:
        records = [*batch.records]
        if batch.position is not None:
            place = batch.position
            records.append(
                LedgerEntry(server=self.server, segment=place.segment, offset=place.offset, stored_ns=now_ns())
            )
        for name, row_type in REMOVABLE_TABLES.items():
            kept = {key_of(name, row): row for row in records if isinstance(row, row_type)}
            gone = [row for row in batch.removed if isinstance(row, row_type)]
            if kept or gone:
                table = arrow_table(row_type, list(kept.values()))
                self._remove_records(name, arrow_table(row_type, [*kept.values(), *gone]))
                self._insert(name, table)

    def _remove_records(self, name: str, keys: Table) -> None:
        self._writer.register("incoming_keys", keys)
        self._run("remove_records", table=name)
        self._writer.unregister("incoming_keys")

    def _insert(self, name: str, table: Table) -> None:
        self._writer.register("incoming", table)
        self._run("insert_rows", table=name)
        self._writer.unregister("incoming")

    def _merged_with_stored(self, name: str, table: Table) -> Table:
        """The rows of a table merged with what is stored under their keys, which is removed."""
        self._writer.register(f"fresh_{name}", table)
        text = with_tables(self._statements.text(f"merged_{name}"), {name: self._statements.text(f"show_{name}")})
        row_type = TABLES[name]
        names = row_type.__struct_fields__
        rows = self._writer.execute(text).fetchall()
        merged = [row_type(**dict(zip(names, row, strict=True))) for row in rows]
        self._remove_records(name, table)
        return arrow_table(row_type, merged)

    def _run(
        self, statement: str, parameters: Mapping[str, Any] | None = None, *, table: str = ""
    ) -> duckdb.DuckDBPyConnection:
        return self._writer.execute(self._statements.text(statement, table), parameters)

    @contextmanager
    def _transaction(self, after_commit: Callable[[], None] = lambda: None) -> Generator[None]:
        """All of it or nothing; `after_commit` is seen by readers in the same instant as the commit."""
        self._writer.begin()
        try:
            yield
            with self._swap:
                self._writer.commit()
                after_commit()
        except BaseException as error:
            with suppress(duckdb.Error):
                self._writer.rollback()
            if self._path != ":memory:":  # which cannot be opened again
                self._is_lost = self._is_lost or "has been invalidated" in str(error)
            raise

    @contextmanager
    def _reader(self) -> Generator[Reader]:
        """A reader for one question; one that failed is thrown away, its transaction with it."""
        while not self._begin_reading():
            with self._writing:
                self._find_again()
        try:
            try:
                reader = self._readers.get_nowait()
            except Empty:
                reader = Reader(_cursor(self._database), self._statements)
            try:
                yield reader
            except BaseException:
                reader.close()
                raise
            self._readers.put(reader)
        finally:
            with self._gate:
                self._reading -= 1
                self._gate.notify_all()

    def _begin_reading(self) -> bool:
        """Count one who reads, whom an exchange of the database waits for; false where there is nothing to read."""
        with self._gate:
            self._gate.wait_for(lambda: not self._is_exchanging)
            self._reading += not self._is_lost
            return not self._is_lost


def _rows_by_table(batch: Batch) -> Iterator[tuple[str, Sequence[Any]]]:
    """The tables that a batch adds rows to, and which."""
    for name in (*TABLES, *FAILED_TABLES):
        rows = getattr(batch, source_of(name))
        found = [row for row in rows if row.status in _FAILED] if name in FAILED_TABLES else rows
        if found:
            yield name, found


def _attach(path: str, memory_bytes: int) -> duckdb.DuckDBPyConnection:
    # Nothing is fetched from the network, and no Python variable can stand in for a table that is missing.
    database = duckdb.connect(
        ":memory:",
        config={
            "threads": _THREADS,
            "memory_limit": f"{memory_bytes // 1024}KiB",
            "temp_directory": "" if path == ":memory:" else f"{path}.tmp",
            "checkpoint_threshold": _DUCKDB_CHECKPOINT,
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "python_enable_replacements": False,
        },
    )
    literal = path.replace("'", "''")
    try:
        database.execute(f"ATTACH '{literal}' AS stored (ROW_GROUP_SIZE {ROW_GROUP})")
    except duckdb.Error as error:
        database.close()
        raise _cannot_open(path, str(error)) from error
    return database


def _cannot_open(path: str, reason: str) -> StoreError:
    if holder := _LOCK_HOLDER.search(reason):
        return StoreLocked(
            f"{path} is held by the process {holder[1]}. Expected a database that no other process holds. "
            "Ask that process (a running `longpole serve` answers over HTTP), or stop it."
        )
    if "already attached" in reason:
        return StoreLocked(
            f"{path} is already open in this process. Expected one engine per database. Use the one that is open."
        )
    return StoreError(
        f"{path} cannot be opened: {reason.splitlines()[0]} Expected a Longpole database or no file. "
        "Choose another data folder or file, or make this one readable and writable."
    )


def _cursor(database: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
    cursor = database.cursor()
    cursor.execute("USE stored")
    return cursor
