"""What a process says about itself: the heartbeats of Longpole's SDK, and the steps that it could not keep."""

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from longpole.ingest.names import read_count, read_flag
from longpole.ingest.span import LogRecord
from longpole.model.process import ProcessSeen
from longpole.wire import longpole_names as own

SIGNS = frozenset({own.HEARTBEAT, own.SDK_DROPPED})
"""The names of log records that are about a process."""

_FIRST_TIME = 10**18  # September 2001: an earlier start is no time since 1970


class Beat(Struct, frozen=True):
    """One sign of life. `lost` steps were reported beside the counts of `seen`; after `is_last` comes no other."""

    seen: ProcessSeen
    is_last: bool
    lost: int
    is_heartbeat: bool


def read_beat(record: LogRecord, origin: Mapping[str, Any]) -> Beat | None:
    """The beat that a log record is, or `None` if it names no process.

    Args:
        record: one of `SIGNS`.
        origin: what its resource tells, by the names of `Facts`.
    """
    process = origin.get("process")
    if process is None:
        return None
    told = record.attributes
    is_heartbeat = record.event_name == own.HEARTBEAT
    started_ns = _time(told.get("started_ns"))
    last_heard_ns = min(record.time_ns or record.received_ns, record.received_ns)
    is_last = is_heartbeat and read_flag(told.get("is_last")) is True
    if not is_heartbeat:
        told = {}
    seen = ProcessSeen(
        workspace=record.workspace,
        process=process,
        service=origin.get("service"),
        version=origin.get("version"),
        environment=origin.get("environment"),
        started_ns=started_ns,
        last_heard_ns=last_heard_ns,
        ended_ns=last_heard_ns if is_last else None,
        recorded=read_count(told.get("recorded")),
        dropped=read_count(told.get("dropped")),
        open_count=read_count(told.get("open")),
        background_ns=read_count(told.get("background_ns")),
        caller_ns=read_count(told.get("caller_ns")),
        sent_bytes=read_count(told.get("sent_bytes")),
    )
    lost = 0 if is_heartbeat else read_count(record.attributes.get("count")) or 0
    return Beat(seen, is_last, lost, is_heartbeat)


def _time(value: Any) -> int | None:
    """Nanoseconds since 1970; `read_count` stops at 10^15, which is a duration's size."""
    if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) <= 19:
        value = int(value)
    return value if type(value) is int and _FIRST_TIME <= value < 2**63 else None
