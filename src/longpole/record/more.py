"""What most records do not have: attributes, events, a status, a stage. It stands in a dictionary at the record's end.

Only the functions here write to it, under one lock, because threads and tasks may share an execution; nothing in the
lock waits. What sampling left out, and what runs in another process, keeps nothing.
"""

from collections.abc import Iterable, Mapping
from threading import RLock
from typing import Any

from longpole.model.clock import steady_ns
from longpole.record.current import MORE, SITE, Record, own_record
from longpole.record.shorten import measured

ATTRIBUTES, EVENTS, STATUS, STAGE, FIRST_TOKEN = "attributes", "events", "status", "stage", "first_token_ns"
PHASE = "phase"  # the status while the record is open: pending, llm_request or llm_response
BYTES = "bytes"  # about how much of it the program's own words take
LEFT_OUT = "left_out"  # how many events and attributes had no room
MOST_BYTES = 262_144
_EVENT_BYTES = 300  # without its texts
_SIMPLE = frozenset({int, float, bool, type(None)})
Event = tuple[int, str, dict[str, Any]]
"""Steady time, name and attributes."""

NEWS = "news"  # how often anything changed, so that an open record is announced again
_lock = RLock()


def put(record: Record, key: str, value: Any) -> None:
    """Adds an event (`EVENTS`) or attributes (`ATTRIBUTES`), or keeps the first value under another key."""
    if record[SITE] is None:
        record = own_record(record)
        if record[SITE] is None:
            return
    with _lock:
        more = _more_of(record)
        if key == EVENTS:
            more.setdefault(EVENTS, []).append(value)
        elif key == ATTRIBUTES:
            more.setdefault(ATTRIBUTES, {}).update(value)
        else:
            more.setdefault(key, value)


def put_all(changes: Iterable[tuple[Record, Mapping[str, Any]]], event: Event | None = None) -> None:
    """Adds attributes to many records at once, and to each the same event; none of them may be a stand-in."""
    with _lock:
        for record, attributes in changes:
            more = _more_of(record)
            more.setdefault(ATTRIBUTES, {}).update(attributes)
            if event is not None:
                more.setdefault(EVENTS, []).append(event)


def replace(record: Record, key: str, value: Any) -> Any:
    """Puts a value in the place of the one under the key, and gives that one back."""
    if record[SITE] is None:
        return None
    with _lock:
        more = _more_of(record)
        before, more[key] = more.get(key), value
        return before


def add_event(record: Record, name: str, attributes: dict[str, Any]) -> None:
    """Adds an event of this moment, as far as there is room: a step may run for weeks."""
    size, kept = _EVENT_BYTES, dict[str, Any]()
    for key, value in attributes.items():
        kept[key], taken = _plain(value)
        size += taken
    if _takes(record, size):
        put(record, EVENTS, (steady_ns(), name, kept))


def add_attributes(record: Record, attributes: Mapping[str, Any]) -> None:
    """Adds attributes of the program's own, as they are now; a later value takes the place of an earlier one."""
    before = (record[MORE] or {}).get(ATTRIBUTES, {})
    kept: dict[str, Any] = {}
    for key, value in attributes.items():
        plain, size = _plain(value)
        # The same name again, for a progress told a million times, needs only the difference.
        if _takes(record, size - _plain(before[key])[1] if key in before else size + len(key)):
            kept[key] = plain
    put(record, ATTRIBUTES, kept)


def has_room(record: Record) -> bool:
    """Whether another event would be taken."""
    return (record[MORE] or {}).get(BYTES, 0) + _EVENT_BYTES < MOST_BYTES


def _plain(value: Any) -> tuple[Any, int]:
    """A copy that nobody changes, of bounded size, and about its bytes."""
    return (
        (value, 8)
        if type(value) in _SIMPLE and (type(value) is not int or -(2**63) <= value < 2**63)
        else measured(value)
    )


def _takes(record: Record, size: int) -> bool:
    """Whether there is room for so much more, which is taken then."""
    record = own_record(record)
    if record[SITE] is None:
        return False
    with _lock:
        more = _more_of(record)
        taken = more.get(BYTES, 0) + size
        if size > 0 and taken > MOST_BYTES:
            more[LEFT_OUT] = more.get(LEFT_OUT, 0) + 1
            return False
        more[BYTES] = taken
        return True


def reset_after_fork() -> None:
    """In a new child: a lock that another thread held at the fork would never be released."""
    global _lock
    _lock = RLock()


def _more_of(record: Record) -> dict[str, Any]:
    more: dict[str, Any] | None = record[MORE]
    if more is None:
        more = record[MORE] = {}
    more[NEWS] = more.get(NEWS, 0) + 1
    return more
