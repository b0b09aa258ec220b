"""Connections to one PostgreSQL database: how they are made, kept and lost, and what their errors mean to a reader."""

import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from functools import partial
from queue import Empty, SimpleQueue
from threading import BoundedSemaphore, Lock
from typing import Any, LiteralString, cast

import psycopg
from psycopg.adapt import Loader
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from longpole.model.durations import Durations
from longpole.model.errors import StoreError
from longpole.store.cancel import running
from longpole.store.reading import Reading

Connection = psycopg.Connection[tuple[Any, ...]]

_CONNECT_TIMEOUT_S = 10
_CANCEL_TIMEOUT_S = 1.0
_MOST_READERS = 8
# Most values are bound by the client: PostgreSQL plans each query for them, so that filters that are null cost nothing.
# Those that are sent apart belong to statements that are planned once. Compiling a plan costs 100 ms and more, which no
# query here is worth.
_SESSION = """
SELECT
    set_config('search_path', 'longpole', false),
    set_config('timezone', 'UTC', false),
    set_config('jit', 'off', false),
    set_config('plan_cache_mode', 'force_generic_plan', false),
    set_config('work_mem', '64MB', false),
    set_config('random_page_cost', '1.1', false)
"""


class Database:
    """Which database, under an address that may be shown: it has no password."""

    def __init__(self, address: str) -> None:
        """Read an address such as `postgresql://user:password@host:port/database`.

        Raises:
            StoreError: it is none.
        """
        try:
            parts = conninfo_to_dict(address)
        except psycopg.Error:  # its message may hold the password
            parts = None
        if parts is None:
            raise StoreError(
                "The address of the store cannot be read. Expected postgresql://user:password@host:port/database, "
                "with %40 for an @ in the password and the like. Correct the setting `store`."
            )
        parts.setdefault("connect_timeout", _CONNECT_TIMEOUT_S)
        parts.setdefault("application_name", "longpole")
        self._conninfo = make_conninfo("", **parts)
        place = f"{parts.get('host', 'localhost')}:{parts.get('port', 5432)}"
        self.shown = f"postgresql://{parts.get('user', '')}@{place}/{parts.get('dbname', '')}"

    def connect(self, *, read_only: bool = False) -> Connection:
        """A new connection, each statement a transaction of its own until one is begun.

        Raises:
            StoreError: nobody answers, or we are not let in; the message says which.
        """
        try:
            connection = psycopg.connect(self._conninfo, autocommit=True, cursor_factory=psycopg.ClientCursor)
        except psycopg.OperationalError as error:
            reason = str(error)
        else:
            connection.adapters.register_loader("numeric", _NumberLoader)
            connection.execute(_SESSION)
            connection.read_only = read_only
            return connection
        raise self._refused(reason)

    def connect_as(self, role: str, password: str, *, timeout_s: float) -> Connection:
        """A new connection of another role, whose every statement may take so many seconds.

        Raises:
            StoreError: it is not let in.
        """
        limit_ms = round(timeout_s * 1000)
        options = f"-c search_path=longpole -c timezone=UTC -c jit=off -c statement_timeout={limit_ms}"
        conninfo = make_conninfo(self._conninfo, user=role, password=password, options=options)
        try:
            return psycopg.connect(conninfo, autocommit=True)
        except psycopg.OperationalError as error:
            reason = (str(error).strip().splitlines() or ["no reason given"])[-1].strip()
        raise StoreError(
            f"The role {role} for SQL is not let in: {reason}. Expected roles that log in by password. "
            "Add them to pg_hba.conf there; docs/how-to/sql.md has the line."
        )

    def failed(self, error: psycopg.Error) -> StoreError:
        """What an error of a statement means."""
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        if isinstance(error, psycopg.errors.InsufficientPrivilege):
            return StoreError(
                f"{self.shown} does not allow something that Longpole does: {reason}. Expected a role that may create "
                "schemas in the database, or that owns the schemas longpole and analytics. "
                "Grant it: docs/how-to/postgresql.md says what."
            )
        if isinstance(error, psycopg.OperationalError | psycopg.InterfaceError):
            return StoreError(
                f"{self.shown} did not do what was asked: {reason}. Expected a PostgreSQL that answers and has room. "
                "What is being stored waits in the spool and is tried again; look at the database's own log."
            )
        return StoreError(
            f"{self.shown} refused a statement: {reason}. Expected the tables as Longpole makes them, and parameters "
            "of the right types. Restart the server if somebody changed the schema."
        )

    def _refused(self, reason: str) -> StoreError:
        last = (reason.strip().splitlines() or ["no reason given"])[-1].strip()
        if "password" in reason or "no pg_hba.conf entry" in reason or "authentication" in reason:
            what, todo = "did not let us in", "Correct user and password in the setting `store`, or pg_hba.conf there."
        elif "database" in reason and "does not exist" in reason:
            what, todo = "has no such database", "Make it there (createdb), or correct the setting `store`."
        elif "role" in reason and "does not exist" in reason:
            what, todo = "knows no such user", "Make the role there (createuser), or correct the setting `store`."
        elif any(word in reason for word in ("resolve host", "translate host", "Name or service not known")):
            what, todo = "is on a host that nobody knows", "Correct the host in the setting `store`."
        else:
            what, todo = "does not answer", "Start PostgreSQL there, or correct host and port in the setting `store`."
        return StoreError(f"{self.shown} {what}: {last}. Expected a PostgreSQL database to use. {todo}")


