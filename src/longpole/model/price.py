"""What a model costs, where the user knows better than the public price list."""

from msgspec import Struct


class Price(Struct, frozen=True, kw_only=True, gc=False):
    """One row of the table `prices`: nano-dollars per token of a kind, from a time on; `None` is unknown, not free."""

    workspace: str
    provider: str
    model: str
    from_ns: int
    input_usd_nanos: int | None = None
    output_usd_nanos: int | None = None
    cache_read_usd_nanos: int | None = None
    cache_write_usd_nanos: int | None = None
