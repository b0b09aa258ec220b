"""Two tellings of an agent or a process as one row."""

from collections.abc import Iterable, Mapping
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from longpole.store.tables import key_of

_CLOCKS: Mapping[str, str] = {"agents": "last_seen_ns", "processes": "last_heard_ns"}
_EARLIEST = frozenset({"first_seen_ns", "started_ns"})
_LARGEST = frozenset(
    {
        "is_registered", "last_seen_ns", "last_heard_ns", "ended_ns", "recorded", "dropped", "background_ns",
        "caller_ns", "sent_bytes", "row_version",
    }
)  # fmt: skip


def merge_rows(table: str, rows: Iterable[Any]) -> list[Struct]:
    """One row for each key: first and last times widen, counts keep the largest, of two known values the later wins.

    Args:
        table: `agents` or `processes`.
        rows: rows of it, stored ones first.
    """
    merged: dict[tuple[Any, ...], Struct] = {}
    for row in rows:
        key = key_of(table, row)
        known = merged.get(key)
        merged[key] = row if known is None else _merge(known, row, _CLOCKS[table])
    return list(merged.values())


def _merge(one: Struct, other: Struct, clock: str) -> Struct:
    earlier, later = sorted((one, other), key=lambda row: getattr(row, clock))
    told: dict[str, Any] = {}
    for name in later.__struct_fields__:
        known = [value for row in (earlier, later) if (value := getattr(row, name)) is not None]
        if known:
            told[name] = min(known) if name in _EARLIEST else max(known) if name in _LARGEST else known[-1]
    return replace(later, **told)
