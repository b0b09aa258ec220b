"""What a model call cost, by genai-prices: the price that was valid when the call was made, in whole nano-dollars.

The library's own `calc_price` takes 70 us a call. Here a price is turned once into whole numbers per token, and a call
costs one dictionary lookup and four multiplications (about 1 us); `tests/unit/ingest/test_prices.py` holds the two
against each other.
"""

import re
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

import genai_prices
from genai_prices.data_snapshot import DataSnapshot, get_snapshot
from genai_prices.types import ModelInfo, ModelPrice, TieredPrices

# Prices are dollars per million tokens: one dollar there is 1,000 nano-dollars a token. Twelve more digits keep every
# published price a whole number, so that nothing is lost before the one rounding at the end.
_SCALE = 10**12
_PER_TOKEN = 1_000 * _SCALE
_PER_REQUEST = 1_000_000 * _SCALE  # a price per thousand requests

ALIASES = {
    "gcp.gen_ai": "google",
    "az.ai.inference": "azure",
    "az.ai.openai": "azure",
    "azure.ai.inference": "azure",
    "azure.ai.openai": "azure",
    "azure_openai": "azure",
    "azure-openai": "azure",
    "x_ai": "x-ai",
    "xai": "x-ai",
    "together_ai": "together",
    "fireworks_ai": "fireworks",
}
"""Provider names of the conventions that genai-prices does not know by themselves."""

FREE = frozenset({"ollama", "vllm", "llama.cpp", "llamacpp", "llama_cpp", "lmstudio", "lm_studio"})
"""Providers that run a model on one's own machine: what that costs nobody here knows."""

_REGION = re.compile(r"^(?:us|eu|apac|jp|au|ca|global)\.")


class _Rate(NamedTuple):
    """Scaled nano-dollars a token, from `start` input tokens on."""

    start: int
    input: int
    output: int
    cache_read: int
    cache_write: int
    request: int


class Prices:
    """Prices of model calls. Safe across threads; lookups of 4,096 models are remembered.

    Attributes:
        version: what a cost was computed with, such as `genai-prices 0.2.3`.
    """

    def __init__(self, snapshot: DataSnapshot | None = None) -> None:
        self._snapshot = snapshot or get_snapshot()
        self.version = f"genai-prices {genai_prices.__version__}"
        self._model = lru_cache(4096)(self._find)
        # Keyed by identity: the price objects belong to the snapshot and live as long as it does.
        self._rates: dict[int, tuple[_Rate, ...]] = {}

    def cost(
        self,
        model: str,
        provider: str | None,
        time_ns: int,
        *,
        input_tokens: int,
        output_tokens: int,
        cache_read_tokens: int = 0,
        cache_write_tokens: int = 0,
    ) -> int | None:
        """The price of one call in nano-dollars, rounded half to even; `None` for a model without a known price.

        `input_tokens` include what was read from and written to a cache, as the GenAI conventions have it. A client
        that sends fewer than the two together (Anthropic's raw numbers) counts them apart; then they are added.
        """
        found = self._model(model, provider)
        if found is None:
            return None
        rates = self._rates_at(found, time_ns)
        if not rates:
            return None
        cached = cache_read_tokens + cache_write_tokens
        if cached > input_tokens:
            input_tokens += cached
        rate = rates[0]
        for candidate in rates[1:]:
            if input_tokens > candidate.start:
                rate = candidate
        scaled = (
            (input_tokens - cached) * rate.input
            + cache_read_tokens * rate.cache_read
            + cache_write_tokens * rate.cache_write
            + output_tokens * rate.output
            + rate.request
        )
        whole, rest = divmod(scaled, _SCALE)
        return whole + (1 if rest * 2 > _SCALE or (rest * 2 == _SCALE and whole & 1) else 0)

    def _find(self, model: str, provider: str | None) -> ModelInfo | None:
        hint = provider.strip().lower() if provider is not None else None
        if hint in FREE:
            return None
        hint = ALIASES.get(hint, hint) if hint is not None else None
        bare = model.rpartition("/")[2]
        attempts = [(model, hint), (bare, hint), (model, None), (bare, None), (_REGION.sub("", bare), "aws")]
        if "/" in model:
            attempts.insert(2, (bare, model.rpartition("/")[0].rpartition("/")[2]))
        for name, provider_id in attempts:
            try:
                found = self._snapshot.find_provider_model(name, None, provider_id, None)[1]
            except LookupError:
                continue
            return found
        return None

    def _rates_at(self, model: ModelInfo, time_ns: int) -> tuple[_Rate, ...]:
        if isinstance(model.prices, ModelPrice):
            price = model.prices
        else:
            price = model.get_prices(datetime.fromtimestamp(time_ns // 1_000_000_000, UTC))
        rates = self._rates.get(id(price))
        if rates is None:
            rates = self._rates[id(price)] = _rates_of(price)
        return rates


def _rates_of(price: ModelPrice) -> tuple[_Rate, ...]:
    values = (price.input_mtok, price.output_mtok, price.cache_read_mtok, price.cache_write_mtok)
    if all(value is None for value in values) and price.requests_kcount is None:
        return ()
    starts = sorted({0, *(tier.start for value in values if isinstance(value, TieredPrices) for tier in value.tiers)})
    request = price.requests_kcount
    per_request = _scaled(request.base if isinstance(request, TieredPrices) else request, _PER_REQUEST) or 0
    return tuple(_rate(start, values, per_request) for start in starts)


def _rate(start: int, values: tuple[Decimal | TieredPrices | None, ...], per_request: int) -> _Rate:
    per_input, per_output, per_read, per_write = (_scaled(_at(value, start), _PER_TOKEN) for value in values)
    normal = per_input or 0
    # Cached tokens without a price of their own cost what any other input costs.
    return _Rate(
        start=start,
        input=normal,
        output=per_output or 0,
        cache_read=normal if per_read is None else per_read,
        cache_write=normal if per_write is None else per_write,
        request=per_request,
    )


def _at(value: Decimal | TieredPrices | None, start: int) -> Decimal | None:
    if not isinstance(value, TieredPrices):
        return value
    reached = [tier.price for tier in value.tiers if tier.start <= start]
    return reached[-1] if reached else value.base


def _scaled(value: Decimal | None, unit: int) -> int | None:
    return None if value is None else int(value * unit)
