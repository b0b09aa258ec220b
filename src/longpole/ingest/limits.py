"""What a span must be to be taken, and how much of it is kept.

The same rules run twice, with the same outcome: at the door, so that the sender is told at once which spans were
refused and why, and in the pipeline, which reads the same bytes again from the spool.

Refused: an id that is missing, zero, not hexadecimal or of the wrong length; a start that is 0 or beyond int64; an end
before the start, beyond int64, more than 366 days after the start, or missing on a span that is not marked
`longpole.open`.
A body with more than `MAX_REJECTED` of them is refused as a whole.
Taken and repaired: a parent id of the wrong length or one's own (the span becomes a root; the first is told to the
sender), links and events with impossible ids or times, text with NUL, values, attributes and events beyond a cap (the
span tells in `longpole.truncated` and `longpole.dropped` what is not there).
"""

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from longpole.ingest.span import LogRecord, Span
from longpole.model.errors import BodyTooLarge, InvalidInput

MAX_TIME_NS = 2**63 - 1
MAX_INTEGER = 2**63 - 1
MAX_DURATION_NS = 366 * 86_400 * 10**9
"""Of one span. A longer one comes of a clock that was not set, and a few of them overflow every sum they are in."""
MAX_NAME_CHARS = 1024
MAX_VALUE_CHARS = 1024 * 1024
MAX_MESSAGE_CHARS = 64 * 1024
MAX_ATTRIBUTES = 1024
MAX_EVENTS = 4096
MAX_LINKS = 128
MAX_DEPTH = 32
MAX_WORKSPACE_CHARS = 128
MAX_RESOURCE_ATTRIBUTES = 1024
MAX_REJECTED = 5000
SHORTEST_LOG_BYTES = 16

TRUNCATED = "longpole.truncated"
"""Attribute of a span: which of its values were cut, as a list of `name: N characters`."""

DROPPED = "longpole.dropped"
"""Attribute of a span: how many of its attributes, events and links were not kept, as `{"attributes": N, ...}`."""

DEFAULT_WORKSPACE = "default"

_NO_TRACE = "0" * 32
_NO_SPAN = "0" * 16


class Rejected(Struct, frozen=True, gc=False):
    """A span or log record that was not taken. `rule` is a short stable word for counters."""

    index: int
    span_id: str
    name: str
    rule: str
    reason: str


class Fault(Struct, frozen=True, gc=False):
    """Why a span cannot be taken: the rule's word, and a sentence with the value."""

    rule: str
    reason: str


class Checked(Struct, frozen=True):
    """What the door knows of a body. `total` counts all spans, log records or data points, rejected ones included."""

    total: int
    rejected: list[Rejected]
    warnings: list[str]


class Decoded(Struct):
    """A body as spans and log records; `data_points` counts what a metrics body held."""

    spans: list[Span]
    logs: list[LogRecord]
    data_points: int
    rejected: list[Rejected]


def span_fault(trace_id: str, span_id: str, started_ns: int, ended_ns: int, is_open: bool) -> Fault | None:
    """Why a span with these ids (lower-case hexadecimal) and times cannot be taken, or `None` if it can."""
    if not is_trace_id(trace_id):
        return Fault("trace_id", f"its trace id {_shown(trace_id)} is not 32 hexadecimal digits that are not all zero")
    if not is_span_id(span_id):
        return Fault("span_id", f"its span id {_shown(span_id)} is not 16 hexadecimal digits that are not all zero")
    if not 0 < started_ns <= MAX_TIME_NS:
        return Fault("start_time", f"its start time {started_ns} is not a positive number of nanoseconds within int64")
    if ended_ns == 0 and not is_open:
        return Fault("end_time", "its end time is 0: it has not ended and is not marked as open")
    if not 0 <= ended_ns <= MAX_TIME_NS:
        return Fault("end_time", f"its end time {ended_ns} is not a number of nanoseconds within int64")
    if 0 < ended_ns < started_ns:
        return Fault("end_before_start", f"its end time {ended_ns} lies before its start time {started_ns}")
    if ended_ns - started_ns > MAX_DURATION_NS:
        return Fault("duration", f"it lasts {(ended_ns - started_ns) // 10**9} seconds, which is more than 366 days")
    return None


def is_trace_id(text: str) -> bool:
    """Whether this is a trace id: 32 lower-case hexadecimal digits, not all zero."""
    return len(text) == 32 and text != _NO_TRACE and _is_hexadecimal(text)


def is_span_id(text: str) -> bool:
    """Whether this is a span id: 16 lower-case hexadecimal digits, not all zero."""
    return len(text) == 16 and text != _NO_SPAN and _is_hexadecimal(text)


def parent_of(parent_id: str, span_id: str) -> str | None:
    """The parent's id, or `None` for a root: no id, a zero id, one's own, or one that no span can have."""
    return parent_id if parent_id != span_id and is_span_id(parent_id) else None


def parent_warning(parent_id: str, span_id: str) -> str | None:
    """What to tell the sender of a parent id that no span can have; `None` where there is nothing to tell."""
    if not parent_id or is_span_id(parent_id) or not parent_id.strip("0"):
        return None
    return f"span {span_id}: its parent id {_shown(parent_id)} is not 16 hexadecimal digits; it was taken as a root"


def reject(index: int, span_id: str, name: str, fault: Fault) -> Rejected:
    """A rejection as it is told: the id and the name are shortened, whatever they hold."""
    return Rejected(index, clean(span_id[:40]), clean(name[:80]), fault.rule, fault.reason)