class Session:
    """One connection for one thread at a time, made at its first use and made again after it was lost."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._connection: Connection | None = None
        self._using = Lock()

    @contextmanager
    def connection(self) -> Generator[Connection]:
        """The connection, for as long as the block runs; others wait."""
        with self._using:
            if self._connection is None or self._connection.closed:
                self._connection = self._database.connect()
            yield self._connection

    def close(self) -> None:
        """Let go of the connection."""
        if self._connection is not None:
            self._connection.close()


class Readers:
    """A few connections that only read. Safe across threads; who finds none free waits."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._free: SimpleQueue[Connection] = SimpleQueue()
        self._places = BoundedSemaphore(_MOST_READERS)
        self._counting = Lock()
        self._asking = self._in_use = 0
        self._waits = Durations()

    def rows(self, text: str, parameters: dict[str, Any], *, is_planned_once: bool = False) -> list[dict[str, Any]]:
        """The rows of one statement, which is one snapshot, without columns whose names begin with `_`.

        A connection that was lost while nobody used it is replaced, and the statement tried once more. A statement that
        `is_planned_once` has one plan for all values.

        Raises:
            StoreError: the database does not answer, or refuses the statement.
        """
        with self._place():
            for is_last in (False, True):
                connection = self._free_connection()
                try:
                    return self._ask(connection, text, parameters, is_planned_once)
                except psycopg.Error as error:
                    if isinstance(error, psycopg.errors.FeatureNotSupported):
                        connection.close()  # a newer server has added a column to a table of a prepared statement
                    if is_last or not connection.closed:
                        raise self._database.failed(error) from error
                finally:
                    if connection.closed:
                        self.close()  # what lost one has lost all that were open
                    else:
                        self._free.put(connection)
        raise AssertionError("the second attempt returns or raises")

    def reading(self) -> Reading:
        """How many connections are in use, and how long questions waited for one."""
        with self._counting:
            in_use, asking = self._in_use, self._asking
        return Reading(in_use=in_use, most=_MOST_READERS, waiting=asking - in_use, waits=self._waits.counted())

    def close(self) -> None:
        """Let go of the connections that nobody uses."""
        while True:
            try:
                self._free.get_nowait().close()
            except Empty:
                return

    @contextmanager
    def _place(self) -> Generator[None]:
        """A place among those who read, for as long as the block runs. Costs 2 us."""
        began_s = time.monotonic()
        with self._counting:
            self._asking += 1
        try:
            with self._places:
                with self._counting:
                    self._in_use += 1
                try:
                    self._waits.add(time.monotonic() - began_s)
                    yield
                finally:
                    with self._counting:
                        self._in_use -= 1
        finally:
            with self._counting:
                self._asking -= 1

    def _free_connection(self) -> Connection:
        try:
            return self._free.get_nowait()
        except Empty:
            return self._database.connect(read_only=True)

    @staticmethod
    def _ask(
        connection: Connection, text: str, parameters: dict[str, Any], is_planned_once: bool
    ) -> list[dict[str, Any]]:
        with (
            psycopg.Cursor(connection) if is_planned_once else connection.cursor() as cursor,
            running(canceller(connection)),
        ):
            cursor.execute(sql(text), parameters, prepare=is_planned_once)
            names = [column.name for column in cursor.description or ()]
            found = cursor.fetchall()
        shown = [place for place, name in enumerate(names) if not name.startswith("_")]
        if len(shown) == len(names):
            return [dict(zip(names, row, strict=True)) for row in found]
        return [{names[place]: row[place] for place in shown} for row in found]


def canceller(connection: Connection) -> Callable[[], None]:
    """What makes the statement that runs on this connection fail, called by another thread."""
    return partial(connection.cancel_safe, timeout=_CANCEL_TIMEOUT_S)


def sql(text: str) -> LiteralString:
    """A text from our own `.sql` files, as the type that psycopg asks for."""
    return cast("LiteralString", text)


class _NumberLoader(Loader):
    """Sums of whole numbers, which PostgreSQL calls numeric, as whole numbers; the other engines do so."""

    def load(self, data: bytes | bytearray | memoryview) -> int | float:
        """The number that this text is."""
        text = bytes(data)
        return int(text) if text.lstrip(b"-").isdigit() else float(text)
