"""What a model call used and cost, from the counts that a client sent."""

import math
from datetime import datetime
from typing import Any

import msgspec

from longpole.ingest.facts import Facts
from longpole.ingest.names import read_count, read_number
from longpole.ingest.prices import Prices
from longpole.wire.attribute_values import LLM_PROVIDER_SUFFIXES

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
}


def read_usage(facts: dict[str, Any], hints: dict[str, Any]) -> None:
    """Fill the token counts that come as one object, and the provider's plain name."""
    for hint in ("usage_details", "input_details", "output_details"):
        if hint in hints:
            _add_details(facts, as_object(hints[hint]), is_whole=hint == "usage_details")
    provider = facts.get("provider")
    if provider is not None:
        provider = provider.lower()
        head, dot, tail = provider.rpartition(".")
        facts["provider"] = head if dot and tail in LLM_PROVIDER_SUFFIXES else provider


def price(facts: Facts, hints: dict[str, Any], prices: Prices) -> None:
    """Fill `cost_usd_nanos` and `price_version`; both stay unknown when the model or its usage is.

    A client's own figure is taken only for a model without a price here: clients disagree about cached tokens and
    price changes, and a sum over them would mix the two.
    """
    cost = _computed(facts, prices)
    if cost is not None:
        facts.cost_usd_nanos = cost
        facts.price_version = prices.version
        return
    sent = hints.get("client_cost")
    if sent is None and "client_cost_details" in hints:
        details = as_object(hints["client_cost_details"])
        sent = read_number(details.get("total", details.get("total_cost")))
    if sent is not None and 0 <= sent < 1e9:
        facts.cost_usd_nanos = round(sent * 1e9)
        facts.price_version = CLIENT_PRICE


def _computed(facts: Facts, prices: Prices) -> int | None:
    model, input_tokens, output_tokens = facts.model, facts.input_tokens, facts.output_tokens
    if model is None or input_tokens is None:
        return None
    if output_tokens is None and facts.operation not in _WITHOUT_OUTPUT:
        return None
    return prices.cost(
        model,
        facts.provider,
        facts.started_ns,
        input_tokens=input_tokens,
        output_tokens=output_tokens or 0,
        cache_read_tokens=facts.cache_read_tokens or 0,
        cache_write_tokens=facts.cache_write_tokens or 0,
    )


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
