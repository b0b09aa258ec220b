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

from longpole.ingest.prices import Counts, Prices
from longpole.model.price import Price

PRICES = Prices()
BODIES = json.loads((Path(__file__).parent / "provider_usages" / "usages_sample.json").read_text())
# The samples were made at the prices of this day; some have changed since.
DAY = datetime(2026, 3, 1, 12, tzinfo=UTC)
COUNTED = {
    "input_tokens": "input",
    "output_tokens": "output",
    "cache_read_tokens": "cache_read",
    "cache_write_tokens": "cache_write",
    "output_reasoning_tokens": "reasoning",
    "input_audio_tokens": "input_audio",
    "output_audio_tokens": "output_audio",
    "cache_write_1h_tokens": "cache_write_1h",
}
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


def cost(model: str, provider: str | None, usage: dict[str, int], moment: datetime = DAY, **more: Any) -> int | None:
    counts: dict[str, Any] = {"input": 0, "output": 0, **more}
    counts |= {COUNTED[name]: count for name, count in usage.items() if name in COUNTED}
    found = PRICES.cost(model, provider, ns(moment), Counts(**counts))
    return None if found is None else found.usd_nanos


def samples() -> list[tuple[str, str, dict[str, int], Decimal]]:
    return [
        (
            sample["model"],
            extractor["provider_id"],
            found["usage"],
            Decimal(extractor["input_price"]) + Decimal(extractor["output_price"]),
        )
        for sample in BODIES
        for found in sample["extracted"]
        for extractor in found["extractors"]
        if "input_price" in extractor
    ]


def test_published_samples_cost_what_they_are_said_to_cost() -> None:
    wrong = [
        (model, provider, usage, dollars)
        for model, provider, usage, dollars in samples()
        if cost(model, provider, usage) != int((dollars * 10**9).to_integral_value())
    ]
    assert wrong == []
    assert len(samples()) > 170


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


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(
        [
            ("gpt-realtime", "openai", None),
            ("gpt-4o-audio-preview", "openai", None),
            ("gemini-2.5-flash", "google", None),
            ("gemini-2.5-flash", "google", "batch"),
            ("claude-opus-4-8", "anthropic", "batch"),
            ("claude-opus-4-8", "anthropic", "fast"),
            ("gpt-5.1", "openai", "flex"),
            ("gpt-5.1", "openai", "priority"),
            ("gpt-5.1", "openai", "default"),
        ]
    ),
    st.integers(0, 500_000),
    st.integers(0, 100_000),
    st.floats(0, 1),
    st.floats(0, 1),
    st.datetimes(datetime(2026, 8, 1), datetime(2027, 1, 1), timezones=st.just(UTC)),
)
def test_audio_reasoning_long_cache_writes_and_tiers_cost_what_the_library_computes(
    model: tuple[str, str, str | None], tokens: int, output: int, share: float, other: float, moment: datetime
) -> None:
    moment = moment.replace(microsecond=0)
    write = int(tokens * share)
    usage = {
        "input_tokens": tokens,
        "output_tokens": output,
        "cache_write_tokens": write,
        "cache_write_1h_tokens": int(write * other),
        "input_audio_tokens": int((tokens - write) * other),
        "output_audio_tokens": int(output * share),
        "output_reasoning_tokens": int((output - int(output * share)) * other),
    }
    name, provider, tier = model
    context = None if tier is None else dict.fromkeys(("service_tier", "processing", "speed"), tier)
    theirs = calc_price(
        Usage(**usage), name, provider_id=provider, genai_request_timestamp=moment, price_context=context
    ).total_price
    assert cost(name, provider, usage, moment, tier=tier) == int((theirs * 10**9).to_integral_value())


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


def own(model: str = "house-7b", provider: str = "", from_ns: int = 0, **nanos: int) -> Price:
    prices = {f"{kind}_usd_nanos": nanos_per_million for kind, nanos_per_million in nanos.items()}
    return Price(workspace="default", provider=provider, model=model, from_ns=from_ns, **prices)


def own_cost(prices: list[Price], model: str, provider: str | None = None, time_ns: int = 10, **counts: Any) -> Any:
    counted: dict[str, Any] = {"input": 1000, "output": 10, **counts}
    return Prices(own=prices).cost(model, provider, time_ns, Counts(**counted), workspace="default")


def test_an_own_price_goes_before_the_public_one_and_says_so() -> None:
    dear = own("gpt-4o-mini", input=2_000_000_000, output=4_000_000_000)
    found = own_cost([dear], "gpt-4o-mini", "openai")
    assert found.usd_nanos == 1000 * 2_000 + 10 * 4_000
    assert found.price_version.startswith("own ")
    assert own_cost([own("gpt-4o-mini", input=1, output=1)], "gpt-4o-mini").price_version != found.price_version
    elsewhere = Prices(own=[dear]).cost("gpt-4o-mini", "openai", 10, Counts(1000, 10), workspace="other")
    assert elsewhere is not None
    assert elsewhere.price_version == PRICES.version


def test_an_own_price_holds_from_its_time_on() -> None:
    prices = [own(input=1_000_000, output=0), own(input=3_000_000, output=0, from_ns=100)]
    assert own_cost(prices, "house-7b", time_ns=99).usd_nanos == 1000
    assert own_cost(prices, "house-7b", time_ns=100).usd_nanos == 3000
    assert own_cost(prices[1:], "house-7b", time_ns=99) is None


def test_the_most_precise_own_price_holds() -> None:
    prices = [
        own("house-*", input=1_000_000, output=0),
        own("house-7b*", input=2_000_000, output=0),
        own("house-7b", input=3_000_000, output=0),
        own("house-7b", provider="ollama", input=4_000_000, output=0),
    ]
    asked = [("house-7b", "ollama"), ("acme/house-7b", "vllm"), ("house-7b-q4", None), ("house-70b", None)]
    assert [own_cost(prices, *one).usd_nanos for one in asked] == [4000, 3000, 2000, 1000]
    assert own_cost(prices, "shed-7b") is None


def test_kinds_without_an_own_price_cost_what_others_do_and_output_is_unknown() -> None:
    prices = [own(input=1_000_000, output=2_000_000, cache_read=100_000, input_audio=5_000_000, request=7_000_000)]
    assert own_cost(prices, "house-7b", cache_read=500).usd_nanos == 500 + 50 + 20 + 7
    assert own_cost(prices, "house-7b", cache_write=500, reasoning=4).usd_nanos == 1000 + 20 + 7
    assert own_cost(prices, "house-7b", input_audio=100).usd_nanos == 900 + 500 + 20 + 7
    assert own_cost([own(input=1_000_000)], "house-7b") is None
    assert own_cost([own(input=1_000_000)], "house-7b", output=0).usd_nanos == 1000
