"""Values of databases as JSON has them."""

import base64
from typing import Any

import msgspec


def plain_value(value: Any) -> Any:
    """A value as JSON has it: integers beyond 64 bits and decimals as text, bytes as base64, times ISO 8601."""
    if value is None or isinstance(value, str | bool | float):
        return value
    if isinstance(value, int):
        return value if -(2**63) <= value < 2**63 else str(value)
    if isinstance(value, bytes | bytearray | memoryview):
        return base64.b64encode(value).decode()
    if isinstance(value, list | tuple):
        return [plain_value(inner) for inner in value]
    if isinstance(value, dict):
        return {str(plain_value(key)): plain_value(inner) for key, inner in value.items()}
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def encoded_value(value: object) -> bytes:
    """Plain values as JSON; halves of surrogate pairs show as in a Python literal."""
    try:
        return msgspec.json.encode(value)
    except UnicodeEncodeError:
        return msgspec.json.encode(repr(value))
