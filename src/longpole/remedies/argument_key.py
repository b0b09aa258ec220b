"""The key of a call: equal for calls that ask for the same, and for no others.

Arguments are bound to their parameters, so that `f(1, b=2)` and `f(a=1, b=2)` are one call, and hashed as the server
hashes recorded inputs (`argument_hash`, by which `longpole repeats` finds repeated calls): BLAKE2b with 128 bits over
JSON with sorted keys. What JSON cannot tell apart is marked with its type. Values whose content cannot be read for
certain, such as an object without fields, have no key: a wrong answer is worse than none from the cache.
"""

import hashlib
import math
from collections.abc import Collection, Mapping
from dataclasses import fields, is_dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from inspect import Signature
from pathlib import PurePath
from typing import Any
from uuid import UUID

import msgspec

from longpole import settings
from longpole.record.current import current, ids_of, is_unsampled, told_workspace

_INT64 = 2**63
_MARK = "!"
_encode_sorted = msgspec.json.Encoder(order="sorted").encode
_TEXTS = (datetime, date, time, timedelta, Decimal, UUID, PurePath)


class NoKey(TypeError):
    """A value has no content that could be compared."""


def arguments_of(
    signature: Signature, args: tuple[Any, ...], kwargs: Mapping[str, Any], ignore: Collection[str] = ()
) -> dict[str, Any]:
    """The arguments of a call by parameter, defaults included, without those that are to be ignored.

    Raises:
        TypeError: the function does not take these arguments.
    """
    bound = signature.bind(*args, **kwargs)
    bound.apply_defaults()
    return {name: value for name, value in bound.arguments.items() if name not in ignore}


def argument_hash(arguments: Mapping[str, Any]) -> str:
    """32 hexadecimal digits; for plain JSON values those that the server makes of the recorded input.

    Raises:
        NoKey: one of the values cannot be compared.
    """
    try:
        text = _encode_sorted({name: _plain(value) for name, value in arguments.items()})
    except (RecursionError, ValueError) as error:
        raise NoKey(f"the arguments cannot be compared: {error}") from error
    return hashlib.blake2b(text, digest_size=16).hexdigest()


def workspace_scope() -> str:
    """Whose answers these are: the current execution's workspace and, where the server goes by keys, the key's hash."""
    chosen, record, workspace = settings.in_force(), current.get(), None
    if record is not None:
        # One that sampling left out has no ids, and must not get any: it would not be left out any more.
        workspace = told_workspace(record) if is_unsampled(record) else ids_of(record).workspace
    key = "" if chosen.api_key is None else hashlib.blake2b(chosen.api_key.encode(), digest_size=6).hexdigest()
    return hashlib.blake2b(f"{workspace or chosen.workspace} {key}".encode(), digest_size=8).hexdigest()


def _plain(value: Any) -> Any:
    """The value in types that JSON tells apart."""
    if value is None or type(value) in (bool, str):
        return value
    if type(value) is int:
        return value if -_INT64 <= value < _INT64 else _marked(value, str(value))
    if type(value) is float:
        return value if math.isfinite(value) else _marked(value, str(value))
    if type(value) in (list, tuple):
        return [_plain(inner) for inner in value]
    if type(value) is dict:
        return _plain_items(value)
    return _marked(value, _content(value))


def _plain_items(value: dict[Any, Any]) -> Any:
    if _MARK not in value and all(type(name) is str for name in value):
        return {name: _plain(inner) for name, inner in value.items()}
    pairs = [(_plain(name), _plain(inner)) for name, inner in value.items()]
    return _marked(value, sorted(pairs, key=_encode_sorted))


def _content(value: Any) -> Any:
    """What a value of another type consists of."""
    if isinstance(value, Enum):
        return value.name
    if isinstance(value, _TEXTS):
        return str(value)
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value).hex()
    if isinstance(value, set | frozenset):
        return sorted((_plain(inner) for inner in value), key=_encode_sorted)
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, msgspec.Struct):
        return {name: _plain(getattr(value, name)) for name in value.__struct_fields__}
    dump = getattr(value, "model_dump", None)  # Pydantic
    if callable(dump) and not isinstance(value, type):
        return _plain(dump())
    raise NoKey(f"{type(value).__qualname__} has no content that could be compared")


def _marked(value: Any, content: Any) -> dict[str, Any]:
    return {_MARK: f"{type(value).__module__}.{type(value).__qualname__}", "content": content}
