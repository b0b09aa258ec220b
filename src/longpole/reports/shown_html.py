"""Any view as HTML for a notebook: what is one value in a line, what are many in tables."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

import msgspec
from msgspec import Struct

from longpole.model.timeline_html import heading_html, note_html, page_html, table_html
from longpole.reports.numbers import NONE, UNKNOWN, cost_text, count_text, counted, duration_text, share_text

MOST_LISTED = 50
MOST_COLUMNS = 12
_LONGEST = 200
_NUMBERS = ("_ns", "_ms", "_usd", "_share", "_rate", "tokens", "_bytes", "_tokens")
_FIRST_TO_GO = (
    "is_settled", "weight", "category_ns", "trace_id", "root_execution_id", "parent_execution_id", "workspace",
    "runtime_mode", "kind", "method", "ended_at", "steps_completed", "model_calls_without_usage",
    "model_calls_without_cost", "service", "trigger_type", "trigger_source", "environment", "user_id", "version",
    "steps_failed", "tool_calls", "retries",
)  # fmt: skip
"""Columns that are left out, in this order, where there are too many."""

_NOT_SHOWN = ("next_cursor",)


def view_html(view: Struct) -> str:
    """A view: its name, its single values, each of its lists as a table."""
    plain = cast("dict[str, Any]", msgspec.to_builtins(view))
    single = {name: value for name, value in plain.items() if not _is_rows(value) and name not in _NOT_SHOWN}
    details = [f"{_words(name)} {value_text(name, value)}" for name, value in single.items() if value not in (None, [])]
    parts = [heading_html(_words_of_class(type(view).__name__), *details)]
    for name, value in plain.items():
        if _is_rows(value):
            rows = cast("list[dict[str, Any]]", value)
            parts += [heading_html(_words(name), counted(len(rows), "row")), rows_html(rows)]
    return page_html(*parts)


def rows_html(rows: Sequence[Mapping[str, Any]]) -> str:
    """Rows as a table, without the columns that are empty in all of them."""
    columns = [name for name in rows[0] if any(row.get(name) not in (None, "", [], {}) for row in rows)]
    kept = list(columns)
    for name in _FIRST_TO_GO:
        if len(kept) > MOST_COLUMNS and name in kept:
            kept.remove(name)
    shown = sorted(kept[:MOST_COLUMNS], key=lambda name: name.endswith("_id"))  # ids are long and say little
    table = table_html(
        [_words(name) for name in shown],
        [[value_text(name, row.get(name)) for name in shown] for row in rows[:MOST_LISTED]],
        hidden=len(rows) - MOST_LISTED,
    )
    more = len(columns) - len(shown)
    return table + (note_html(f"{counted(more, 'more column')} in to_dataframe()") if more else "")


def value_text(name: str, value: Any) -> str:
    """A value as people read it, by the unit that its name tells.

    >>> value_text("duration_ns", 1_200_000_000).replace("\\u202f", " "), value_text("cost_usd", None)
    ('1.20 s', 'unknown')
    >>> value_text("error_type", None), value_text("failed", 26020)
    ('–', '26,020')
    """
    if value is None:
        return UNKNOWN if name.endswith(_NUMBERS) else NONE
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return _number_text(name, value)
    if isinstance(value, str):
        is_time = name.endswith(("_at", "_time", "time", "timestamp")) and value[10:11] == "T"
        return value[:19].replace("T", " ") if is_time else value[:_LONGEST]
    return _nested_text(value)


def _number_text(name: str, value: float) -> str:
    if name.endswith("_ns"):
        return duration_text(value)
    if name.endswith("_ms"):
        return duration_text(value * 1e6)
    if name.endswith("_usd"):
        return cost_text(value)
    if name.endswith(("share", "_rate")) and 0 <= value <= 1:
        return share_text(value)
    return count_text(value) if isinstance(value, int) else f"{value:.4g}"


def _nested_text(value: Any) -> str:
    if isinstance(value, list):
        every = cast("list[Any]", value)
        if all(isinstance(one, str) for one in every):
            return ", ".join(every)[:_LONGEST] or NONE
        return counted(len(every), "entry", "entries")
    if isinstance(value, Mapping):
        pairs = cast("Mapping[str, Any]", value).items()
        return ", ".join(f"{name} {value_text(name, each)}" for name, each in pairs)[:_LONGEST] or NONE
    return str(value)[:_LONGEST]


def _is_rows(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and isinstance(value[0], dict)


def _words(name: str) -> str:
    for unit in ("_ns", "_ms", "_usd", "_at"):
        name = name.removesuffix(unit)
    return name.replace("_", " ")


def _words_of_class(name: str) -> str:
    """
    >>> _words_of_class("SlowOperations")
    'Slow operations'
    """
    spaced = "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in name).strip()
    return spaced.capitalize()
