"""What most records do not have: attributes, events, a status, a stage. It stands in a dictionary at the record's end.

Only the functions here write to it, under one lock, because threads and tasks may share an execution; nothing in the
lock waits. What sampling left out, and what runs in another process, keeps nothing.
"""

from threading import RLock
from typing import Any

from longpole.model.clock import steady_ns
from longpole.record.current import MORE, SITE, Record, own_record

ATTRIBUTES, EVENTS, STATUS, STAGE, FIRST_TOKEN = "attributes", "events", "status", "stage", "first_token_ns"
PHASE = "phase"  # the status while the record is open: pending, llm_request or llm_response
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


def replace(record: Record, key: str, value: Any) -> Any:
    """Puts a value in the place of the one under the key, and gives that one back."""
    if record[SITE] is None:
        return None
    with _lock:
        more = _more_of(record)
        before, more[key] = more.get(key), value
        return before


def add_event(record: Record, name: str, attributes: dict[str, Any]) -> None:
    """Adds an event of this moment."""
    put(record, EVENTS, (steady_ns(), name, attributes))


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
