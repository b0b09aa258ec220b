"""Every item that is sent has a number of its own, also when bodies are put together anew, split or spooled."""

import json
import logging
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from longpole.ship.numbers import spell, split
from longpole.ship.spool import spool_file
from longpole.wire.longpole_names import NUMBERS
from otlp_sink import OtlpSink, span, spooled_bodies, wait_until


@pytest.fixture(autouse=True)
def _no_warnings_on_the_terminal(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.CRITICAL, "longpole")


def told(body: dict[str, Any]) -> tuple[list[int], int]:
    """The numbers that a body of spans tells, and how many spans it has."""
    (scope,) = body["resourceSpans"][0]["scopeSpans"]
    ((name, value),) = [(each["key"], each["value"]["stringValue"]) for each in scope["scope"]["attributes"]]
    assert name == NUMBERS
    parts = [part.split("-") for part in value.split(",")]
    return [number for first, last in parts for number in range(int(first), int(last) + 1)], len(scope["spans"])


def test_spans_are_numbered_without_a_gap_and_bodies_tell_as_many_as_they_have(
    sink: OtlpSink, make_shipper: Any
) -> None:
    shipper = make_shipper(sink.url)
    for size in (1, 700, 3):
        shipper.accept([span(f"step {n}") for n in range(size)], [], 0)
    assert shipper.flush(5)
    found = [told(body) for path, body in sink.bodies if path == "/v1/traces"]
    assert sorted(number for numbers, _ in found for number in numbers) == list(range(704))
    assert all(len(numbers) == count for numbers, count in found)


def test_each_workspace_is_numbered_by_itself(sink: OtlpSink, make_shipper: Any) -> None:
    shipper = make_shipper(sink.url)
    theirs = structs.replace(span("theirs"), workspace="acme")
    shipper.accept([span("ours"), theirs, span("ours too")], [], 0)
    assert shipper.flush(5)
    assert sorted(told(body)[0] for _, body in sink.bodies) == [[0], [0, 1]]


def test_halves_of_a_body_that_is_too_large_tell_what_is_in_them(sink: OtlpSink, make_shipper: Any) -> None:
    sink.answers = [(413, {})]
    shipper = make_shipper(sink.url)
    shipper.accept([span(f"step {n}") for n in range(5)], [], 0)
    assert shipper.flush(5)
    assert sorted(told(body)[0] for _, body in sink.bodies) == [[0, 1], [2, 3, 4]]


def test_what_was_spooled_keeps_its_numbers(absent: OtlpSink, make_shipper: Any, tmp_path: Path) -> None:
    shipper = make_shipper(absent.url)
    shipper.accept([span("early")], [], 0)
    assert shipper.flush(5)
    (spooled,) = spooled_bodies(spool_file(tmp_path, absent.url))
    assert told(json.loads(spooled.body))[0] == [0]
    shipper.accept([span("later"), span("later still")], [], 0)
    absent.start()
    wait_until(lambda: len(absent.span_names) == 3, "everything to be delivered")
    assert sorted(number for _, body in absent.bodies for number in told(body)[0]) == [0, 1, 2]


@given(st.lists(st.integers(0, 5), max_size=8), st.integers(0, 45))
def test_a_split_keeps_every_number_in_its_order(sizes: list[int], at: int) -> None:
    starts = [sum(sizes[:place]) + 10 * (place // 3) for place in range(len(sizes))]
    numbers = [range(start, start + size) for start, size in zip(starts, sizes, strict=True)]
    every = [number for part in numbers for number in part]
    first, rest = split(numbers, at)
    assert [number for part in first for number in part] == every[:at]
    assert [number for part in rest for number in part] == every[at:]


def test_no_numbers_are_spelled_as_nothing() -> None:
    assert spell([]) == ""
