"""One reader of DuckDB: a cursor, and before each question what stands in it for a table that has fresh rows."""

import re
from collections.abc import Mapping
from functools import cache, lru_cache, partial
from importlib import resources
from typing import Any

import duckdb
from arro3.core import Table

from longpole.store.cancel import running
from longpole.store.columns_read import columns_read
from longpole.store.dialects.fragments import FAILED, Fragments
from longpole.store.engines.arrow import arrow_table
from longpole.store.engines.fresh import Columns, FreshView
from longpole.store.sql import Query, parse_queries
from longpole.store.tables import AGES, FAILED_TABLES, KEYS, MERGED_TABLES, REPLACED_TABLES, TABLES

_SHOWN = frozenset((*TABLES, *FAILED_TABLES))
_WITH = re.compile(r"\s*WITH\s+")
_ROWS_AT_ONCE = 250


class Statements:
    """The engine's own SQL, in `duckdb.sql` beside this file.

    In it `@table()` is one of our tables, `@columns()` are some of its columns, `@same_key(a, b)` compares its key,
    `@age()` is the column by which it ages, and `@only_failed()` leaves out what does not belong into a table of failed
    rows.
    """

    def text(self, name: str, table: str = "", columns: Columns = ()) -> str:
        """The statement of this name about this table, and these of its columns or all."""
        return _statements(table, columns)[name]


@cache
def _statements(table: str, columns: Columns) -> dict[str, str]:
    text = resources.files("longpole.store.engines").joinpath("duckdb.sql").read_text(encoding="utf-8")
    fragments: Fragments = {
        "table": lambda: table,
        "columns": lambda: ", ".join(columns) or "*",
        "age": lambda: AGES.get(source_of(table), ""),
        "only_failed": lambda: f" WHERE {FAILED}" if table in FAILED_TABLES else "",
        "same_key": partial(_same_key, table),
    }
    return {query.name: query.text for query in parse_queries(text, fragments, where="duckdb.sql")}


def with_tables(text: str, shown: Mapping[str, str]) -> str:
    """A query in which other queries stand in the place of some tables."""
    if not shown:
        return text
    parts = [f"{name} AS NOT MATERIALIZED (\n{query}\n)" for name, query in shown.items()]
    own = _WITH.match(text)
    return f"WITH {', '.join(parts)}{', ' + text[own.end() :] if own else ' ' + text}"


def _same_key(table: str, one: str, other: str) -> str:
    return " AND ".join(f"{one}.{key} = {other}.{key}" for key in KEYS.get(table, ()))


def source_of(table: str) -> str:
    """The table whose rows are in this one, once more or at first hand."""
    return FAILED_TABLES.get(table, table)


class Reader:
    """A cursor for one thread at a time. `begin`, then `answer`; after an error only `close` may be called.

    A table without fresh or hidden rows is read as it is stored, so that the engine can use everything it has for
    plain tables; in the place of the others stands what unites both, with the columns that the question reads. With a
    temporary view of all columns, to find an execution took 10 ms after each change instead of 6.
    """

    def __init__(self, cursor: duckdb.DuckDBPyConnection, statements: Statements) -> None:
        self._cursor = cursor
        self._statements = statements
        self._fresh: dict[str, Table] = {}  # what this cursor has registered, by table
        self._hidden: FreshView | None = None

    def begin(self) -> None:
        """Fix what this reader sees of the stored rows."""
        self._cursor.begin()
        self._cursor.execute(self._statements.text("fix_snapshot")).fetchall()

    def answer(self, query: Query, text: str, parameters: Mapping[str, Any], view: FreshView) -> list[dict[str, Any]]:
        """The rows of a query over stored rows and this view, with the text that it has for these parameters.

        Ends what `begin` began.
        """
        shown: dict[str, str] = {}
        for name in sorted(query.tables & _SHOWN):
            columns = _columns_of(query.text, name)
            if statement := self._show(name, columns, view):
                shown[name] = self._statements.text(statement, name, () if columns == _all_columns(name) else columns)
        with running(self._cursor.interrupt):
            cursor = self._cursor.execute(with_tables(text, shown), dict(parameters))
            names = [column[0] for column in cursor.description or ()]
            rows: list[dict[str, Any]] = []
            while some := cursor.fetchmany(_ROWS_AT_ONCE):  # all at once hold the interpreter 100 ms for 50,000
                rows += [dict(zip(names, row, strict=True)) for row in some]
        self._cursor.commit()
        return rows

    def close(self) -> None:
        """Let go of the cursor and of any transaction it is in."""
        self._cursor.close()

    def _show(self, name: str, columns: Columns, view: FreshView) -> str | None:
        """Bring what is fresh of a table to the cursor; gives the name of what is to stand in the table's place."""
        source = source_of(name)
        fresh = view.table(source, columns)
        is_hiding = bool(view.hidden) and source in REPLACED_TABLES
        if is_hiding and self._hidden is not view:
            self._cursor.register("hidden_traces", view.hidden_table)
            self._hidden = view
        brought = _no_bodies() if fresh is None and name == "bodies" else fresh  # `@bodies_of` asks for them alone
        if brought is not None and self._fresh.get(name) is not brought:
            self._cursor.register(f"fresh_{name}", brought)
            self._fresh[name] = brought
        if fresh is None:
            return "show_left" if is_hiding else None
        if is_hiding:
            return "show_hiding"
        return f"show_{name}" if name in MERGED_TABLES else "show_fresh"


@cache
def _no_bodies() -> Table:
    return arrow_table(TABLES["bodies"], [])


def _all_columns(table: str) -> Columns:
    return tuple(TABLES[source_of(table)].__struct_fields__)


@lru_cache(1000)
def _columns_of(text: str, table: str) -> Columns:
    """What a query reads of a table, and what is needed to bring its fresh rows there."""
    columns = _all_columns(table)
    if table == "bodies" or table in MERGED_TABLES:
        return columns
    read = columns_read(text, table, columns)
    return tuple(name for name in columns if name in read or (name == "status" and table in FAILED_TABLES))
