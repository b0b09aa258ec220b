"""SQL of a person over ClickHouse: one SELECT that reads tables of the store and changes nothing.

Two things keep it so, and neither would do alone. ClickHouse's own parser makes a tree of the statement, and only what
is known to be harmless may be in it (`clickhouse_select`). What is run is that tree, written as SQL again by
ClickHouse. And it is run on a connection of its own with `readonly = 1`, under which ClickHouse refuses every change,
also of a setting, and the functions that read as a table what is outside.

docs/decisions/0028-sql-of-a-person-on-clickhouse.md has what each of the two lets through.
"""

from collections.abc import Callable, Mapping
from threading import BoundedSemaphore
from typing import Any, cast

import msgspec
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import Error, NotSupportedError
from clickhouse_connect.driver.query import QueryResult

from longpole.model.errors import InvalidInput, LongpoleError, StoreError
from longpole.store.engines.clickhouse_client import Database, bind
from longpole.store.engines.clickhouse_select import (
    Places,
    candidates,
    check_functions,
    check_tables,
    names_of,
    not_one_select,
)
from longpole.store.plain_value import encoded_value, plain_value
from longpole.store.read_only_sql import ANSWER_BYTES, SqlQuestion, SqlRows

MEMORY_BYTES = 512 * 1024 * 1024
_BLOCK_BYTES = 64 * 1024 * 1024
_SILENCE_S = 10.0
_AT_ONCE = BoundedSemaphore(2)
_REASON_CHARS = 600

_SETTINGS: Mapping[str, str] = {
    "timeout_overflow_mode": "throw",
    "max_memory_usage": str(MEMORY_BYTES),
    "max_bytes_before_external_group_by": "0",
    "max_bytes_ratio_before_external_group_by": "0",
    "max_bytes_before_external_sort": "0",
    "max_bytes_ratio_before_external_sort": "0",
    "max_result_rows": "0",
    "max_result_bytes": str(_BLOCK_BYTES),
    "result_overflow_mode": "throw",
    "max_threads": "2",
    "allow_ddl": "0",
    "allow_introspection_functions": "0",
}
_OF_THE_DATABASE = frozenset(
    {
        "ACCESS_DENIED", "ALL_CONNECTION_TRIES_FAILED", "AUTHENTICATION_FAILED", "NETWORK_ERROR",
        "QUERY_WAS_CANCELLED", "SOCKET_TIMEOUT", "TOO_MANY_SIMULTANEOUS_QUERIES", "UNKNOWN_DATABASE",
    }
)  # fmt: skip
"""Errors that the statement cannot help."""


def ask_select(database: Database, statement: Callable[[str], str], question: SqlQuestion) -> SqlRows:
    """The answer to a question. Costs some 60 ms beside the question. Two run at a time.

    Args:
        database: where the store is.
        statement: gives a statement of `clickhouse.sql` by its name.
        question: what is asked.

    Raises:
        InvalidInput: it is not one SELECT, or asks for something that is not open to it, or the database refuses it,
            or it takes too long or too much.
        StoreError: the database does not answer, or is too old to be asked.
    """
    if not _AT_ONCE.acquire(timeout=question.timeout_s):
        raise InvalidInput(
            f"Two queries have been running for {question.timeout_s:g} seconds. Expected at most two at a time. "
            "Wait for them, and ask again."
        )
    settings = {
        "max_execution_time": f"{question.timeout_s:g}",
        "limit": str(question.limit + 1),
        **_SETTINGS,
        "readonly": "1",
    }
    try:
        with database.reader(settings, timeout_s=question.timeout_s + _SILENCE_S) as client:
            return _answer(client, _checked(client, database, statement, question.sql), question.limit)
    except Error as error:
        raise _told(error, database, question.timeout_s) from None
    finally:
        _AT_ONCE.release()


