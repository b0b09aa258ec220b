"""The W3C Trace Context header `traceparent`: how a call carries its place in the tree to another process.

https://www.w3.org/TR/trace-context/#traceparent-header
"""

from typing import NamedTuple

_HEX = frozenset("0123456789abcdef")


class Traceparent(NamedTuple):
    """The caller's place: its trace, its span, and whether it is recorded."""

    trace_id: str
    span_id: str
    is_sampled: bool = True


def parse_traceparent(header: str) -> Traceparent | None:
    """What the header says, or `None` when it is not a valid one; a broken header must start a new trace, not an error.

    >>> parse_traceparent("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01").span_id
    'b7ad6b7169203331'
    """
    parts = header.strip().split("-")
    if len(parts) < 4 or (parts[0] == "00" and len(parts) != 4):
        return None
    version, trace_id, span_id, flags = parts[:4]
    if version == "ff" or not (_is_hex(version, 2) and _is_hex(flags, 2)):
        return None
    if not (_is_id(trace_id, 32) and _is_id(span_id, 16)):
        return None
    return Traceparent(trace_id, span_id, bool(int(flags, 16) & 1))


def format_traceparent(place: Traceparent) -> str:
    """The header for a place.

    >>> format_traceparent(Traceparent("0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"))
    '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
    """
    return f"00-{place.trace_id}-{place.span_id}-{'01' if place.is_sampled else '00'}"


def _is_id(text: str, length: int) -> bool:
    return _is_hex(text, length) and text.strip("0") != ""


def _is_hex(text: str, length: int) -> bool:
    return len(text) == length and _HEX.issuperset(text)
