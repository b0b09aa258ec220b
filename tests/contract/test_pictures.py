"""The pictures of overview and list show the same on every engine."""

from collections.abc import Sequence
from contextlib import closing
from typing import Any

import pytest
from msgspec.structs import replace

from longpole.model import clock
from longpole.model.batch import Batch
from longpole.model.buckets import duration_bucket
from longpole.model.clock import DAY_NS
from longpole.reports.bottlenecks import BOTTLENECKS
from longpole.reports.differences import DIFFERENCES
from longpole.reports.distribution import DISTRIBUTION
from longpole.reports.hourly import HOURLY
from longpole.reports.input_patterns import INPUT_PATTERNS
from longpole.reports.patterns import PATTERNS
from longpole.reports.points import POINTS
from longpole.reports.pulse import PULSE
from longpole.reports.question import Question
from longpole.reports.usual_agents import USUAL_AGENTS
from longpole.store.engine import Engine
from longpole.store.store import open_store
from triage_example import SECOND, STARTED_NS, triage_batch

RANGE = [("from", clock.to_rfc3339(STARTED_NS - 60 * SECOND)), ("to", clock.to_rfc3339(STARTED_NS + 3600 * SECOND))]
ASKED: dict[str, tuple[Question[Any], Sequence[tuple[str, str]]]] = {
    "pulse": (PULSE, []),
    "pulse of what carries a text": (PULSE, [("text", "second payment"), ("max_duration", "1h")]),
    "pulse of a tool and an attribute": (PULSE, [("tool", "search_policies"), ("attribute", "customer.tier=gold")]),
    "points": (POINTS, []),
    "distribution": (DISTRIBUTION, [("at", clock.to_rfc3339(STARTED_NS + 600 * SECOND))]),
    "differences": (DIFFERENCES, [("chosen_min", "45s")]),
    "agents": (USUAL_AGENTS, []),
}


def fill(store: Engine) -> None:
    """Sixty executions of one agent; every third runs in the new version, takes twice as long, retries, and a tool
    of its own fails. The rows of every second one tell nothing of their steps, as those of an older server.
    """
    whole = Batch()
    for number in range(60):
        batch = triage_batch(trace_id=f"{number + 1:032x}", after_ns=number * 30 * SECOND)
        is_slow = number % 3 == 0
        took = (60 if is_slow else 31) * SECOND + number
        tool = "search_everything" if is_slow else "search_policies"
        batch.steps = [
            replace(step, tool=tool, **({"status": "failed", "error_type": "QuotaError"} if is_slow else {}))
            if step.tool and step.execution_id == batch.executions[0].execution_id
            else step
            for step in batch.steps
        ]
        batch.executions = [
            replace(
                row,
                version="v2" if is_slow else "v1",
                retries=3 if is_slow else 0,
                memory_usage_mb=100.0 + number,
                duration_ns=took,
                duration_bucket=duration_bucket(took),
                ended_ns=row.started_ns + took,
                status="failed" if number % 10 == 0 else "success",
                tools=f'["{tool}"]' if number % 2 == 0 else None,
                step_errors=('["QuotaError"]' if is_slow else "[]") if number % 2 == 0 else None,
            )
            for row in batch.executions[:1]
        ]
        for name in ("executions", "steps", "bodies"):
            getattr(whole, name).extend(getattr(batch, name))
    store.write(whole)


def answers_of(store: Engine) -> dict[str, Any]:
    return {name: question.ask(store, [*RANGE, *more]) for name, (question, more) in ASKED.items()}


@pytest.fixture(scope="module")
def expected() -> dict[str, Any]:
    store = open_store(":memory:")
    fill(store)
    answers = answers_of(store)
    store.close()
    return answers


def test_every_picture_is_the_same(store: Engine, expected: dict[str, Any]) -> None:
    fill(store)
    for name, answer in answers_of(store).items():
        assert answer == expected[name], name


