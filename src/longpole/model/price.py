"""What a model costs, where the user knows better than the public price list."""

import hashlib

from msgspec import Struct


class Price(Struct, frozen=True, kw_only=True, gc=False):
    """One row of the table `prices`: what a million tokens of a kind cost from a time on, in nano-dollars.

    `provider` may be empty: whoever serves the model. `model` is its name, or the beginning of names with a `*` behind
    it. `request_usd_nanos` is for a million requests. `None` is not free: cached and audio tokens without a price cost
    what others do, reasoning what other output does, and a call with output is not priced without a price for it.
    """

    workspace: str
    provider: str
    model: str
    from_ns: int
    input_usd_nanos: int | None = None
    output_usd_nanos: int | None = None
    cache_read_usd_nanos: int | None = None
    cache_write_usd_nanos: int | None = None
    reasoning_usd_nanos: int | None = None
    input_audio_usd_nanos: int | None = None
    output_audio_usd_nanos: int | None = None
    request_usd_nanos: int | None = None


def version_of(price: Price) -> str:
    """What costs are marked with that an own price gave: another text if any part of it changes."""
    return f"own {hashlib.blake2b(repr(price).encode(), digest_size=4).hexdigest()}"
