"""What a model call cost, by genai-prices: the price that was valid when the call was made, in whole nano-dollars.

The library's own `calc_price` takes 70 us a call. Here a price is turned once into whole numbers per token, and a call
costs one dictionary lookup and some multiplications (about 1 us); `tests/unit/ingest/test_prices.py` holds the two
against each other. A user's own prices (the table `prices`) go before the library's.
"""

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

import genai_prices
from genai_prices.data_snapshot import DataSnapshot, get_snapshot
from genai_prices.types import ModelInfo, ModelPrice, TieredPrices

from longpole.ingest.price_list import ALIASES, Cost, Counts
from longpole.model.clock import MINUTE_NS
from longpole.model.price import Price, version_of

# Prices are dollars per million tokens: one dollar there is 1,000 nano-dollars a token. Twelve more digits keep every
# published price a whole number, so that nothing is lost before the one rounding at the end.
_SCALE = 10**12
_PER_TOKEN = 1_000 * _SCALE
_PER_REQUEST = 1_000_000 * _SCALE  # a price per thousand requests

FREE = frozenset({"ollama", "vllm", "llama.cpp", "llamacpp", "llama_cpp", "lmstudio", "lm_studio"})
"""Providers that run a model on one's own machine: what that costs nobody here knows."""

_TIER_KINDS = ("service_tier", "processing", "speed")
"""What providers bill by, as the library calls it: clients tell one word, whichever of them it is."""

_REGION = re.compile(r"^(?:us|eu|apac|jp|au|ca|global)\.")


class _Rate(NamedTuple):
    """Scaled nano-dollars a token, from `start` input tokens on. Of `output` and what it stands in for, `None` is
    unknown."""

    start: int
    input: int
    output: int | None
    cache_read: int
    cache_write: int
    reasoning: int | None
    input_audio: int
    output_audio: int | None
    cache_write_1h: int
    request: int


class _Own(NamedTuple):
    """An own price: from when on, its rate, and what its version is called."""

    from_ns: int
    rate: _Rate
    version: str


