"""SQL of a person: what it may ask for, and the answer as every door shows it."""

import time
from typing import Any

from msgspec import Struct

from longpole.model.errors import InvalidInput, KeyRefused
from longpole.store.engine import Engine
from longpole.store.read_only_sql import ReadsSql, SqlQuestion

ROWS = 1000
MOST_CHARS = 100_000


class SqlBody(Struct, kw_only=True, forbid_unknown_fields=True):
    """What is posted: one SELECT, and the most rows that are wanted; a thousand where that is not said."""

    sql: str
    limit: int | None = None


class SqlColumn(Struct, kw_only=True):
    """A column of an answer, with its type in the words of the database."""

    name: str
    type: str


class SqlAnswer(Struct, kw_only=True):
    """The rows, each with a value for each column. `has_more` says that there are more than were asked for or allowed.

    Values are those of JSON. Decimals and integers beyond 64 bits are texts, bytes are base64, times ISO 8601.
    """

    columns: list[SqlColumn]
    rows: list[list[Any]]
    has_more: bool
    duration_ns: int


class SqlDesk:
    """Answers SQL over a store, within limits."""

    def __init__(self, store: Engine, *, timeout_s: float, row_limit: int) -> None:
        """Ask the store, which is an engine itself and not what measures one."""
        self._store = store
        self._timeout_s = timeout_s
        self._row_limit = row_limit

    def answer(self, asked: SqlBody, *, workspace: str | None = None, is_admin: bool = True) -> SqlAnswer:
        """The answer to a SELECT, of one workspace or of all.

        Raises:
            InvalidInput: it is too long, is not one SELECT, or the database refuses it; or this one answers no SQL.
            KeyRefused: this database cannot keep workspaces apart, and the asker is no administrator of all of them.
            StoreError: the database does not answer.
        """
        store = self._store
        if not isinstance(store, ReadsSql):
            raise InvalidInput(
                f"A store of the kind {type(store).__name__} answers no SQL. "
                "Expected DuckDB, PostgreSQL or ClickHouse. Use the other commands."
            )
        if not store.knows_workspaces and not (is_admin and workspace is None):
            raise KeyRefused(
                "This database cannot keep workspaces apart in SQL. Expected a key of the administrator of the whole "
                "server. Use one, or the reports; on PostgreSQL any key that may read will do."
            )
        if len(asked.sql) > MOST_CHARS:
            raise InvalidInput(
                f"The query has {len(asked.sql)} characters. Expected at most {MOST_CHARS}. Write a shorter one."
            )
        if "\0" in asked.sql or any("\ud800" <= letter <= "\udfff" for letter in asked.sql):
            raise InvalidInput(
                "The query has a NUL or half of a surrogate pair in it. Expected text. Leave it out; chr() makes any "
                "letter that is needed."
            )
        limit = min(ROWS, self._row_limit) if asked.limit is None else asked.limit
        if not 1 <= limit <= self._row_limit:
            raise InvalidInput(
                f"{limit} rows are asked for. Expected 1 to {self._row_limit}. Ask for fewer, or set "
                "`sql_row_limit` higher."
            )
        began_ns = time.monotonic_ns()
        found = store.ask_sql(SqlQuestion(sql=asked.sql, limit=limit, timeout_s=self._timeout_s, workspace=workspace))
        return SqlAnswer(
            columns=[SqlColumn(name=name, type=kind) for name, kind in found.columns],
            rows=found.rows,
            has_more=found.has_more,
            duration_ns=time.monotonic_ns() - began_ns,
        )
