"""Token counts from the usage object that a model's provider answered with, whatever its shape.

Which keys of which provider's interface mean what is known to genai-prices; a call costs 30 us there. Whose interface
an object comes from is told by its keys: many providers answer in the shape of another one.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from longpole.ingest.names import read_count
from longpole.ingest.price_list import ALIASES

if TYPE_CHECKING:
    from genai_prices.types import UsageExtractor

COUNTS = {
    "input_tokens": "input_tokens",
    "output_tokens": "output_tokens",
    "cache_read_tokens": "cache_read_tokens",
    "cache_write_tokens": "cache_write_tokens",
    "reasoning_tokens": "output_reasoning_tokens",
    "input_audio_tokens": "input_audio_tokens",
    "output_audio_tokens": "output_audio_tokens",
    "cache_write_1h_tokens": "cache_write_1h_tokens",
}
"""Facts, and what the library calls them."""

TIERS = ("service_tier", "serviceTier", "speed")

_KEYS: dict[str, tuple[str, ...]] = {
    "google": ("promptTokenCount", "candidatesTokenCount"),
    "aws": ("inputTokens", "outputTokens"),
    "cohere": ("billed_units",),
    "chat": ("prompt_tokens",),
    "anthropic": ("cache_creation_input_tokens", "cache_read_input_tokens"),
    "responses": ("input_tokens",),
}
"""Keys of each interface, the most telling interface first."""

_FLAVORS: dict[str, tuple[str, ...]] = {
    "google": ("default",),
    "aws": ("default",),
    "cohere": ("default",),
    "chat": ("chat", "default", "embeddings"),
    "anthropic": ("anthropic", "default"),
    "responses": ("responses", "default"),
}
_INVENTORS = {"chat": "openai", "responses": "openai"}
"""Who an interface comes from, where it is not called after them: asked where the provider itself is not known."""


def counts_of(usage: Mapping[str, Any], provider: str | None) -> dict[str, int]:
    """The facts that a provider's usage object tells; empty for an object that is none."""
    interface = next((name for name, keys in _KEYS.items() if any(key in usage for key in keys)), None)
    if interface is None:
        return {}
    hint = (provider or "").strip().lower()
    for extractor in _extractors(ALIASES.get(hint, hint), interface):
        answer: Any = usage
        for name in reversed([extractor.root] if isinstance(extractor.root, str) else [str(x) for x in extractor.root]):
            answer = {name: answer}
        try:
            found = extractor.extract(answer)[1]
            told = {fact: read_count(getattr(found, name)) for fact, name in COUNTS.items()}
        except (ValueError, TypeError, ArithmeticError):  # what is asked for is worked out only then
            continue
        return {fact: count for fact, count in told.items() if count is not None}
    return {}


def tier_of(usage: Mapping[str, Any]) -> str | None:
    """What the provider bills the call by, such as "batch", where the object tells."""
    return next((usage[name] for name in TIERS if isinstance(usage.get(name), str)), None)


@lru_cache(1024)
def _extractors(provider: str, interface: str) -> "tuple[UsageExtractor, ...]":
    """What reads objects of an interface: the provider's own way first, then that of the interface's inventor; nothing
    without genai-prices, which is not in the base install."""
    try:
        from genai_prices.data_snapshot import get_snapshot  # noqa: PLC0415
    except ModuleNotFoundError:
        return ()
    by_provider = {one.id: one.extractors or [] for one in get_snapshot().providers}
    inventor = _INVENTORS.get(interface, interface)
    return tuple(
        extractor
        for whose in dict.fromkeys((provider, inventor))
        for flavor in _FLAVORS[interface]
        for extractor in by_provider.get(whose, ())
        if extractor.api_flavor == flavor
    )
