"""Own prices between the store, which has whole nano-dollars, and people, who write dollars for a million tokens."""

import math
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from msgspec import Struct

from longpole.model import clock
from longpole.model.errors import InvalidInput, NotFound
from longpole.model.price import Price, version_of
from longpole.reports.cost_views import NewPrice, PriceBookPage, PriceItem
from longpole.reports.filter_values import (
    LATEST_NS,
    WORKSPACE,
    Filter,
    Pairs,
    missing,
    not_one_of,
    read_given,
    refused,
    time_ns_of,
)
from longpole.store.engine import Engine
from longpole.store.own_prices import own_prices

KINDS = ("input", "output", "cache_read", "cache_write", "reasoning", "input_audio", "output_audio", "request")
"""What has a price."""

_DEAREST_USD = 1e6

PRICE_FILTERS = (
    WORKSPACE,
    Filter(name="model", meaning="The model as it was written; required.", example="house-7b"),
    Filter(name="provider", meaning="The provider; empty for a price that holds for all.", example="ollama"),
    Filter(name="from_time", meaning="Only the price from this time on, RFC 3339.", example="2026-11-01T00:00:00Z"),
)
"""The parameters of `DELETE /api/prices`."""

REPRICE_FILTERS = (
    WORKSPACE,
    Filter(name="model", meaning="Only calls of this model, exactly.", example="house-7b"),
    Filter(name="from", meaning="Started at this time or later, RFC 3339.", example="2026-11-01T00:00:00Z"),
    Filter(name="to", meaning="Started before this time, RFC 3339.", example="2026-11-22T00:00:00Z"),
    Filter(name="dry_run", meaning="'true' only tells what would change.", example="true"),
)
"""The parameters of `POST /api/prices/recompute`."""


class RepriceFilters(Struct, frozen=True, kw_only=True):
    """Which stored calls are priced again; with `is_dry_run` it is only told what would change."""

    workspace: str | None
    model: str | None
    from_ns: int
    to_ns: int
    is_dry_run: bool


def read_reprice(pairs: Pairs) -> RepriceFilters:
    """What names and texts describe.

    Raises:
        InvalidInput: a name is unknown (the message names the nearest), repeated, or its value cannot be read.
    """
    given = read_given(pairs, REPRICE_FILTERS)
    dry_run = given.get("dry_run", "false")
    if dry_run not in ("true", "false"):
        raise not_one_of("dry_run", dry_run, ("true", "false"))
    return RepriceFilters(
        workspace=given.get("workspace"),
        model=given.get("model"),
        from_ns=time_ns_of("from", given.get("from"), default=0),
        to_ns=time_ns_of("to", given.get("to"), default=LATEST_NS),
        is_dry_run=dry_run == "true",
    )


def page_of(prices: Iterable[Price], workspace: str | None, public_version: str) -> PriceBookPage:
    """The own prices of a workspace, or of all."""
    items = [price_item(price) for price in prices if workspace in (None, price.workspace)]
    return PriceBookPage(items=items, public_version=public_version)


def price_item(price: Price) -> PriceItem:
    """The view of a row of `prices`."""
    dollars: dict[str, Any] = {}
    for kind in KINDS:
        nanos = getattr(price, f"{kind}_usd_nanos")
        dollars[f"{kind}_usd"] = None if nanos is None else nanos / 1e9
    return PriceItem(
        workspace=price.workspace,
        provider=price.provider,
        model=price.model,
        from_time=clock.to_rfc3339(price.from_ns),
        price_version=version_of(price),
        **dollars,
    )


def price_of(new: NewPrice) -> Price:
    """The row of `prices` that somebody asks for.

    Raises:
        InvalidInput: no model is named, nothing has a price, or a price is none.
    """
    if not new.model.strip():
        raise InvalidInput("The price names no model. Expected the name of one, or the beginning of names and '*'.")
    nanos: dict[str, Any] = {f"{kind}_usd_nanos": _nanos(kind, getattr(new, f"{kind}_usd")) for kind in KINDS}
    if all(value is None for value in nanos.values()):
        raise InvalidInput(
            f"The price of {new.model[:60]!r} says nothing. Expected dollars for a million tokens of some kind, such "
            "as input and output. Add them; 0 is free."
        )
    return Price(
        workspace=new.workspace,
        provider=new.provider.strip(),
        model=new.model.strip(),
        from_ns=time_ns_of("from_time", new.from_time, default=0),
        **nanos,
    )


def prices_named(store: Engine, pairs: Pairs) -> list[Price]:
    """The own prices that names and texts describe: all of a model and provider, or the one from a time on.

    Raises:
        InvalidInput: no model is named, or a value cannot be read.
        NotFound: there is no such price.
    """
    given = read_given(pairs, PRICE_FILTERS)
    if "model" not in given:
        raise missing("model", "the model of an own price")
    workspace, provider = given.get("workspace", "default"), given.get("provider", "")
    from_ns = time_ns_of("from_time", given.get("from_time"), default=-1)
    found = [
        price
        for price in own_prices(store)
        if (price.workspace, price.provider, price.model) == (workspace, provider, given["model"])
        and from_ns in (-1, price.from_ns)
    ]
    if not found:
        raise NotFound(
            f"There is no own price of {given['model'][:60]!r} in the workspace {workspace!r}. Expected one of those "
            "that 'longpole prices list' shows. Name its model and provider as they stand there."
        )
    return found


def _nanos(kind: str, dollars: float | None) -> int | None:
    """Nano-dollars of dollars as they were written: 0.15 is 150,000,000, not what a float makes of it."""
    if dollars is None:
        return None
    if not (math.isfinite(dollars) and 0 <= dollars <= _DEAREST_USD):
        raise refused(
            f"{kind}_usd", str(dollars), "dollars for a million tokens, 0 to a million", "Write it like 0.15."
        )
    return int((Decimal(str(dollars)) * 10**9).to_integral_value())