def too_many(limit: int, what: str) -> BodyTooLarge:
    """The error of a body that holds more of something than it may."""
    return BodyTooLarge(f"The body holds more than {limit} {what}. Expected at most {limit}. Send smaller batches.")


def check_rejected(rejected: list[Rejected]) -> None:
    """Pass while a sender can still be told what is wrong with each of them.

    Raises:
        InvalidInput: there are too many; telling why of a million empty spans would take seconds and gigabytes.
    """
    if len(rejected) > MAX_REJECTED:
        raise InvalidInput(
            f"More than {MAX_REJECTED} spans or log records of the body cannot be taken. Expected whole ones. "
            f"Correct the sender; the first: {rejected[0].reason}."
        )


def check_count(logs: int, body_bytes: int) -> None:
    """Pass if log records of a body are as long as real ones; empty ones take two bytes there and 500 in memory.

    Raises:
        BodyTooLarge: there are too many for its length.
    """
    limit = 1000 + body_bytes // SHORTEST_LOG_BYTES
    if logs > limit:
        raise too_many(limit, "log records")


def log_fault(trace_id: str, span_id: str) -> Fault | None:
    """Why a log record cannot be taken, or `None`. One without ids, or with zero ids, is fine: it is of no trace."""
    if trace_id.strip("0") and not is_trace_id(trace_id):
        return Fault("trace_id", f"its trace id {_shown(trace_id)} is not 32 hexadecimal digits")
    if span_id.strip("0") and not is_span_id(span_id):
        return Fault("span_id", f"its span id {_shown(span_id)} is not 16 hexadecimal digits")
    return None


def log_time(time_ns: int, observed_ns: int, received_ns: int) -> int:
    """When a log record was made: its own time, else when it was observed, else when it was received."""
    return time_ns if 0 < time_ns <= MAX_TIME_NS else observed_ns if 0 < observed_ns <= MAX_TIME_NS else received_ns


def event_time(time_ns: int, started_ns: int) -> int:
    """An event's time, or the start of its span where the time is 0 or beyond int64."""
    return time_ns if 0 < time_ns <= MAX_TIME_NS else started_ns


def clean(text: str) -> str:
    """Text without NUL, which no database keeps: each becomes the replacement character."""
    return text.replace("\0", "\ufffd") if "\0" in text else text


def shorten(text: str, limit: int) -> str:
    """Clean text of at most `limit` characters; a cut shows as an ellipsis."""
    return clean(text) if len(text) <= limit else clean(text[: limit - 1]) + "…"


def trim(attributes: dict[str, Any]) -> None:
    """Cut every name and value of a span's attributes to its cap, in place, and note what was cut."""
    cut: list[str] = []
    for name in [name for name in attributes if len(name) > MAX_VALUE_CHARS]:
        attributes[shorten(name, MAX_NAME_CHARS)] = attributes.pop(name)
        cut.append(f"a name of {len(name)} characters")
    for name, value in attributes.items():
        trimmed, chars = _trimmed(value, MAX_VALUE_CHARS)
        if trimmed is not value:
            attributes[name] = trimmed
            cut.append(f"{name}: {chars} characters")
    if cut:
        attributes[TRUNCATED] = cut


def note_dropped(attributes: dict[str, Any], *, attribute_count: int, event_count: int, link_count: int) -> None:
    """Note on a span how many of its attributes, events and links are over the caps."""
    dropped = {
        "attributes": attribute_count - MAX_ATTRIBUTES,
        "events": event_count - MAX_EVENTS,
        "links": link_count - MAX_LINKS,
    }
    dropped = {what: count for what, count in dropped.items() if count > 0}
    if dropped:
        attributes[DROPPED] = dropped


def workspace_of(resource: Mapping[str, Any], key_workspace: str | None, attribute: str) -> str:
    """The workspace of a resource: the API key's, else the one the resource names, else "default"."""
    if key_workspace is not None:
        return key_workspace
    named = resource.get(attribute)
    return shorten(named, MAX_WORKSPACE_CHARS) if isinstance(named, str) and named else DEFAULT_WORKSPACE


def explain(checked: Checked, limit: int = 10) -> str:
    """The sentence for `error_message` of a partial success: which were refused and why, and what was repaired."""
    lines = [
        f"{item.name!r} (number {item.index}, id {item.span_id}): {item.reason}" for item in checked.rejected[:limit]
    ]
    lines += checked.warnings[: limit - len(lines)]
    unnamed = len(checked.rejected) + len(checked.warnings) - len(lines)
    return "; ".join(lines) + (f"; and {unnamed} more" if unnamed else "")


def _is_hexadecimal(text: str) -> bool:
    # Three times as fast as comparing sets of characters; spaces, which fromhex skips, make the result short.
    try:
        return len(bytes.fromhex(text)) * 2 == len(text)
    except ValueError:
        return False


def _shown(text: str) -> str:
    return repr(text) if len(text) <= 40 else f"{text[:32]!r}... ({len(text)} characters)"


def _trimmed(value: Any, left: int) -> tuple[Any, int]:
    """The value itself if it fits, else a shorter one, and how many characters it had."""
    if isinstance(value, str):
        return (value, len(value)) if len(value) <= left else (value[: left - 1] + "…", len(value))
    if not isinstance(value, list | dict):
        return value, 8
    if (size := _size(value)) <= left:
        return value, size
    return f"(a value of {size} characters was not kept)", size


def _size(value: Any) -> int:
    if isinstance(value, str):
        return len(value)
    if isinstance(value, list):
        return sum(map(_size, value)) + len(value)
    if isinstance(value, dict):
        return sum(len(str(key)) + _size(item) for key, item in value.items())
    return 8
