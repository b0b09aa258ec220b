"""What a model call costs: against the library's own arithmetic, against published samples, and at the edges."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from genai_prices import Usage, calc_price
from hypothesis import given, settings
from hypothesis import strategies as st

from longpole.ingest.prices import Prices

PRICES = Prices()
BODIES = json.loads((Path(__file__).parent / "provider_usages" / "usages_sample.json").read_text())
# The samples were made at the prices of this day; some have changed since.
DAY = datetime(2026, 3, 1, 12, tzinfo=UTC)
COUNTED = ("input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens")
# Finer counts that are part of the four above and have no price of their own.
PARTS = {"output_reasoning_tokens", "input_text_tokens", "output_text_tokens"}
MODELS = [
    ("gpt-4o-mini", "openai"),
    ("gpt-4o-mini-2024-07-18", "openai"),
    ("gpt-4.1", "openai"),
    ("o3-mini", "openai"),
    ("claude-sonnet-4-5-20250929", "anthropic"),
    ("claude-3-5-haiku-latest", "anthropic"),
    ("gemini-2.5-pro", "google"),
    ("gemini-2.0-flash", "google"),
    ("text-embedding-3-small", "openai"),
    ("mistral-large-latest", "mistral"),
    ("deepseek-chat", "deepseek"),
    ("gpt-4o", "azure"),
]


def ns(moment: datetime) -> int:
    return int(moment.timestamp()) * 1_000_000_000


def cost(model: str, provider: str | None, usage: dict[str, int], moment: datetime = DAY) -> int | None:
    counts: dict[str, Any] = {"input_tokens": 0, "output_tokens": 0, **usage}
    return PRICES.cost(model, provider, ns(moment), **counts)


def samples() -> list[tuple[str, str, dict[str, int], Decimal]]:
    return [
        (
            sample["model"],
            extractor["provider_id"],
            {name: found["usage"][name] for name in COUNTED if name in found["usage"]},
            Decimal(extractor["input_price"]) + Decimal(extractor["output_price"]),
        )
        for sample in BODIES
        for found in sample["extracted"]
        for extractor in found["extractors"]
        if "input_price" in extractor and not set(found["usage"]) - set(COUNTED) - PARTS
    ]


def test_published_samples_cost_what_they_are_said_to_cost() -> None:
    wrong = [
        (model, provider, usage, dollars)
        for model, provider, usage, dollars in samples()
        if cost(model, provider, usage) != int((dollars * 10**9).to_integral_value())
    ]
    assert wrong == []
    assert len(samples()) > 150


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(MODELS),
    st.integers(0, 2_000_000),
    st.integers(0, 100_000),
    st.floats(0, 1),
    st.floats(0, 1),
    st.datetimes(datetime(2024, 8, 1), datetime(2027, 1, 1), timezones=st.just(UTC)),
)
def test_a_cost_is_what_the_library_computes(
    model: tuple[str, str], tokens: int, output: int, read_share: float, write_share: float, moment: datetime
) -> None:
    read = int(tokens * read_share)
    write = int((tokens - read) * write_share)
    moment = moment.replace(microsecond=0)
    usage = {
        "input_tokens": tokens,
        "output_tokens": output,
        "cache_read_tokens": read,
        "cache_write_tokens": write,
    }
    theirs = calc_price(Usage(**usage), model[0], provider_id=model[1], genai_request_timestamp=moment).total_price
    assert cost(*model, usage, moment) == int((theirs * 10**9).to_integral_value())


def test_the_price_of_the_day_of_the_call_counts() -> None:
    usage = {"input_tokens": 561, "output_tokens": 81}
    assert cost("mistral-medium-latest", "mistral", usage) == 386_400
    later = datetime(2026, 11, 21, tzinfo=UTC)
    assert cost("mistral-medium-latest", "mistral", usage, later) == 1_449_000


def test_a_model_that_nobody_knows_has_no_price() -> None:
    assert cost("house-7b-secret", "acme", {"input_tokens": 10}) is None
    assert cost("", None, {"input_tokens": 10}) is None
    assert cost("gpt-4o-ratelimit-test", "openai", {"input_tokens": 10}) is None


@pytest.mark.parametrize("provider", ["ollama", "vllm", "LM_Studio "])
def test_a_model_on_ones_own_machine_has_no_price(provider: str) -> None:
    assert cost("gpt-4o-mini", provider, {"input_tokens": 10}) is None


@pytest.mark.parametrize(
    ("model", "provider"),
    [
        ("gpt-4o-mini", None),
        ("gpt-4o-mini", "some-gateway"),
        ("openai/gpt-4o-mini", "litellm"),
        ("openai/gpt-4o-mini", None),
        ("gpt-4o-mini", "azure.ai.openai"),
    ],
)
def test_a_known_model_is_found_behind_gateways_and_prefixes(model: str, provider: str | None) -> None:
    assert cost(model, provider, {"input_tokens": 21, "output_tokens": 17}) == 13_350


@pytest.mark.parametrize(
    ("model", "provider"),
    [
        ("us.anthropic.claude-3-5-sonnet-20241022-v2:0", "aws.bedrock"),
        ("models/gemini-2.0-flash", "gcp.gemini"),
        ("gemini-2.0-flash", "gcp.gen_ai"),
        ("grok-3", "x_ai"),
    ],
)
def test_the_conventions_names_of_providers_are_understood(model: str, provider: str) -> None:
    assert cost(model, provider, {"input_tokens": 1000, "output_tokens": 10}) is not None


def test_input_counted_without_its_cached_part_is_completed() -> None:
    apart = cost("claude-sonnet-4-5", "anthropic", {"input_tokens": 2, "cache_read_tokens": 84_562})
    whole = cost("claude-sonnet-4-5", "anthropic", {"input_tokens": 84_564, "cache_read_tokens": 84_562})
    assert apart == whole


def test_a_cost_is_rounded_half_to_even() -> None:
    # 0.0375 dollars a million: 37.5 nano-dollars a token.
    assert cost("command-r7b", "cohere", {"input_tokens": 1}) == 38
    assert cost("command-r7b", "cohere", {"input_tokens": 3}) == 112


def test_the_version_names_the_price_list() -> None:
    assert PRICES.version.startswith("genai-prices ")
