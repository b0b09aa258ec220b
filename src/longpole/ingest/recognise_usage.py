"""What a model call used and cost, from the counts that a client sent."""

import math
from datetime import datetime
from typing import Any, Protocol

import msgspec

from longpole.ingest.facts import Facts
from longpole.ingest.names import read_count, read_number
from longpole.ingest.price_list import Cost, Counts, PriceList
from longpole.ingest.reported_usage import counts_of, tier_of
from longpole.wire.attribute_values import LLM_PROVIDER_SUFFIXES
from longpole.wire.longpole_names import REPLAY_TIER

CLIENT_PRICE = "client"
_WITHOUT_OUTPUT = ("embeddings", "rerank")
_DETAILS = {
    "input_tokens": ("input_tokens", "prompt_tokens"),
    "output_tokens": ("output_tokens", "completion_tokens"),
    "cache_read_tokens": (
        "input_cached_tokens",
        "input_cache_read",
        "cache_read_input_tokens",
        "input_cache_read_tokens",
        "cache_read",
    ),
    "cache_write_tokens": (
        "input_cache_creation",
        "cache_creation_input_tokens",
        "input_cache_creation_tokens",
        "cache_creation",
    ),
    "reasoning_tokens": ("output_reasoning_tokens", "output_reasoning", "reasoning_tokens", "reasoning"),
    "input_audio_tokens": ("input_audio_tokens", "input_audio"),
    "output_audio_tokens": ("output_audio_tokens", "output_audio"),
    "cache_write_1h_tokens": ("cache_write_1h_tokens", "input_cache_creation_1h", "ephemeral_1h_input_tokens"),
}


class Priceable(Protocol):
    """What the price of a model call hangs on."""

    @property
    def workspace(self) -> str:
        """Whose own prices hold."""
        ...

    @property
    def provider(self) -> str | None:
        """Who serves the model."""
        ...

    @property
    def model(self) -> str | None:
        """Its name."""
        ...

    @property
    def operation(self) -> str | None:
        """Such as "chat" or "embeddings"."""
        ...

    @property
    def started_ns(self) -> int:
        """When it began: prices change."""
        ...

    @property
    def input_tokens(self) -> int | None:
        """All that went in."""
        ...

    @property
    def output_tokens(self) -> int | None:
        """All that came out."""
        ...

    @property
    def cache_read_tokens(self) -> int | None:
        """Of the input, read from a cache."""
        ...

    @property
    def cache_write_tokens(self) -> int | None:
        """Of the input, written to a cache."""
        ...

    @property
    def reasoning_tokens(self) -> int | None:
        """Of the output, spent on reasoning."""
        ...

    @property
    def input_audio_tokens(self) -> int | None:
        """Of the input, audio."""
        ...

    @property
    def output_audio_tokens(self) -> int | None:
        """Of the output, audio."""
        ...

    @property
    def cache_write_1h_tokens(self) -> int | None:
        """Of those written to a cache, kept for an hour."""
        ...

    @property
    def price_tier(self) -> str | None:
        """What the provider bills by, such as "batch"."""
        ...


def read_usage(facts: dict[str, Any], hints: dict[str, Any]) -> None:
    """Fill the token counts that come as one object, and the provider's plain name."""
    if "reported_usage" in hints:
        _add_reported(facts, as_object(hints["reported_usage"]))
    for hint in ("usage_details", "input_details", "output_details"):
        if hint in hints:
            _add_details(facts, as_object(hints[hint]), is_whole=hint == "usage_details")
    provider = facts.get("provider")
    if provider is not None:
        provider = provider.lower()
        head, dot, tail = provider.rpartition(".")
        facts["provider"] = head if dot and tail in LLM_PROVIDER_SUFFIXES else provider


def price(facts: Facts, hints: dict[str, Any], prices: PriceList) -> None:
    """Fill `cost_usd_nanos` and `price_version`; both stay unknown when the model or its usage is.

    A client's own figure is taken only for a model without a price here: clients disagree about cached tokens and
    price changes, and a sum over them would mix the two.
    """
    if (priced := priced_by(prices, facts)) is not None:
        facts.cost_usd_nanos, facts.price_version = priced
        return
    sent = hints.get("client_cost")
    if sent is None and "client_cost_details" in hints:
        details = as_object(hints["client_cost_details"])
        sent = read_number(details.get("total", details.get("total_cost")))
    if sent is not None and 0 <= sent < 1e9:
        facts.cost_usd_nanos = round(sent * 1e9)
        facts.price_version = CLIENT_PRICE


def priced_by(prices: PriceList, call: Priceable) -> Cost | None:
    """What a model call costs by these prices; `None` where its model has none or its usage is not known."""
    model, input_tokens, output_tokens = call.model, call.input_tokens, call.output_tokens
    if model is None or input_tokens is None:
        return None
    if call.price_tier == REPLAY_TIER:
        return Cost(0, REPLAY_TIER)
    if output_tokens is None and call.operation not in _WITHOUT_OUTPUT:
        return None
    counts = Counts(
        input_tokens,
        output_tokens or 0,
        call.cache_read_tokens or 0,
        call.cache_write_tokens or 0,
        call.reasoning_tokens or 0,
        call.input_audio_tokens or 0,
        call.output_audio_tokens or 0,
        call.cache_write_1h_tokens or 0,
        call.price_tier,
    )
    return prices.cost(model, call.provider, call.started_ns, counts, workspace=call.workspace)


def first_token_after(start: Any, started_ns: int) -> int | None:
    """Nanoseconds from the start of a span to a time given as RFC 3339 text, quoted or not."""
    if not isinstance(start, str):
        return None
    try:
        moment = datetime.fromisoformat(start.strip('"')).timestamp()
    except (ValueError, OverflowError):
        return None
    passed = round(moment * 1e9) - started_ns
    return passed if math.isfinite(moment) and 0 <= passed < 10**15 else None


def as_object(value: Any) -> dict[str, Any]:
    """The JSON object that a value is or holds as text; an empty one when it does not."""
    if isinstance(value, str):
        try:
            value = msgspec.json.decode(value)
        except (msgspec.MsgspecError, UnicodeError, RecursionError):
            return {}
    return value if isinstance(value, dict) else {}


def _add_reported(facts: dict[str, Any], usage: dict[str, Any]) -> None:
    """What a provider's own usage object tells, and what the program did not say itself."""
    for fact, count in counts_of(usage, facts.get("provider")).items():
        if facts.get(fact) is None:
            facts[fact] = count
    if facts.get("price_tier") is None:
        facts["price_tier"] = tier_of(usage)


def _add_details(facts: dict[str, Any], details: dict[str, Any], *, is_whole: bool) -> None:
    counts = {name: count for name, value in details.items() if (count := read_count(value)) is not None}
    for fact, names in _DETAILS.items():
        if facts.get(fact) is None:
            facts[fact] = next((counts[name] for name in names if name in counts), None)
    if not is_whole:
        return
    # Where the parts of the input are given beside `input`, they are not in it: the whole is the sum.
    for fact, head in (("input_tokens", "input"), ("output_tokens", "output")):
        if facts[fact] is None and head in counts:
            facts[fact] = sum(count for name, count in counts.items() if name == head or name.startswith(head + "_"))
