"""A copy of any value, of plain types and of bounded size: what may be kept of what a program hands over.

The copy holds nothing of the program alive, nobody changes it meanwhile, and every encoder takes it. Nothing in here
needs msgspec: a program that decorates and never configures does not load it.
"""

from typing import Any

from longpole.record.capture import describe, readable
from longpole.record.let_through import let_through

LONGEST_LIST = 1000
DEEPEST = 12
LONGEST_TEXT = 65536
_INT64 = 2**63
_NODE_BYTES = 9


def shortened(value: Any, limit: int = LONGEST_TEXT) -> Any:
    """A copy that takes about `limit` bytes at most, saying where it was cut. Its cost is bounded too. Never raises."""
    return measured(value, limit)[0]


def measured(value: Any, limit: int = LONGEST_TEXT) -> tuple[Any, int]:
    """The same, and about how many bytes the copy takes."""
    room = [limit]
    try:
        copy = _shortened(value, room, 0)
    except BaseException as error:  # a container that another thread changes, a class that only looks like one
        let_through(error)
        copy = f"[not kept: {type(value).__qualname__}, {type(error).__name__}]"
    return copy, limit - room[0]


def _shortened(value: Any, room: list[int], depth: int) -> Any:
    if isinstance(value, str | bytes | bytearray):
        return _shortened_text(value, room)
    room[0] -= _NODE_BYTES
    if value is None or isinstance(value, bool | float):
        return value
    if isinstance(value, int):
        return value if -_INT64 <= value < _INT64 else describe(value)
    if room[0] <= 0 or depth >= DEEPEST:
        return f"[cut: {type(value).__qualname__}]"
    if isinstance(value, dict):
        return _shortened_items(value, room, depth)
    if isinstance(value, list | tuple | set | frozenset):
        return _shortened_sequence(value, room, depth)
    inner = readable(value)
    if isinstance(inner, dict):
        return _shortened_items(inner, room, depth)
    room[0] -= len(inner)
    return inner


def _shortened_text(value: str | bytes | bytearray, room: list[int]) -> Any:
    size, keep = len(value), max(room[0], 0)
    if not isinstance(value, str):
        room[0] -= min(size, keep)
        return bytes(value) if size <= keep else f"[{size} bytes]"
    room[0] -= min(size, keep) + _NODE_BYTES
    if size <= keep:
        return _sendable(value)
    return f"{_sendable(value[:keep])}… [cut: {keep} of {size} characters]"


def _shortened_items(value: dict[Any, Any], room: list[int], depth: int) -> dict[str, Any]:
    kept: dict[str, Any] = {}
    for name, inner in list(value.items()):
        if room[0] <= 0:
            kept["…"] = f"[cut: {len(kept)} of {len(value)} entries]"
            break
        key = _sendable((name if isinstance(name, str) else describe(name))[: max(room[0], 1)])
        room[0] -= len(key)
        kept[key] = _shortened(inner, room, depth + 1)
    return kept


def _shortened_sequence(value: Any, room: list[int], depth: int) -> list[Any]:
    kept: list[Any] = []
    for inner in value:
        if room[0] <= 0 or len(kept) >= LONGEST_LIST:
            kept.append(f"… [cut: {len(kept)} of {len(value)} items]")
            break
        kept.append(_shortened(inner, room, depth + 1))
    return kept


def _sendable(text: str) -> str:
    """The text, without lone surrogates: UTF-8 has no bytes for them."""
    if text.isascii():
        return text
    return text.encode("utf-8", "backslashreplace").decode()
