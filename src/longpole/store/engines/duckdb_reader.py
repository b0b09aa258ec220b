"""One reader of DuckDB: a cursor whose views unite stored and fresh rows, brought up to date before each question."""

from collections.abc import Mapping
from functools import cache, partial
from importlib import resources
from typing import Any

import duckdb
from arro3.core import Table

from longpole.store.cancel import running
from longpole.store.dialects.fragments import FAILED, Fragments
from longpole.store.engines.arrow import arrow_table, pair_table
from longpole.store.engines.fresh import FreshView
from longpole.store.sql import parse_queries
from longpole.store.tables import AGES, FAILED_TABLES, KEYS, MERGED_TABLES, REPLACED_TABLES, TABLES

_SHOWN = (*TABLES, *FAILED_TABLES)
_ROWS_AT_ONCE = 250


class Statements:
    """The engine's own SQL, in `duckdb.sql` beside this file.

    In it `@table()` is one of our tables, `@same_key(a, b)` compares its key, `@age()` is the column by which it ages,
    and `@only_failed()` leaves out what does not belong into a table of failed rows.
    """

    def text(self, name: str, table: str = "") -> str:
        """The statement of this name about this table."""
        return _statements(table)[name]


@cache
def _statements(table: str) -> dict[str, str]:
    text = resources.files("longpole.store.engines").joinpath("duckdb.sql").read_text(encoding="utf-8")
    fragments: Fragments = {
        "table": lambda: table,
        "age": lambda: AGES.get(source_of(table), ""),
        "only_failed": lambda: f" WHERE {FAILED}" if table in FAILED_TABLES else "",
        "same_key": partial(_same_key, table),
    }
    return {query.name: query.text for query in parse_queries(text, fragments, where="duckdb.sql")}


def _same_key(table: str, one: str, other: str) -> str:
    return " AND ".join(f"{one}.{key} = {other}.{key}" for key in KEYS.get(table, ()))


def source_of(table: str) -> str:
    """The table whose rows are in this one, once more or at first hand."""
    return FAILED_TABLES.get(table, table)


class Reader:
    """A cursor for one thread at a time. `begin`, then `answer`; after an error only `close` may be called.

    A table without fresh or hidden rows is read as it is stored, so that the engine can use everything it has for
    plain tables; the others become temporary views, which only this cursor sees. Changing one costs about 0.7 ms.
    """

    def __init__(self, cursor: duckdb.DuckDBPyConnection, statements: Statements) -> None:
        self._cursor = cursor
        self._statements = statements
        self._shown: dict[str, tuple[str, Table | None]] = dict.fromkeys(_SHOWN, ("show_stored", None))
        self._shown["bodies"] = ("", None)  # its fresh rows are asked for by themselves: `@bodies_of`
        self._hidden: FreshView | None = None

    def begin(self) -> None:
        """Fix what this reader sees of the stored rows."""
        self._cursor.begin()
        self._cursor.execute(self._statements.text("fix_snapshot")).fetchall()

    def answer(
        self, text: str, parameters: Mapping[str, Any], view: FreshView, tables: frozenset[str]
    ) -> list[dict[str, Any]]:
        """The rows of a query that reads these tables, over stored rows and this view; ends what `begin` began."""
        for name in tables.intersection(_SHOWN):
            self._show(name, view)
        with running(self._cursor.interrupt):
            cursor = self._cursor.execute(text, dict(parameters))
            names = [column[0] for column in cursor.description or ()]
            rows: list[dict[str, Any]] = []
            while some := cursor.fetchmany(_ROWS_AT_ONCE):  # all at once hold the interpreter 100 ms for 50,000
                rows += [dict(zip(names, row, strict=True)) for row in some]
        self._cursor.commit()
        return rows

    def close(self) -> None:
        """Let go of the cursor and of any transaction it is in."""
        self._cursor.close()

    def _show(self, name: str, view: FreshView) -> None:
        source = source_of(name)
        fresh = view.table(source)
        is_hiding = bool(view.hidden) and source in REPLACED_TABLES
        if is_hiding and self._hidden is not view:
            self._cursor.register("hidden_traces", pair_table(view.hidden, "workspace", "trace_id"))
            self._hidden = view
        wanted = self._statement(name, fresh, is_hiding=is_hiding)
        statement, shown = self._shown[name]
        if wanted == statement and fresh is shown:
            return
        if wanted != "show_stored" or name == "bodies":
            self._cursor.register(f"fresh_{name}", arrow_table(TABLES[source], []) if fresh is None else fresh)
        if wanted != statement:
            self._cursor.execute(self._statements.text(wanted, name))
        self._shown[name] = (wanted, fresh)

    def _statement(self, name: str, fresh: Table | None, *, is_hiding: bool) -> str:
        if is_hiding:
            return "show_hiding"
        if fresh is None:
            return "show_stored"
        return f"show_{name}" if name in MERGED_TABLES else "show_fresh"