def test_a_pulse_counts_every_execution_once_and_shows_empty_time(expected: dict[str, Any]) -> None:
    pulse = expected["pulse"]
    assert (pulse.executions, pulse.failed, pulse.width_ns) == (60, 6, 60 * SECOND)
    assert sum(place.executions for place in pulse.places) == 60
    assert 60 <= len(pulse.places) <= 120
    assert pulse.places[-1].executions == 0
    assert pulse.places[-1].cost_usd is None
    assert max(place.memory_mb or 0 for place in pulse.places) == 159.0


def test_the_slow_ones_are_told_by_what_they_have_more_often(expected: dict[str, Any]) -> None:
    found = expected["differences"]
    assert (found.chosen, found.others) == (20, 40)
    best = found.differences[0]
    assert best.key in ("retries", "version", "tool", "error of a step")
    assert (best.share, best.other_share) == (1.0, 0.0)
    assert best.low > 0.5
    assert "hour (UTC)" not in {one.key for one in found.differences}


def test_what_steps_tell_is_the_same_from_rows_of_either_age(expected: dict[str, Any]) -> None:
    found = expected["differences"]
    every = [(one.key, one.value, one.share, one.other_share) for one in found.differences] + [
        (one.key, one.value, one.share, one.other_share) for told in found.differences for one in told.companions
    ]
    assert ("tool", "search_everything", 1.0, 0.0) in every
    assert ("error of a step", "QuotaError", 1.0, 0.0) in every


def test_what_the_same_executions_have_is_not_said_to_be_no_difference(expected: dict[str, Any]) -> None:
    found = expected["differences"]
    (only,) = found.differences
    assert {only.key, *(one.key for one in only.companions)} >= {"retries", "version", "tool", "error of a step"}
    assert found.alike == ["hour (UTC)"]


def test_a_histogram_has_the_same_bins_before_and_since(expected: dict[str, Any]) -> None:
    found = expected["distribution"]
    assert (found.executions.executions, found.against.executions) == (40, 20)
    assert sum(one.executions for one in found.bins) == 40
    assert sum(one.against for one in found.bins) == 20


def test_points_are_all_there_while_they_are_few(expected: dict[str, Any]) -> None:
    found = expected["points"]
    assert (len(found.points), found.one_in, found.failed_one_in) == (60, 1.0, 1.0)
    assert {one.status: one.drawn for one in found.statuses} == {"failed": 6, "success": 54}


HOUR_NS = 3600 * SECOND
FIRST_DAY = -60
# Long over, and begins and ends within days on which something ran: what is kept is added to what is not.
DAYS_RANGE = [
    ("from", clock.to_rfc3339(STARTED_NS + FIRST_DAY * DAY_NS - HOUR_NS)),
    ("to", clock.to_rfc3339(STARTED_NS + (FIRST_DAY + 8) * DAY_NS + HOUR_NS)),
]


def over_days(first: int) -> Batch:
    """Executions of nine days, at other times of each."""
    whole = Batch()
    for day in range(9):
        batch = triage_batch(trace_id=f"{first + day:032x}", after_ns=(FIRST_DAY + day) * DAY_NS + first * SECOND)
        for name in ("executions", "steps"):
            getattr(whole, name).extend(getattr(batch, name))
    return whole


def sums_of(store: Engine) -> dict[str, Any]:
    asked = (PULSE, POINTS, DISTRIBUTION, DIFFERENCES, HOURLY, PATTERNS, INPUT_PATTERNS, BOTTLENECKS)
    return {question.name: question.ask(store, DAYS_RANGE) for question in asked}


def sums_in_one(store: Engine) -> dict[str, Any]:
    """The same, from a store that keeps nothing: asked for the whole time at once."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(store, "kept", None)
        return sums_of(store)


def test_days_that_were_kept_are_those_that_are_there() -> None:
    with closing(open_store(":memory:")) as keeping, closing(open_store(":memory:")) as plain:
        for each in (keeping, plain):
            each.write(over_days(100))
        first = sums_of(keeping)
        assert first == sums_in_one(plain)
        assert sums_of(keeping) == first
        for each in (keeping, plain):
            each.write(over_days(200))
        second = sums_of(keeping)
        assert second == sums_in_one(plain)
        assert second["pulse"].executions == 2 * first["pulse"].executions > 0
