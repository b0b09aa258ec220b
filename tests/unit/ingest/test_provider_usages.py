"""Real usage objects of model providers, from a span through the whole ingest into the store and the costs report.

Each sample tells which price it has at each provider whose interface it could come from. Where an interface leaves out
a part that another one reads, such as the output or what came from a cache, the whole is right, which is the dearest.
"""

import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from ingest_house import DRAIN_S, House, text, traces_body
from longpole.ingest.reported_usage import counts_of
from longpole.reports.costs import COSTS

SAMPLES: list[dict[str, Any]] = json.loads(
    (Path(__file__).parent / "provider_usages" / "usages_sample.json").read_text()
)
# The samples were priced by the list of this day; some prices have changed since.
DAY_NS = 1_772_366_400_000_000_000
# Both say that tokens were written to a cache, which the samples' price leaves out and the list of now does not: 4,012
# at Azure in an answer of the chat interface, 27 at AWS in one of the responses interface.
READ_IN_FULL = {("gpt-5.6-sol", "azure"): 25_235_000, ("openai.gpt-5.6-luna", "aws"): 226_325}


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = House(tmp_path)
    yield made
    made.close()


def nanos_by_provider(sample: dict[str, Any]) -> dict[str, int]:
    """What a sample is said to cost at each provider that prices it."""
    found: dict[str, int] = {}
    for told in (one for extracted in sample["extracted"] for one in extracted["extractors"] if "input_price" in one):
        nanos = int(((Decimal(told["input_price"]) + Decimal(told["output_price"])) * 10**9).to_integral_value())
        provider = told["provider_id"]
        found[provider] = max(found.get(provider, 0), nanos)
    return found | {who: nanos for (model, who), nanos in READ_IN_FULL.items() if model == sample.get("model")}


def usage_of(sample: dict[str, Any]) -> dict[str, Any]:
    return sample["body"].get("usage") or sample["body"]["usageMetadata"]


def answered(house: House, calls: list[tuple[dict[str, Any], str | None]]) -> list[int | None]:
    """What calls cost that answered with these samples' usage at these providers: as the store has it."""
    pipeline = house.start()
    for number, (sample, provider) in enumerate(calls, start=1):
        told = {"gen_ai.operation.name": "chat", "longpole.usage": json.dumps(usage_of(sample))}
        told |= {"gen_ai.request.model": sample.get("model"), "gen_ai.provider.name": provider}
        span = {
            "traceId": f"{number:032x}", "spanId": f"{number:016x}", "name": "chat",
            "startTimeUnixNano": str(DAY_NS), "endTimeUnixNano": str(DAY_NS + 10**9),
            "attributes": [text(name, value) for name, value in told.items() if value is not None],
        }  # fmt: skip
        house.offer(traces_body(span))
    assert pipeline.drain(DRAIN_S)
    asked = {"workspace": "default", "trace_ids": [f"{number:032x}" for number in range(1, len(calls) + 1)]}
    rows = {row["trace_id"]: row["cost_usd_nanos"] for row in house.engine.rows("trace_executions", asked)}
    return [rows[f"{number:032x}"] for number in range(1, len(calls) + 1)]


def test_every_sample_costs_what_it_is_said_to_cost_at_every_provider_that_prices_it(house: House) -> None:
    expected = [
        (sample, provider, nanos) for sample in SAMPLES for provider, nanos in nanos_by_provider(sample).items()
    ]
    assert len(expected) == 173
    found = answered(house, [(sample, provider) for sample, provider, _ in expected])
    wrong = [
        (sample["model"], provider, nanos, nanos_found)
        for (sample, provider, nanos), nanos_found in zip(expected, found, strict=True)
        if nanos != nanos_found
    ]
    assert wrong == []
    costs = COSTS.ask(house.engine, [("by", "provider")])
    assert round(costs.total.cost_usd or 0, 9) == sum(nanos for _, _, nanos in expected) / 10**9
    assert costs.total.calls_without_cost == 0


def test_of_all_samples_those_that_nobody_prices_have_no_cost_and_are_counted(house: House) -> None:
    prices = [nanos_by_provider(sample) for sample in SAMPLES]
    found = answered(house, [(sample, next(iter(known), None)) for sample, known in zip(SAMPLES, prices, strict=True)])
    assert found == [next(iter(known.values()), None) for known in prices]
    costs = COSTS.ask(house.engine, [("by", "model")])
    assert (costs.total.calls, costs.total.calls_without_usage, costs.total.calls_without_cost) == (99, 0, 18)
    unpriced = {part.name: part.calls_without_cost for part in costs.parts if part.calls_without_cost}
    assert unpriced == {None: 17, "groq/compound": 1}


@pytest.mark.parametrize(
    ("provider", "usage", "counts"),
    [
        (
            "aws.bedrock",
            {"inputTokens": 22, "outputTokens": 13, "cacheReadInputTokens": 5, "cacheWriteInputTokens": 2492},
            {"input_tokens": 2519, "output_tokens": 13, "cache_read_tokens": 5, "cache_write_tokens": 2492},
        ),
        (
            "xai",
            {
                "prompt_tokens": 10, "completion_tokens": 4, "total_tokens": 34,
                "completion_tokens_details": {"reasoning_tokens": 20},
            },
            {"input_tokens": 10, "output_tokens": 24, "reasoning_tokens": 20},
        ),
        (
            "some-gateway",
            {
                "input_tokens": 6, "output_tokens": 9, "cache_read_input_tokens": 20443,
                "cache_creation_input_tokens": 574, "cache_creation": {"ephemeral_1h_input_tokens": 500},
            },
            {
                "input_tokens": 21023, "output_tokens": 9, "cache_read_tokens": 20443, "cache_write_tokens": 574,
                "cache_write_1h_tokens": 500,
            },
        ),
        ("openai", {"prompt_tokens": 8, "total_tokens": 8}, {"input_tokens": 8}),
        ("openai", {"prompt_tokens": -8}, {}),
        ("openai", {"prompt_tokens": "8", "completion_tokens": None}, {}),
        ("openai", {"tokens": 8}, {}),
        ("google", {"candidatesTokenCount": 8, "promptTokensDetails": [{"modality": "AUDIO", "tokenCount": 3}]}, {}),
        ("anthropic", {"input_tokens": float("nan"), "output_tokens": float("inf")}, {}),
        ("acme", {}, {}),
    ],
)  # fmt: skip
def test_the_counts_of_each_interface_mean_the_same(
    provider: str, usage: dict[str, Any], counts: dict[str, int]
) -> None:
    assert {name: count for name, count in counts_of(usage, provider).items() if count} == counts
