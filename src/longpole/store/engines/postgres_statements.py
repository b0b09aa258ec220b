"""The PostgreSQL engine's SQL, from `postgres.sql` beside this file, spelt for a table and bound for psycopg."""

import re
from collections.abc import Callable, Mapping
from functools import cache, partial
from importlib import resources

from longpole.store.sql import parse_queries
from longpole.store.tables import AGES, KEYS, RECORD_TABLES, TABLES

WRITTEN_BY = "_writer"
_SIGNED_TABLES = frozenset({"executions", "steps"})
# What makes a row of a table the same row when it is told again, with the types of these columns.
_TOLD: Mapping[str, Mapping[str, str]] = {
    "executions": {"workspace": "TEXT", "trace_id": "TEXT", "span_id": "TEXT"},
    "steps": {"workspace": "TEXT", "trace_id": "TEXT", "step_id": "TEXT"},
    "bodies": {"workspace": "TEXT", "trace_id": "TEXT", "span_id": "TEXT", "row_version": "BIGINT"},
    "scores": {"workspace": "TEXT", "trace_id": "TEXT", "name": "TEXT", "time_ns": "BIGINT"},
    "events": {
        "workspace": "TEXT", "trace_id": "TEXT", "span_id": "TEXT", "event_index": "BIGINT", "time_ns": "BIGINT",
        "name": "TEXT",
    },
    "decisions": {
        "workspace": "TEXT", "trace_id": "TEXT", "span_id": "TEXT", "event_index": "BIGINT", "candidate": "TEXT",
    },
}  # fmt: skip
_PLACES = re.compile(r"('(?:[^']|'')*'|--[^\n]*)|\$([a-z_][a-z0-9_]*)|%")


@cache
def bound(text: str) -> str:
    """The text with its `$name` parameters as psycopg writes them."""
    return _PLACES.sub(_place, text)


def statement(name: str, table: str = "", **words: object) -> str:
    """The statement of this name about this table, bound; `words` are its other fragments.

    In it `@columns()` are the table's, `@values()` their parameters, `@keys()` its key, `@age()` the column by which it
    ages, `@told()` the columns that make a row the same row when it is told again.
    """
    if words:  # never the same twice
        return _spelt(table, tuple((word, str(value)) for word, value in words.items()))[name]
    return _statements(table)[name]


@cache
def columns_of(table: str) -> tuple[str, ...]:
    """The columns of one of our tables: the fields of its struct, then the engine's own."""
    fields = {**TABLES, **RECORD_TABLES}[table].__struct_fields__
    return (*fields, WRITTEN_BY) if table in _SIGNED_TABLES else fields


def told_columns(table: str) -> tuple[str, ...]:
    """The columns that make a row of a trace the same row when it is told again."""
    return tuple(_TOLD[table])


@cache
def _statements(table: str) -> dict[str, str]:
    return _spelt(table, ())


def _spelt(table: str, words: tuple[tuple[str, str], ...]) -> dict[str, str]:
    text = resources.files("longpole.store.engines").joinpath("postgres.sql").read_text(encoding="utf-8")
    fragments = {**_fragments(table), **{word: partial(str, value) for word, value in words}}
    return {query.name: bound(query.text) for query in parse_queries(text, fragments, where="postgres.sql")}


def _fragments(table: str) -> dict[str, Callable[..., str]]:
    columns = columns_of(table) if table in TABLES or table in RECORD_TABLES else ()
    told, keys = _TOLD.get(table, {}), KEYS.get(table, ())
    quoted = [_quoted(name) for name in columns]
    return {
        "table": lambda: table,
        "partition": lambda: "",
        "from_ns": lambda: "",
        "to_ns": lambda: "",
        "columns": lambda: ", ".join(quoted),
        "values": lambda: ", ".join(f"${name}" for name in columns),
        "keys": lambda: ", ".join(keys),
        "all_new": lambda: ", ".join(f"{name} = excluded.{name}" for name in quoted),
        "is_key": partial(_is_key, keys),
        "age": lambda: AGES.get(table, ""),
        "told": lambda: ", ".join(told),
        "told_lists": lambda: ", ".join(f"CAST(${name} AS {kind}[])" for name, kind in told.items()),
        "same_told": partial(_same_told, tuple(told)),
        "later": _later,
    }


def _is_key(keys: tuple[str, ...], row: str) -> str:
    return " AND ".join(f"{row}.{key} = ${key}" for key in keys)


def _same_told(names: tuple[str, ...], row: str, key: str) -> str:
    return " AND ".join(_same(row, key, name) for name in names)


def _same(row: str, key: str, name: str) -> str:
    # Of what a span carried, a later version is not replaced by an earlier one.
    sign = "<=" if name == "row_version" else "="
    return f"{row}.{name} {sign} {key}.{name}"


def _later(name: str, by: str) -> str:
    return (
        f"CASE WHEN excluded.{by} >= a.{by} THEN coalesce(excluded.{name}, a.{name}) "
        f"ELSE coalesce(a.{name}, excluded.{name}) END"
    )


def _quoted(name: str) -> str:
    return f'"{name}"' if name == "offset" else name


def _place(found: re.Match[str]) -> str:
    literal, name = found[1], found[2]
    if literal is not None:
        return literal.replace("%", "%%")
    return f"%({name})s" if name else "%%"
