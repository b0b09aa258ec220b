"""Connections to one ClickHouse database: a server over HTTP, or ClickHouse's own engine inside this process (chdb).

Both speak through clickhouse-connect. What an error says never holds the password.
"""

import atexit
import io
import logging
import os
import re
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from queue import Empty, SimpleQueue
from threading import Condition
from types import MappingProxyType
from typing import Any, cast
from urllib.parse import parse_qs, unquote, urlsplit
from uuid import uuid4

import arro3.io
import clickhouse_connect
from arro3.core import Table
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import Error
from msgspec import Struct

from longpole.model.errors import InvalidInput, MissingPackage, StoreError
from longpole.store.cancel import is_cancellable, running

# It warns of each error that it then raises, without saying which.
logging.getLogger("clickhouse_connect").setLevel(logging.ERROR)

_NO_CONNECTION = re.compile(r"Max retries exceeded.*?\[Errno -?\d+\] ([^\"')]+)")
_DEFAULT_DATABASE = "longpole"
_CONNECT_TIMEOUT_S = 10
_ANSWER_TIMEOUT_S = 300
_STATEMENTS_END_S = 5.0

# With these the portable queries mean what they mean elsewhere. `final` reads every row once, as it was told last.
_SETTINGS: Mapping[str, str] = {
    "final": "1",
    "join_use_nulls": "1",
    "aggregate_functions_null_for_empty": "1",
    "cast_keep_nullable": "1",
    "transform_null_in": "0",
    "union_default_mode": "DISTINCT",
    "prefer_column_name_to_alias": "1",
    "max_partitions_per_insert_block": "0",
    "input_format_null_as_default": "0",
    "async_insert": "0",
    "mutations_sync": "2",
    "alter_sync": "2",
    "lightweight_deletes_sync": "2",
}
# An insert is answered once a replica of its shard has the rows. Reading and writing prefer the same replica, so that
# one finds what one has written.
_CLUSTER_SETTINGS: Mapping[str, str] = {
    "distributed_foreground_insert": "1",
    "distributed_product_mode": "global",
    "load_balancing": "in_order",
    "prefer_localhost_replica": "0",
}

_KILL = "KILL QUERY WHERE Settings['log_comment'] = {name:String} ASYNC"
_TOKEN = re.compile(r"'(?:[^'\\]|\\.|'')*'|--[^\n]*|\$([a-z_][a-z0-9_]*)")


class Address(Struct, frozen=True):
    """Where a database is. `shown` is the address without its password."""

    database: str
    shown: str
    path: str | None = None
    host: str = ""
    port: int = 0
    user: str = ""
    password: str = ""
    is_secure: bool = False


def read_address(text: str) -> Address:
    """The parts of `clickhouse://user:password@host:port/database` or `chdb:///folder?database=name`.

    The port is 8123 if it is not given; with `?secure=1` it is 8443 and the connection is encrypted.

    Raises:
        StoreError: it is neither.
    """
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        parts, port = urlsplit(""), None
    options = {name: values[-1] for name, values in parse_qs(parts.query).items()}
    database = unquote(parts.path.strip("/")) if parts.scheme == "clickhouse" else options.get("database", "")
    database = database or _DEFAULT_DATABASE
    if parts.scheme == "chdb" and parts.path.strip("/"):
        return Address(database, f"chdb://{parts.path} (database {database})", path=unquote(parts.path))
    if parts.scheme != "clickhouse" or not parts.hostname or "/" in database:
        raise StoreError(
            "The address of the store cannot be read. Expected clickhouse://user:password@host:port/database, with %40 "
            "for an @ in the password and the like, or chdb:///folder. Correct the setting `store`."
        )
    is_secure = options.get("secure", "") in ("1", "true")
    port = port or (8443 if is_secure else 8123)
    user = unquote(parts.username or "default")
    shown = f"clickhouse://{user}@{parts.hostname}:{port}/{database}"
    return Address(
        database, shown, None, parts.hostname, port, user, unquote(parts.password or ""), is_secure
    )  # fmt: skip