class Prices:
    """Prices of model calls. Safe across threads; lookups of 4,096 models are remembered.

    Attributes:
        version: what a cost was computed with that no own price gave, such as `genai-prices 0.2.3`.
    """

    def __init__(self, snapshot: DataSnapshot | None = None, own: Iterable[Price] = ()) -> None:
        self._snapshot = snapshot or get_snapshot()
        self.version = f"genai-prices {genai_prices.__version__}"
        self._model = lru_cache(4096)(self._find)
        self._tiered = lru_cache(4096)(self._tier_rates)
        # Keyed by identity: the price objects belong to the snapshot and live as long as it does.
        self._rates: dict[int, tuple[_Rate, ...]] = {}
        self._own: dict[tuple[str, str, str], list[_Own]] = {}
        self.take_own(own)

    def take_own(self, prices: Iterable[Price]) -> None:
        """Let these own prices hold, and no others, from the next call on."""
        own: dict[tuple[str, str, str], list[_Own]] = {}
        for price in sorted(prices, key=lambda price: price.from_ns, reverse=True):
            key = price.workspace, price.provider.lower(), price.model.lower()
            own.setdefault(key, []).append(_Own(price.from_ns, _own_rate(price), version_of(price)))
        self._own = own

    def cost(
        self, model: str, provider: str | None, time_ns: int, counts: Counts, *, workspace: str = ""
    ) -> Cost | None:
        """The price of one call, rounded half to even; `None` for a model without a known price."""
        if self._own and (own := self._find_own(workspace, model, provider, time_ns)) is not None:
            nanos = _priced(own.rate, counts)
            return None if nanos is None else Cost(nanos, own.version)
        found = self._model(model, provider)
        if found is None:
            return None
        if counts.tier is not None and found.price_variants:
            rates = self._tiered(id(found), model, provider, counts.tier, time_ns // MINUTE_NS)
        else:
            rates = self._rates_at(found, time_ns)
        if not rates:
            return None
        whole_input = counts.input
        if (cached := counts.cache_read + counts.cache_write) > whole_input:
            whole_input += cached
        rate = rates[0]
        for candidate in rates[1:]:
            if whole_input > candidate.start:
                rate = candidate
        nanos = _priced(rate, counts)
        return None if nanos is None else Cost(nanos, self.version)

    def _find_own(self, workspace: str, model: str, provider: str | None, time_ns: int) -> _Own | None:
        """The own price that holds for a call: the most precise name first, of one name the latest."""
        names = [model.lower()]
        if (bare := names[0].rpartition("/")[2]) != names[0]:
            names.append(bare)
        patterns = [
            pattern
            for known, _, pattern in self._own
            if known == workspace and pattern.endswith("*") and names[-1].startswith(pattern[:-1])
        ]
        names += sorted(set(patterns), key=len, reverse=True)
        hint = (provider or "").strip().lower()
        for name in names:
            for served_by in dict.fromkeys((hint, ALIASES.get(hint, hint), "")):
                for own in self._own.get((workspace, served_by, name), ()):
                    if own.from_ns <= time_ns:
                        return own
        return None

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

    def _tier_rates(
        self, _identity: int, model: str, provider: str | None, tier: str, minute: int
    ) -> tuple[_Rate, ...]:
        """The rates of a model in a tier; prices of tiers are valid from a day on, or at hours of the day."""
        found = self._model(model, provider)
        if found is None:
            return ()
        moment = datetime.fromtimestamp(minute * 60, UTC)
        return _rates_of(found.get_prices(moment, dict.fromkeys(_TIER_KINDS, tier.lower())))


def _priced(rate: _Rate, counts: Counts) -> int | None:
    """Nano-dollars of a call at one rate; `None` where a price that it needs is unknown."""
    tokens, cached = counts.input, counts.cache_read + counts.cache_write
    if cached > tokens:
        tokens += cached
    scaled = (
        (tokens - cached) * rate.input
        + counts.cache_read * rate.cache_read
        + counts.cache_write * rate.cache_write
        + rate.request
    )
    if counts.output:
        if rate.output is None:
            return None
        scaled += counts.output * rate.output
        reasoning = min(counts.reasoning, counts.output)
        if reasoning and rate.reasoning is not None:
            scaled += reasoning * (rate.reasoning - rate.output)
        if counts.output_audio and rate.output_audio is not None:
            scaled += min(counts.output_audio, counts.output) * (rate.output_audio - rate.output)
    if counts.input_audio:  # audio that was read from the cache is told by nobody: it counts as cached
        scaled += min(counts.input_audio, tokens - cached) * (rate.input_audio - rate.input)
    if counts.cache_write_1h:
        scaled += min(counts.cache_write_1h, counts.cache_write) * (rate.cache_write_1h - rate.cache_write)
    whole, rest = divmod(scaled, _SCALE)
    return whole + (1 if rest * 2 > _SCALE or (rest * 2 == _SCALE and whole & 1) else 0)


def _own_rate(price: Price) -> _Rate:
    def scaled(nanos: int | None) -> int | None:
        return None if nanos is None else nanos * (_SCALE // 1_000_000)

    normal, write = scaled(price.input_usd_nanos) or 0, scaled(price.cache_write_usd_nanos)
    read, audio = scaled(price.cache_read_usd_nanos), scaled(price.input_audio_usd_nanos)
    return _Rate(
        start=0,
        input=normal,
        output=scaled(price.output_usd_nanos),
        cache_read=normal if read is None else read,
        cache_write=normal if write is None else write,
        reasoning=scaled(price.reasoning_usd_nanos),
        input_audio=normal if audio is None else audio,
        output_audio=scaled(price.output_audio_usd_nanos),
        cache_write_1h=normal if write is None else write,
        request=scaled(price.request_usd_nanos) or 0,
    )


_PRICED = (
    "input_mtok",
    "output_mtok",
    "cache_read_mtok",
    "cache_write_mtok",
    "output_reasoning_mtok",
    "input_audio_mtok",
    "output_audio_mtok",
    "cache_write_1h_mtok",
)
"""The kinds of tokens with prices of their own, as the library calls them, in the order of `_Rate`."""


def _rates_of(price: ModelPrice) -> tuple[_Rate, ...]:
    values: list[Decimal | TieredPrices | None] = [getattr(price, name) for name in _PRICED]
    if all(value is None for value in values[:4]) and price.requests_kcount is None:
        return ()
    starts = sorted({0, *(tier.start for value in values if isinstance(value, TieredPrices) for tier in value.tiers)})
    request = price.requests_kcount
    per_request = _scaled(request.base if isinstance(request, TieredPrices) else request, _PER_REQUEST) or 0
    return tuple(_rate(start, values, per_request) for start in starts)


def _rate(start: int, values: Sequence[Decimal | TieredPrices | None], per_request: int) -> _Rate:
    scaled = [_scaled(_at(value, start), _PER_TOKEN) for value in values]
    per_input, per_output, per_read, per_write, reasoning, audio, output_audio, per_long_write = scaled
    normal = per_input or 0
    # Cached tokens and audio without a price of their own cost what any other input costs.
    write = normal if per_write is None else per_write
    return _Rate(
        start=start,
        input=normal,
        output=per_output or 0,
        cache_read=normal if per_read is None else per_read,
        cache_write=write,
        reasoning=reasoning,
        input_audio=normal if audio is None else audio,
        output_audio=output_audio,
        cache_write_1h=write if per_long_write is None else per_long_write,
        request=per_request,
    )


def _at(value: Decimal | TieredPrices | None, start: int) -> Decimal | None:
    if not isinstance(value, TieredPrices):
        return value
    reached = [tier.price for tier in value.tiers if tier.start <= start]
    return reached[-1] if reached else value.base


def _scaled(value: Decimal | None, unit: int) -> int | None:
    return None if value is None else int(value * unit)
