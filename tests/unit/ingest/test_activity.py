"""What agents did is counted once, for what it was, under a bounded number of names."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from ingest_house import House, span_json, text, traces_body
from longpole.ingest.activity import OTHER, ActivityCount, Labels, Sum
from longpole.ingest.pipeline import Pipeline
from longpole.ingest.spool import BodyFormat
from longpole.ingest.tail_sampling import TailSampling
from otlp_clients import CLIENTS, TRUTHS, requests_of

SLOW_NS = 10**18


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = House(tmp_path)
    yield made
    made.close()


def send(house: House, pipeline: Pipeline, *bodies: bytes) -> None:
    for body in bodies:
        house.offer(body)
    assert pipeline.drain(20)


def numbers(sums: dict[Labels, Sum]) -> dict[Labels, float]:
    return {labels: one.number for labels, one in sums.items()}


def agent_span(number: int, agent: str, *, trace: int, model: str = "m", **more: object) -> bytes:
    """A model call that is its trace's only span, so an execution too."""
    attributes = [
        text("gen_ai.operation.name", "chat"),
        text("gen_ai.request.model", model),
        {"key": "gen_ai.usage.input_tokens", "value": {"intValue": "7"}},
    ]
    return traces_body(span_json(number, trace=f"{trace:032x}", name=agent, attributes=attributes, **more))


@pytest.mark.parametrize("client", CLIENTS)
def test_the_sums_are_those_of_the_providers_that_real_clients_asked(house: House, client: str) -> None:
    count, truth = ActivityCount(), TRUTHS[client]
    pipeline = house.start(activity=count)
    for request in requests_of(client):
        house.offer(request.plain_body, body_format=BodyFormat.JSON if request.is_json else BodyFormat.PROTOBUF)
    assert pipeline.drain(20)
    found = count.read()
    agents: dict[str, float] = {}
    for (agent, _), number in numbers(found.executions).items():
        agents[agent] = agents.get(agent, 0) + number
    assert {agent: agents.get(agent) for agent in truth.agents} == truth.agents
    kinds = {
        kind: sum(n for (_, k), n in numbers(found.model_tokens).items() if k == kind) for kind in ("input", "output")
    }
    assert (kinds["input"], kinds["output"]) == truth.tokens
    assert sum(numbers(found.model_calls).values()) == truth.model_calls
    assert sum(numbers(found.model_calls_without_usage).values()) == truth.calls_without_usage
    assert sum(sum(spread.counts) for spread in found.model_call_s.values()) == truth.model_calls
    assert {agent for agent, status in found.executions if status == "failed"} >= truth.failed_agents


def test_late_and_repeated_spans_count_once_even_after_a_restart(house: House) -> None:
    count = ActivityCount()
    pipeline = house.start(activity=count)
    send(house, pipeline, traces_body(span_json(1)))
    send(house, pipeline, traces_body(span_json(1)), traces_body(span_json(2, 1)))
    assert numbers(count.read().executions) == {("step 1", "success"): 1}
    assert numbers(count.read().steps) == {("step 1", "success"): 1}
    pipeline.close(5)
    after = ActivityCount()
    again = house.start(activity=after)
    send(house, again, traces_body(span_json(1), span_json(2, 1), span_json(3, 1)))
    assert numbers(after.read().executions) == {}
    assert numbers(after.read().steps) == {("step 1", "success"): 1}


def test_what_sampling_leaves_out_is_counted_all_the_same(house: House) -> None:
    count = ActivityCount()
    pipeline = house.start(activity=count, sampling=TailSampling(rate=1e-9, slow_ns=SLOW_NS))
    send(house, pipeline, *(agent_span(1, "writer", trace=trace) for trace in range(1, 21)))
    assert house.counts()["executions"] == 0
    assert numbers(count.read().executions) == {("writer", "success"): 20}
    assert numbers(count.read().model_tokens) == {("m", "input"): 140}


def test_what_the_sender_left_out_is_counted_by_the_weight_of_what_it_kept(house: House) -> None:
    count = ActivityCount()
    pipeline = house.start(activity=count)
    kept = text("longpole.weight", "4") | {"value": {"doubleValue": 4.0}}
    send(house, pipeline, traces_body(span_json(1, attributes=[kept]), span_json(2, 1, attributes=[kept])))
    assert numbers(count.read().executions) == {("step 1", "success"): 4}
    assert numbers(count.read().steps) == {("step 1", "success"): 4}


def test_names_beyond_the_limit_are_one_and_that_is_counted(house: House) -> None:
    count = ActivityCount(most_names=2)
    pipeline = house.start(activity=count)
    for at in range(5):
        send(house, pipeline, agent_span(1, f"agent-{at}", trace=at + 1, model=f"model-{at}"))
    found = count.read()
    assert numbers(found.executions) == {
        ("agent-0", "success"): 1,
        ("agent-1", "success"): 1,
        (OTHER, "success"): 3,
    }
    assert numbers(found.model_tokens)[OTHER, "input"] == 21
    assert numbers(found.unnamed)["agent",] == 3
    assert numbers(found.unnamed)["model",] == 3


def test_what_is_not_known_adds_to_no_sum_and_what_did_not_run_to_no_duration(house: House) -> None:
    count = ActivityCount()
    pipeline = house.start(activity=count)
    unpriced = [text("gen_ai.operation.name", "chat"), text("gen_ai.request.model", "of-our-own")]
    skipped = [text("gen_ai.operation.name", "invoke_agent"), text("longpole.status", "skipped")]
    send(
        house,
        pipeline,
        traces_body(span_json(1, trace="1" * 32, attributes=unpriced)),
        traces_body(span_json(1, trace="2" * 32, name="idle", attributes=skipped)),
    )
    found = count.read()
    assert found.model_tokens == found.model_cost_usd == found.agent_tokens == found.agent_cost_usd == {}
    assert numbers(found.model_calls_without_usage) == numbers(found.model_calls_without_cost) == {("of-our-own",): 1}
    assert ("idle", "skipped") in found.executions
    assert ("idle",) not in found.execution_s
