"""Inputs, outputs and exceptions: a quick snapshot at the call, everything else later in the flusher.

The snapshot is msgpack (0.25 us for a usual call, where `json.dumps` takes 1.7): it cannot be changed by the program
afterwards, and it keeps nothing of the program alive.
"""

import hashlib
from types import CodeType, TracebackType
from typing import Any

import msgspec

from longpole.wire.redact import Redactor

LONGEST_REPR = 2000
LONGEST_LIST = 1000
DEEPEST = 12
MOST_FRAMES = 64
OWN_FOLDER = __file__.rpartition("/")[0]

# (type, message, places, cause): places are (code, line), outermost first; the text is made later.
FrozenError = tuple[str, str, list[tuple[CodeType, int]], Any]


def describe(value: object) -> str:
    """What is kept of a value that msgpack does not know: its repr, shortened. Never raises."""
    try:
        text = repr(value)
    except Exception as error:
        text = f"<{type(value).__qualname__}, whose repr raises {type(error).__name__}>"
    return text if len(text) <= LONGEST_REPR else text[:LONGEST_REPR] + f"… [{len(text)} characters]"


pack = msgspec.msgpack.Encoder(enc_hook=describe).encode
"""msgpack of a value; what it does not know is described. Raises for what `pack_hard` is there for."""
_decode = msgspec.msgpack.Decoder().decode
_to_json = msgspec.json.Encoder(enc_hook=describe).encode


def pack_hard(value: Any) -> bytes:
    """msgpack of what `pack` refuses: a cycle, an integer beyond 64 bits, a container that another thread changes."""
    return pack(describe(value))


def pack_short(value: Any, limit: int) -> bytes:
    """msgpack of a value that is too long, cut down to about `limit` bytes. Never raises."""
    try:
        return pack(_shortened(value, [limit], 0))
    except Exception:
        return pack_hard(value)


def freeze_error(error: BaseException) -> FrozenError:
    """Type, message and places of an exception, without keeping its frames alive. Never raises."""
    try:
        message = str(error)
    except Exception as second:
        message = f"<message raises {type(second).__name__}>"
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    frozen_cause = None
    if cause is not None and cause is not error:
        frozen_cause = (_type_name(cause), describe(cause), _places(cause.__traceback__), None)
    return _type_name(error), message, _places(error.__traceback__), frozen_cause


def stack_text(error: FrozenError) -> str:
    """The exception as Python prints it, without source lines (they may have changed since)."""
    kind, message, places, cause = error
    head = stack_text(cause) + "\nThe above was the cause of:\n\n" if cause is not None else ""
    lines = [f'  File "{code.co_filename}", line {line}, in {code.co_qualname}' for code, line in places]
    return head + "\n".join(["Traceback (most recent call last):", *lines, f"{kind}: {message}"])


class Renderer:
    """Turns snapshots into what is sent: JSON text, without secrets or with hashed leaves, within the limit.

    Args:
        mode: `full` or `hashed`.
        key: with which leaves and arguments are hashed; without it nobody can look an e-mail address up.
        limit: bytes of one JSON text.
    """

    def __init__(self, mode: str, key: bytes, limit: int, redactor: Redactor | None = None) -> None:
        self._is_hashed = mode == "hashed"
        self._key = key
        self._limit = limit
        self._redactor = redactor or Redactor()

    def inputs(self, packed: bytes, parameters: tuple[str, ...]) -> str:
        """The arguments of a call as a JSON object by parameter name; further positional ones as `*`."""
        try:
            args, kwargs = _decode(packed)
            value: dict[str, Any] = dict(zip(parameters, args, strict=False))
            if len(args) > len(parameters):
                value["*"] = args[len(parameters) :]
            value.update(kwargs)
        except Exception:  # the whole call fell back to its repr
            return self.value(packed)
        return self._text(value)

    def value(self, packed: bytes) -> str:
        """One value as JSON text."""
        try:
            return self._text(_decode(packed))
        except Exception as error:
            return _to_json(f"[not kept: {type(error).__name__}]").decode()

    def argument_hash(self, packed: bytes) -> str:
        """16 hexadecimal digits, equal for equal arguments, that tell nothing else; for finding repeated calls."""
        return hashlib.blake2b(packed, digest_size=8, key=self._key).hexdigest()

    def _text(self, value: Any) -> str:
        value = self._hashed(value) if self._is_hashed else self._redactor.value(value)
        text = _to_json(value).decode()
        if len(text) <= self._limit:
            return text
        cut = {"longpole.cut": f"{len(text)} of at most {self._limit} characters", "start": text[: self._limit]}
        return _to_json(cut).decode()

    def _hashed(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {str(name): self._hashed(inner) for name, inner in value.items()}
        if isinstance(value, list | tuple):
            return [self._hashed(inner) for inner in value]
        if value is None or isinstance(value, bool):
            return value
        return "#" + hashlib.blake2b(pack(value), digest_size=6, key=self._key).hexdigest()


def _shortened(value: Any, room: list[int], depth: int) -> Any:
    """A copy that fits into `room[0]` bytes, saying where it was cut. The room bounds its cost, not the value."""
    if isinstance(value, str | bytes | bytearray):
        size, keep = len(value), max(room[0], 0)
        room[0] -= size
        if size <= keep:
            return value
        if not isinstance(value, str):
            return f"[{size} bytes]"
        return f"{value[:keep]}… [cut: {keep} of {size} characters]"
    room[0] -= 9
    if value is None or isinstance(value, int | float):
        return value
    if room[0] <= 0 or depth >= DEEPEST:
        return f"[cut: {type(value).__qualname__}]"
    if isinstance(value, dict):
        return _shortened_items(value, room, depth)
    if isinstance(value, list | tuple | set | frozenset):
        return _shortened_sequence(value, room, depth)
    text = describe(value)
    room[0] -= len(text)
    return text


def _shortened_items(value: dict[Any, Any], room: list[int], depth: int) -> dict[str, Any]:
    kept: dict[str, Any] = {}
    for name, inner in list(value.items()):
        if room[0] <= 0:
            kept["…"] = f"[cut: {len(kept)} of {len(value)} entries]"
            break
        kept[str(name)] = _shortened(inner, room, depth + 1)
    return kept


def _shortened_sequence(value: Any, room: list[int], depth: int) -> list[Any]:
    kept: list[Any] = []
    for inner in value:
        if room[0] <= 0 or len(kept) >= LONGEST_LIST:
            kept.append(f"… [cut: {len(kept)} of {len(value)} items]")
            break
        kept.append(_shortened(inner, room, depth + 1))
    return kept


def _type_name(error: BaseException) -> str:
    kind = type(error)
    return (
        kind.__qualname__ if kind.__module__ in ("builtins", "__main__") else f"{kind.__module__}.{kind.__qualname__}"
    )


def _places(traceback: TracebackType | None) -> list[tuple[CodeType, int]]:
    places: list[tuple[CodeType, int]] = []
    while traceback is not None and len(places) < MOST_FRAMES:
        code = traceback.tb_frame.f_code
        if not code.co_filename.startswith(OWN_FOLDER):  # the decorators' own frames tell the reader nothing
            places.append((code, traceback.tb_lineno))
        traceback = traceback.tb_next
    return places