class Database:
    """One database, asked from any thread. `is_embedded`: it runs in this process and nobody else writes to it."""

    def __init__(self, address: Address, *, is_cluster: bool = False) -> None:
        """Connect.

        Raises:
            MissingPackage: clickhouse-connect or chdb is not installed.
            StoreError: nobody answers, or we are not let in; the message says which.
        """
        self.address = address
        self.is_embedded = address.path is not None
        self._settings = {**_SETTINGS, **(_CLUSTER_SETTINGS if is_cluster else {})}
        self._database: str | None = None
        self._clients: SimpleQueue[Client] = SimpleQueue()
        self._clients.put(self._connect())
        self._gate = Condition()
        self._asking = 0
        self._is_ended = False
        self._process = os.getpid()
        if self.is_embedded:
            atexit.register(self._keep_out)

    def enter(self) -> None:
        """Let every later statement be about the database, which must be there."""
        self._database = self.address.database

    def query(self, text: str, given: Mapping[str, Any] | None = None) -> tuple[list[str], list[tuple[Any, ...]]]:
        """The names of the columns of an answer, and its rows. Parameters are `$name` in the text."""
        bound, parameters = bind(text, given or {})
        with self._client() as client, self._cancellable() as settings:
            answer = client.query(bound, parameters=parameters, settings=settings)
        return list(answer.column_names), [tuple(row) for row in answer.result_rows]

    def command(self, text: str, given: Mapping[str, Any] | None = None) -> None:
        """Carry out a statement that has no answer."""
        bound, parameters = bind(text, given or {})
        with self._client() as client, self._cancellable() as settings:
            client.command(bound, parameters=parameters, settings=settings)

    def insert(self, table: str, rows: Table) -> None:
        """Add rows to a table, all in one block. Columns that the rows do not have get their defaults."""
        stream = io.BytesIO()
        arro3.io.write_ipc_stream(rows, stream, compression=None)
        with self._client() as client:
            client.raw_insert(table, rows.column_names, stream.getvalue(), fmt="ArrowStream")

    @contextmanager
    def reader(self, settings: Mapping[str, str], *, timeout_s: float) -> Generator[Client]:
        """A connection for the block alone, with settings on top of ours; what is asked there can be cancelled.

        The engine in this process takes the settings one after another. So `readonly` is the last of them.

        Args:
            settings: by name, in this order.
            timeout_s: seconds after which a server that is silent is given up.

        Raises:
            StoreError: nobody answers, or we are not let in. What is asked raises errors of clickhouse-connect.
        """
        name = uuid4().hex
        with self._entered(), running(lambda: self._kill(name)):
            client = self._connect({"log_comment": name, **settings}, timeout_s=timeout_s)
            try:
                yield client
            finally:
                client.close()

    def failed(self, error: Exception) -> StoreError:
        """What an error of ClickHouse means, in its own words as far as they are one line."""
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
        if self.address.password:
            reason = reason.replace(self.address.password, "***")
        if "ACCESS_DENIED" in reason or "AUTHENTICATION_FAILED" in reason:
            return StoreError(
                f"{self.address.shown} does not let us in or does not allow what Longpole does: {reason} "
                "Expected a user who owns the database. docs/how-to/clickhouse.md says which rights it needs."
            )
        if unreached := _NO_CONNECTION.search(reason):
            return StoreError(
                f"{self.address.shown} does not answer: {unreached[1]}. Expected a ClickHouse at its HTTP port. "
                "Start it there, or correct host and port in the setting `store`."
            )
        if "already initialized with path" in reason:
            return StoreError(
                f"{self.address.shown} cannot be opened: {reason} Expected one folder for each process. "
                "Close the other store of this process first, or use a database of its folder."
            )
        return StoreError(
            f"{self.address.shown} did not do what was asked: {reason} "
            "Expected a ClickHouse that answers. If it is away, it is tried again; else correct what it names."
        )

    def close(self) -> None:
        """Let go of every connection."""
        atexit.unregister(self._keep_out)
        while True:
            try:
                self._clients.get_nowait().close()
            except Empty:
                return

    def _keep_out(self) -> None:
        """When the interpreter ends and nobody has closed this: let statements that run end, and no other begin.

        A daemon thread that Python ends inside of ClickHouse's engine crashes the process.
        """
        if os.getpid() == self._process:
            with self._gate:
                self._is_ended = True
                self._gate.wait_for(lambda: self._asking == 0, _STATEMENTS_END_S)

    @contextmanager
    def _entered(self) -> Generator[None]:
        """The interpreter does not end in the middle of the block."""
        with self._gate:
            self._gate.wait_for(lambda: not self._is_ended)
            self._asking += 1
        try:
            yield
        finally:
            with self._gate:
                self._asking -= 1
                self._gate.notify_all()

    @contextmanager
    def _client(self) -> Generator[Client]:
        """A connection for one statement; one that failed is thrown away."""
        with self._entered(), self._connection() as client:
            yield client

    @contextmanager
    def _connection(self) -> Generator[Client]:
        try:
            client = self._clients.get_nowait()
        except Empty:
            client = self._connect()
        client.database = self._database
        try:
            yield client
        except Error as error:
            client.close()
            raise self.failed(error) from None
        except BaseException:
            client.close()
            raise
        self._clients.put(client)

    @contextmanager
    def _cancellable(self) -> Generator[dict[str, str] | None]:
        """The settings by which a statement is found that is to be cancelled, if somebody may want that."""
        if not is_cancellable():
            yield None
            return
        name = uuid4().hex
        with running(lambda: self._kill(name)):
            yield {"log_comment": name}

    def _kill(self, name: str) -> None:
        """Cancel a statement on the node that answers here; the engine in this process keeps no query id of ours."""
        with self._client() as client:
            client.command(_KILL, parameters={"name": name})

    def _connect(
        self, settings: Mapping[str, str] = MappingProxyType({}), *, timeout_s: float = _ANSWER_TIMEOUT_S
    ) -> Client:
        address = self.address
        settings = {**self._settings, **settings}
        try:
            if address.path is not None:
                return clickhouse_connect.get_client(
                    interface="chdb", path=address.path, database=self._database, settings=settings
                )
            return clickhouse_connect.get_client(
                host=address.host,
                port=address.port,
                username=address.user,
                password=address.password,
                database=self._database,
                secure=address.is_secure,
                settings=settings,
                connect_timeout=_CONNECT_TIMEOUT_S,
                send_receive_timeout=round(timeout_s),
                autogenerate_session_id=False,
                form_encode_query_params=True,
            )
        except ImportError:
            raise MissingPackage(
                "The package chdb is not installed. Expected it for an address that begins with chdb://. "
                "Install it: pip install chdb"
            ) from None
        except Error as error:
            raise self.failed(error) from None


def bind(text: str, given: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """A statement with ClickHouse's placeholders for `$name`, and the values for them; null is written out.

    Raises:
        InvalidInput: a value is of a type that no parameter has.
    """
    sent: dict[str, Any] = {}

    def spell(match: re.Match[str]) -> str:
        name = match[1]
        if name is None:
            return match[0]
        value = given[name]
        if value is None:
            return "NULL"
        if isinstance(value, bool):
            return "true" if value else "false"
        sent[name] = value
        return f"{{{name}:{_type_of(name, value)}}}"

    return _TOKEN.sub(spell, text), sent


def _type_of(name: str, value: Any) -> str:
    if isinstance(value, str):
        return "String"
    if isinstance(value, int):
        return "Int64"
    if isinstance(value, float):
        return "Float64"
    if isinstance(value, list):
        values = cast("list[Any]", value)
        return f"Array({_type_of(name, values[0]) if values else 'String'})"
    raise InvalidInput(
        f"The parameter {name!r} is {value!r}. Expected a text, a number, a boolean, a list of one of these or None. "
        "Convert it before asking."
    )
