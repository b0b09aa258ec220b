"""Snapshots of inputs and outputs, taken at the call: quick, unchangeable, holding nothing of the program alive.

msgpack takes 0.25 us for a usual call, where `json.dumps` takes 1.7.
"""

from typing import Any

import msgspec

from longpole.record.capture import readable
from longpole.record.shorten import shortened

pack = msgspec.msgpack.Encoder(enc_hook=readable).encode
"""msgpack of a value; what it does not know is described. Raises for what `pack_hard` is there for."""


def pack_hard(value: Any) -> bytes:
    """msgpack of what `pack` refuses: a cycle, an integer beyond 64 bits, a lone surrogate, a container that another
    thread changes. Its structure stays, so that secrets are still known by their keys. Never raises."""
    return pack(shortened(value))


def pack_short(value: Any, limit: int) -> bytes:
    """msgpack of a value that is too long, cut down to about `limit` bytes. Never raises."""
    return pack(shortened(value, limit))