def _checked(client: Client, database: Database, statement: Callable[[str], str], asked: str) -> str:
    """The statement as ClickHouse writes it, once it is known that it may be run."""
    text, tree = _read(client, statement("read_statement"), asked)
    named = names_of(tree)
    # These are not asked with the settings of the question: its limit would leave out names.
    _, tables = database.query(statement("tables_there"))
    _, databases = database.query(statement("databases_there"))
    places = Places(
        database=database.address.database,
        tables={name for (name,) in tables},
        databases={name for (name,) in databases},
    )
    check_tables(named, places)
    _, known = database.query(statement("functions_known"), {"names": candidates(named)})
    check_functions(named, [(name, bool(is_aggregate), bool(is_open)) for name, is_aggregate, is_open in known])
    return text


def _read(client: Client, reading: str, asked: str) -> tuple[str, dict[str, Any]]:
    """The statement as ClickHouse writes it, and its tree. Nothing of it is run."""
    text, given = bind(reading, {"sql": asked})
    try:
        [(written, tree)] = client.query(text, parameters=given).result_rows
    except Error as error:
        if error.name == "UNKNOWN_FUNCTION":
            raise StoreError(
                f"This ClickHouse ({client.server_version}) does not show how it reads a statement, so none of a "
                "person is run on it. Expected version 26.8 or later. Update it, or use the other commands."
            ) from None
        if error.name == "BAD_ARGUMENTS":  # there is a tree, but none that is shown: GRANT, INSERT and the like
            raise not_one_select("a statement of another kind") from None
        raise
    try:
        return written, msgspec.json.decode(tree, type=dict[str, Any])
    except RecursionError:
        raise InvalidInput(
            "The query is nested too deeply. Expected a few hundred levels at most. Write a flatter one."
        ) from None


def _answer(client: Client, text: str, limit: int) -> SqlRows:
    rows: list[list[Any]] = []
    size = 0
    with client.query_row_block_stream(text) as blocks:
        found = cast("QueryResult", blocks.source)
        columns = [(name, kind.name) for name, kind in zip(found.column_names, found.column_types, strict=True)]
        for block in blocks:
            for row in block:
                plain = [plain_value(value) for value in row]
                size += len(encoded_value(plain))
                if len(rows) == limit or size > ANSWER_BYTES:
                    return SqlRows(columns=columns, rows=rows, has_more=True)
                rows.append(plain)
    if not columns:  # ClickHouse says nothing of the columns of no rows
        described = client.query(f"DESCRIBE ({text}\n)").result_rows
        columns = [(str(name), str(kind)) for name, kind, *_ in described]
    return SqlRows(columns=columns, rows=rows, has_more=False)


def _told(error: Error, database: Database, timeout_s: float) -> LongpoleError:
    """What an error means to whoever asked, in ClickHouse's own words where it speaks of the statement."""
    if error.name == "TIMEOUT_EXCEEDED":
        return InvalidInput(
            f"The query was not done after {timeout_s:g} seconds. Expected an answer sooner. "
            "Ask for less, such as a shorter time by started_ns, or set `sql_timeout_ms` higher."
        )
    if error.name == "MEMORY_LIMIT_EXCEEDED":
        return InvalidInput(
            f"The query takes more than {MEMORY_BYTES // 2**20} MB of memory. Expected less. "
            "Group or limit sooner, or ask about a shorter time."
        )
    if error.name == "TOO_MANY_ROWS_OR_BYTES":
        return InvalidInput(
            f"The answer comes in pieces of more than {_BLOCK_BYTES // 2**20} MB. Expected shorter rows. "
            "Ask for fewer at a time, or for the beginning of long values, as in left(input, 1000)."
        )
    if isinstance(error, NotSupportedError):
        return InvalidInput(
            f"The answer has values that cannot be shown: {_reason(error)}. Expected numbers, texts, times and the "
            "like. Convert them, as with toString or finalizeAggregation."
        )
    if error.name is None or error.name in _OF_THE_DATABASE:
        return database.failed(error)
    return InvalidInput(
        f"The database refuses the query: {_reason(error)}. Expected one SELECT that it can run. Correct it."
    )


def _reason(error: Error) -> str:
    """What ClickHouse says, without what our own statement around the person's adds."""
    said = str(error).partition("DB::Exception: ")[2] or str(error)
    for ours in (": In scope SELECT formatQueryFromJSON", " (for url http", " (version "):
        said = said.partition(ours)[0]
    return said.removesuffix(f" ({error.name})").strip().rstrip(".?")[:_REASON_CHARS]
