"""Values and exceptions as JSON, and back: exactly, or with the reason why that cannot be.

Nothing is unpickled: a recording may come from somewhere else. Values come back by the return annotation of their
function, exceptions as a class that the program has already imported.
"""

import re
import sys
from collections.abc import Callable
from functools import lru_cache, partial
from typing import Any, cast, get_type_hints

import msgspec

from longpole.record.capture import describe
from longpole.record.snapshot import pack

EXACT = "exact"
"""What is said of a result that its JSON gives back."""

NOTHING = "exact, nothing"
"""The same of a result that is `None`, which a result that was not kept looks like."""

_ADDRESS = re.compile(r" at 0x[0-9a-f]{6,16}")
_BOUNDARY = re.compile(r"(?<=boundary=)[0-9a-f]{32}|(?<=--)[0-9a-f]{32}")
_decode = msgspec.msgpack.Decoder().decode
_to_json = msgspec.json.Encoder(enc_hook=describe).encode
_sorted_json = msgspec.json.Encoder(enc_hook=describe, order="sorted").encode
_read_json = msgspec.json.Decoder().decode


class ReplayedFailure(Exception):
    """Stands for a recorded exception whose class the program does not have."""


def as_plain(value: Any) -> Any:
    """A value as JSON has it, the way a store keeps it.

    Raises:
        Exception: it cannot be encoded, as a cycle cannot.
    """
    return _read_json(_to_json(_decode(pack(value))))


def canonical(value: Any) -> str:
    """A text that is equal for equal plain values: keys in order, without what differs in every run (the addresses of
    objects in their repr, the boundaries of forms)."""
    return _BOUNDARY.sub("boundary", _ADDRESS.sub(" at 0x", _sorted_json(value).decode()))


def why_lost(result: Any, function: Callable[..., Any]) -> str:
    """`EXACT` or `NOTHING` if a result can be given back from its JSON; else why not, as the end of a sentence."""
    if result is None:
        return NOTHING
    try:
        again = given_back(as_plain(result), function)
        if type(again) is type(result) and again == result:
            return EXACT
    except Exception as error:
        return f"its result, a {type(result).__qualname__}, cannot be kept as JSON: {describe(error)[:200]}"
    annotated = "its return annotation" if _return_type(function) is not None else "without a return annotation it"
    return f"its result is a {type(result).__qualname__}, and {annotated} does not say how to make one of JSON"


def given_back(plain: Any, function: Callable[..., Any]) -> Any:
    """What a function gave, from its JSON: by the function's return annotation, or as it stands if it has none.

    Raises:
        msgspec.ValidationError: the annotation does not fit.
    """
    kind = _return_type(function)
    return plain if kind is None else msgspec.convert(plain, kind, dec_hook=_by_its_class)


def has_return_type(function: Callable[..., Any]) -> bool:
    """Whether the function's annotation says what it gives back."""
    return _return_type(function) not in (None, Any)


def _by_its_class(kind: type, plain: Any) -> Any:
    """Of classes that msgspec does not know those of pydantic."""
    validate = getattr(kind, "model_validate", None)
    if validate is None:
        raise NotImplementedError(kind.__qualname__)
    return validate(plain)


def _return_type(function: Callable[..., Any]) -> Any:
    while isinstance(function, partial):
        function = cast("Callable[..., Any]", function.func)  # pyright: ignore[reportUnknownMemberType]
    while (inside := getattr(function, "__wrapped__", None)) is not None:
        function = inside
    try:
        return _hint(function)
    except TypeError:  # what cannot be hashed
        return None


@lru_cache(maxsize=4096)
def _hint(function: Callable[..., Any]) -> Any:
    try:
        return get_type_hints(function).get("return")
    except Exception:  # a name that is only there for the type checker
        return None


def error_text(error: BaseException) -> str:
    """An exception as JSON text: its class, its arguments and what it carries, as far as that is plain."""
    kind = type(error)
    state = {name: value for name, value in vars(error).items() if _is_plain(value)}
    arguments = [value if _is_plain(value) else describe(value) for value in error.args]
    told = {"module": kind.__module__, "name": kind.__qualname__, "arguments": arguments, "state": state}
    return _to_json(told).decode()


def error_from(text: str) -> BaseException:
    """The exception of such a text; a `ReplayedFailure` where its class is not there."""
    told = _read_json(text)
    arguments = told.get("arguments", [])
    kind: Any = sys.modules.get(str(told.get("module")))
    for part in str(told.get("name")).split("."):
        kind = getattr(kind, part, None)
    if not (isinstance(kind, type) and issubclass(kind, BaseException)):
        return ReplayedFailure(f"{told.get('name')}: {', '.join(map(str, arguments))}")
    try:
        error = kind.__new__(kind, *arguments)
        error.args = tuple(arguments)
        error.__dict__.update(told.get("state", {}))
    except Exception:
        return ReplayedFailure(f"{told.get('name')}: {', '.join(map(str, arguments))}")
    return error


def _is_plain(value: Any) -> bool:
    try:
        return bool(as_plain(value) == value)
    except Exception:
        return False
