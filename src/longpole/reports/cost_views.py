"""The structs about money: what model calls cost, own prices, and stored calls that are priced again."""

from msgspec import Struct

from longpole.reports.shown import Shown


class CostPart(Struct, kw_only=True):
    """What one agent's, model's, user's, ... model calls used and cost; `name` is null where none was told.

    Input tokens include those read from and written to a cache and audio, output tokens reasoning and audio. Sums are
    of the calls that told: those that did not are counted beside them. `share` is of the known cost of all parts. Where
    executions were sampled, all are estimates for all of them.
    """

    name: str | None
    calls: int
    calls_without_usage: int
    calls_without_cost: int
    input_tokens: int | None
    cache_read_tokens: int | None
    cache_write_tokens: int | None
    input_audio_tokens: int | None
    output_tokens: int | None
    reasoning_tokens: int | None
    output_audio_tokens: int | None
    cost_usd: float | None
    share: float | None


class PriceList(Struct, kw_only=True):
    """How many calls were priced by one list of prices: "genai-prices" with its version, "own" with a mark of the own
    price, "client" for what a client said itself; null is a call that nothing prices, or one stored before this was
    noted."""

    price_version: str | None
    calls: int
    cost_usd: float | None


class Costs(Shown, kw_only=True):
    """What model calls cost, by one thing; the dearest part first, days in their order.

    By user and session, whole trees of executions are summed up: those that nobody called, with all that they called.
    An agent is then the one at the top, and `price_lists` is empty where it would be of other calls. `parts_left_out`
    are beyond the limit. `unpriced_without_usage` of the calls without a cost told no tokens; the others have a model
    without a price.
    """

    by: str
    total: CostPart
    parts: list[CostPart]
    parts_left_out: int
    unpriced_without_usage: int
    price_lists: list[PriceList]


class PriceItem(Struct, kw_only=True):
    """An own price: US dollars for a million tokens of a kind (`request_usd`: for a million requests), from a time on.

    `provider` is empty where it holds whoever serves the model. `model` may end in `*`. Null is not free: cached and
    audio tokens without a price cost what others do, reasoning what other output does; a call with output tokens is not
    priced without a price for them.
    """

    workspace: str
    provider: str
    model: str
    from_time: str
    price_version: str
    input_usd: float | None
    output_usd: float | None
    cache_read_usd: float | None
    cache_write_usd: float | None
    reasoning_usd: float | None
    input_audio_usd: float | None
    output_audio_usd: float | None
    request_usd: float | None


class PriceBookPage(Struct, kw_only=True):
    """All own prices. `public_version` is the list that prices every other model."""

    items: list[PriceItem]
    public_version: str


class NewPrice(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An own price to keep, as `PriceItem`; it takes the place of the one from the same time.

    `from_time` is RFC 3339; without it the price holds from the beginning.
    """

    model: str
    provider: str = ""
    workspace: str = "default"
    from_time: str | None = None
    input_usd: float | None = None
    output_usd: float | None = None
    cache_read_usd: float | None = None
    cache_write_usd: float | None = None
    reasoning_usd: float | None = None
    input_audio_usd: float | None = None
    output_audio_usd: float | None = None
    request_usd: float | None = None


class Repriced(Struct, kw_only=True):
    """What pricing stored calls again did, or would do (`is_done` false).

    `changed` calls of the `calls` seen have another cost or price list now; `priced` of them had no cost before,
    `unpriced` have none any more. `waiting` calls belong to trees that still run, or that are not settled yet. Costs
    are of counted calls, weighted where executions were sampled.
    """

    is_done: bool
    calls: int
    changed: int
    priced: int
    unpriced: int
    waiting: int
    cost_before_usd: float
    cost_after_usd: float
