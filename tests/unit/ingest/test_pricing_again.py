"""Pricing calls again while the pipeline still holds their spans: what is shown, and not stored yet, is priced too."""

from collections.abc import Iterator
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from ingest_house import DRAIN_S, START_NS, House, span_json, text, traces_body
from longpole.ingest.prices import Prices
from longpole.ingest.reprice import Outcome, Wanted, reprice
from longpole.ingest.traces import Limits
from longpole.model.price import Price

USAGE = '{"prompt_tokens": 1000, "completion_tokens": 0}'
CALL = [
    text("gen_ai.operation.name", "chat"),
    text("gen_ai.request.model", "house-7b"),
    text("longpole.usage", USAGE),
]
OWN = Price(workspace="default", provider="", model="house-7b", from_ns=0, input_usd_nanos=10**9)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = House(tmp_path)
    # So long nothing is stored by itself: what has ended is shown from memory only.
    made.start(limits=Limits(settle_after_ns=3600 * 10**9, save_after_ns=3600 * 10**9))
    yield made
    made.close()


def offer_call(house: House, number: int, **more: Any) -> None:
    trace = f"{number:032x}"
    told = {"attributes": CALL} | more
    house.offer(traces_body(span_json(1, trace=trace), span_json(2, 1, trace=trace, **told)))
    waiting = Event()
    for _ in range(400):
        if house.counts()["steps"] == number:
            return
        waiting.wait(0.01)
    raise AssertionError(house.counts())


def price_again(house: House) -> Outcome:
    return reprice(house.engine, Prices(own=[OWN]), Wanted(), house.pipelines[0].rewrite, START_NS + 10**12)


def costs(house: House) -> list[int | None]:
    asked = {"workspace": "default", "trace_ids": [f"{number:032x}" for number in range(1, 4)]}
    return [row["cost_usd_nanos"] for row in house.engine.rows("trace_steps", asked)]


def test_a_call_that_is_shown_and_not_stored_yet_stays_priced_and_single(house: House) -> None:
    offer_call(house, 1)
    assert costs(house) == [None]
    assert price_again(house).priced == 1
    assert costs(house) == [10**6]
    offer_call(house, 2)  # of a server that had the old prices: it has none
    assert house.pipelines[0].drain(DRAIN_S)
    assert sorted(costs(house), key=str) == [10**6, None]


def test_a_span_that_comes_late_does_not_bring_the_old_cost_back(house: House) -> None:
    offer_call(house, 1)
    price_again(house)
    house.offer(traces_body(span_json(3, 1, trace=f"{1:032x}")))
    assert house.pipelines[0].drain(DRAIN_S)
    assert sorted(costs(house), key=str) == [10**6, None]


def test_a_call_of_a_tree_that_still_runs_is_left_and_counted(house: House) -> None:
    still_open = {"key": "longpole.open", "value": {"boolValue": True}}
    offer_call(house, 1, endTimeUnixNano="0", attributes=[*CALL, still_open])
    outcome = price_again(house)
    assert (outcome.changed, outcome.waiting) == (0, 1)
    assert costs(house) == [None]
    house.offer(traces_body(span_json(2, 1, trace=f"{1:032x}", attributes=CALL)))
    assert house.pipelines[0].drain(DRAIN_S)
    assert price_again(house).priced == 1
    assert costs(house) == [10**6]
