"""The rows of a query that adds up, with the days that are over from what the store has kept of them."""

from collections.abc import Mapping, Sequence
from typing import Any

from longpole.model import clock
from longpole.model.clock import DAY_NS
from longpole.reports.rolled_up import added
from longpole.reports.rows import Row
from longpole.store.engine import Engine

_OPEN_DAYS = 2
"""Today and yesterday are read row by row: what began shortly before midnight may still change."""


def rows_by_days(store: Engine, query: str, parameters: Mapping[str, Any], *, by: Sequence[str]) -> list[Row]:
    """The answer of a named query, asked for whole days and for the rest by themselves and added up.

    Whole days that are over are read once, as long as none of their rows changes and the store keeps answers.

    Args:
        store: what is asked.
        query: a query whose numbers are sums over what started in `from_ns <= time < to_ns`, or the latest of
            `last_seen_ns`; packed text is joined. Its order is lost where it was asked in parts.
        parameters: of the query.
        by: the columns that name a row.
    """
    from_ns, to_ns = parameters["from_ns"], parameters["to_ns"]
    begin, end = -(-from_ns // DAY_NS) * DAY_NS, min(to_ns // DAY_NS * DAY_NS, _over_until())
    if store.kept is None or end - begin < DAY_NS:
        return list(store.rows(query, parameters))
    found: dict[tuple[Any, ...], Row] = {}
    # The ends are not kept: a range of so many days until now begins somewhere else each time that it is asked for.
    for ask, start, stop in ((rows_kept, begin, end), (_rows, from_ns, begin), (_rows, end, to_ns)):
        if start == stop:
            continue
        for row in ask(store, query, {**parameters, "from_ns": start, "to_ns": stop}):
            key = tuple(row[name] for name in by)
            found[key] = _sum_of(found[key], row, by) if key in found else row
    return list(found.values())


def rows_kept(store: Engine, query: str, parameters: Mapping[str, Any]) -> Sequence[Row]:
    """The answer of a named query about what started before its `to_ns`; what the store has kept if that is over."""
    if store.kept is None or parameters["to_ns"] > _over_until():
        return store.rows(query, parameters)
    return store.kept.answer(query, parameters, lambda: store.rows(query, parameters))


def _rows(store: Engine, query: str, parameters: Mapping[str, Any]) -> Sequence[Row]:
    return store.rows(query, parameters)


def _over_until() -> int:
    return (clock.now_ns() // DAY_NS + 1 - _OPEN_DAYS) * DAY_NS


def _sum_of(row: Row, other: Row, by: Sequence[str]) -> Row:
    packed = {
        name: f"{row[name] or ''} {value}".strip()
        for name, value in other.items()
        if isinstance(value, str) and name not in by
    }
    return {**added(row, other), **packed, **{name: row[name] for name in by}}
