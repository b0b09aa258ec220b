"""The page of tables and views, from the structs that are their rows and a database that the migrations have made."""

import inspect
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import duckdb
from msgspec import Struct

from longpole.store.store import open_store
from longpole.store.tables import KEYS, RECORD_TABLES, TABLES

INTRODUCTION = """\
# SQL tables

What `longpole sql` and `POST /api/sql` can ask ([how to](../how-to/sql.md)), and what lies in your own PostgreSQL or
ClickHouse. A column is a field of the struct that is its row, by the same name. `_ns` are nanoseconds (times since
1970), `_usd_nanos` nano-dollars, `_bytes` bytes; NULL is unknown, never 0. Types are those of DuckDB; PostgreSQL and
ClickHouse have their own for the same (`TEXT`, `String`). The tables may change between releases, with a migration; the
views keep their columns.

This page is made from the structs and the migrations by `make docs`.
"""
VIEWS = """\
## Views

The names that the specification's documents use, so that their statements run as they are printed. On PostgreSQL they
are in the schema `analytics`, with times as `TIMESTAMPTZ` and structures as `JSONB`
([how to](../how-to/postgresql.md)); ClickHouse has none.
"""
COLUMNS = """\
SELECT table_name, column_name, data_type
FROM duckdb_columns() WHERE NOT internal AND schema_name = 'main'
ORDER BY table_name, column_index
"""
VIEW_NAMES = "SELECT view_name FROM duckdb_views() WHERE NOT internal AND schema_name = 'main' ORDER BY view_name"

Columns = Mapping[str, list[tuple[str, str]]]


def render() -> str:
    """The page as Markdown."""
    columns, views = _of_a_new_database()
    lines = [INTRODUCTION, "## What was recorded\n"]
    lines += [_table(name, shape, columns) for name, shape in TABLES.items()]
    lines += [
        "## What the server keeps\n",
        "Settings of people, keys, alerts, and how far its work is.\n",
    ]
    lines += [_table(name, shape, columns) for name, shape in RECORD_TABLES.items()]
    lines += [VIEWS]
    for view in views:
        lines += [f"### {view}", "", *_rows(columns[view]), ""]
    return "\n".join(lines).rstrip() + "\n"


def _of_a_new_database() -> tuple[Columns, list[str]]:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "longpole.duckdb"
        open_store(file).close()
        with duckdb.connect(str(file)) as connection:
            columns: dict[str, list[tuple[str, str]]] = {}
            for table, name, kind in connection.execute(COLUMNS).fetchall():
                columns.setdefault(table, []).append((name, kind))
            return columns, [name for (name,) in connection.execute(VIEW_NAMES).fetchall()]


def _table(name: str, shape: type[Struct], columns: Columns) -> str:
    key = f"One row for each {', '.join(f'`{column}`' for column in KEYS[name])}." if name in KEYS else ""
    said = [f"### {name}", "", inspect.getdoc(shape) or "", "", *([key, ""] if key else [])]
    return "\n".join([*said, *_rows(columns[name]), ""])


def _rows(columns: list[tuple[str, str]]) -> Iterator[str]:
    yield "| column | type |"
    yield "| --- | --- |"
    for name, kind in columns:
        yield f"| `{name}` | {kind} |"
