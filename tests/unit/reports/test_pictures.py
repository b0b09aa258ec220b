"""What overview and list show as pictures, at their edges, over a real DuckDB."""

from collections.abc import Iterator

import pytest

from longpole.model import clock
from longpole.model.batch import Batch
from longpole.model.errors import InvalidInput, NotFound
from longpole.reports.differences import DIFFERENCES
from longpole.reports.distribution import DISTRIBUTION
from longpole.reports.execution_list import list_executions
from longpole.reports.filters import read_execution_filters
from longpole.reports.points import MOST_FAILED, MOST_POINTS, POINTS
from longpole.reports.pulse import MOST_PLACES, PULSE
from longpole.reports.saved_views import MOST_VIEWS, NewView, ViewBook
from longpole.reports.usual_agents import USUAL_AGENTS
from longpole.store.engine import Engine
from longpole.store.store import open_store
from stored_executions import DAY_NS, MONDAY_NS, SECOND, Made

MANY = 6_000
MINUTE_NS = 60 * SECOND


def time_of(ns: int) -> str:
    return clock.to_rfc3339(ns)


@pytest.fixture(scope="module")
def many() -> Iterator[Engine]:
    """Two weeks of executions, a third of which failed; in the second one the slow tenth retries and runs elsewhere."""
    made = Made()
    for number in range(MANY):
        is_slow = number >= MANY // 2 and number % 10 == 0
        made.execution(
            MONDAY_NS + number * 14 * DAY_NS // MANY + number * 7919,
            agent="writer" if number % 2 else "reader",
            duration_ns=(30 if is_slow else 1 + number % 3) * SECOND,
            status="failed" if number % 3 == 0 else "success",
            retries=2 if is_slow else 0,
            environment="staging" if is_slow else "production",
            steps_total=4,
        )
    store = open_store(":memory:")
    store.write(made.batch)
    yield store
    store.close()


WHOLE = [("from", time_of(MONDAY_NS)), ("to", time_of(MONDAY_NS + 14 * DAY_NS))]
SECOND_WEEK = [("from", time_of(MONDAY_NS + 7 * DAY_NS)), WHOLE[1]]


@pytest.mark.parametrize(
    ("length_ns", "width_ns"),
    [
        (60 * SECOND, SECOND),
        (60 * MINUTE_NS, 60 * SECOND),
        (DAY_NS, 15 * MINUTE_NS),
        (7 * DAY_NS, 120 * MINUTE_NS),
        (30 * DAY_NS, 720 * MINUTE_NS),
        (365 * DAY_NS, 4 * DAY_NS),
    ],
)
def test_a_pulse_has_60_to_120_slots_however_long_the_time(many: Engine, length_ns: int, width_ns: int) -> None:
    pulse = PULSE.ask(many, [("from", time_of(MONDAY_NS)), ("to", time_of(MONDAY_NS + length_ns))])
    assert pulse.width_ns == width_ns
    assert 60 <= len(pulse.places) <= MOST_PLACES


def test_without_a_beginning_a_pulse_begins_with_the_first_execution(many: Engine) -> None:
    pulse = PULSE.ask(many, [WHOLE[1]])
    assert pulse.from_time == time_of(MONDAY_NS)
    assert (pulse.executions, pulse.failed) == (MANY, MANY // 3)


def test_a_pulse_of_nothing_is_empty_and_knows_no_duration() -> None:
    store = open_store(":memory:")
    pulse = PULSE.ask(store, [])
    assert (pulse.executions, pulse.p50_ns) == (0, None)
    assert {place.executions for place in pulse.places} == {0}
    store.close()


def test_of_many_executions_a_part_is_drawn_and_all_are_counted(many: Engine) -> None:
    found = POINTS.ask(many, WHOLE)
    counts = {one.status: one for one in found.statuses}
    assert len(found.points) == MOST_POINTS
    assert (counts["failed"].executions, counts["success"].executions) == (MANY // 3, MANY - MANY // 3)
    assert counts["failed"].drawn == MOST_FAILED
    assert found.failed_one_in == MANY // 3 / MOST_FAILED
    # Fair: the halves of the time have about as many points as executions.
    early = sum(point.offset_ms < 7 * DAY_NS // 10**6 for point in found.points)
    assert 0.45 < early / MOST_POINTS < 0.55


def test_few_failures_are_all_drawn(many: Engine) -> None:
    found = POINTS.ask(many, [WHOLE[0], ("to", time_of(MONDAY_NS + 3 * DAY_NS))])
    assert found.failed_one_in == 1.0


def test_the_slow_ones_differ_in_what_only_they_have(many: Engine) -> None:
    found = DIFFERENCES.ask(many, [*SECOND_WEEK, ("agent", "reader")])
    assert found.slower_than_ns is not None
    assert found.slower_than_ns > 25 * SECOND
    best = found.differences[0]
    assert (best.key, best.share, best.other_share) in {("retries", 1.0, 0.0), ("environment", 1.0, 0.0)}
    # What goes together with it says no more.
    assert [one.key for one in found.differences] == [best.key]
    assert "status" in found.alike
    assert "Expected" not in found.message


def test_chosen_ids_are_held_against_all_others(many: Engine) -> None:
    page = list_executions(many, read_execution_filters([*SECOND_WEEK, ("min_duration", "20s"), ("limit", "60")]))
    ids = ",".join(item.execution_id for item in page.items)
    found = DIFFERENCES.ask(many, [*SECOND_WEEK, ("chosen_id", ids)])
    assert (found.chosen, found.looked_at) == (60, 60)
    assert found.differences[0].share == 1.0


def test_of_too_few_nothing_is_said(many: Engine) -> None:
    found = DIFFERENCES.ask(many, [*WHOLE, ("chosen_min", "1h")])
    assert (found.chosen, found.differences, found.tested) == (0, [], 0)
    assert "too few" in found.message


def test_a_random_set_has_no_difference(many: Engine) -> None:
    first_week = [WHOLE[0], ("to", time_of(MONDAY_NS + 7 * DAY_NS))]
    page = list_executions(many, read_execution_filters([*first_week, ("agent", "writer"), ("limit", "200")]))
    ids = ",".join(item.execution_id for item in page.items[::4])
    found = DIFFERENCES.ask(many, [*first_week, ("agent", "writer"), ("chosen_id", ids)])
    assert [one for one in found.differences if one.key not in ("weekday", "hour (UTC)")] == []


def test_a_distribution_says_what_it_is_held_against(many: Engine) -> None:
    found = DISTRIBUTION.ask(many, [*SECOND_WEEK, ("with_previous", "true")])
    assert found.words == "the period before"
    assert found.against is not None
    assert abs(found.against.executions - MANY // 2) <= 1
    assert sum(one.executions for one in found.bins) == found.executions.executions
    assert found.bins[-1].to_ns >= 30 * SECOND
    assert found.bins[-1].against == 0


def test_an_agent_is_held_against_the_period_before(many: Engine) -> None:
    found = USUAL_AGENTS.ask(many, SECOND_WEEK)
    reader = next(one for one in found.agents if one.agent == "reader")
    assert found.environments == ["production", "staging"]
    assert reader.steps_mean == 4.0
    assert reader.p95_ns is not None
    assert reader.p95_before_ns is not None
    assert reader.p95_ns > 5 * reader.p95_before_ns
    assert not reader.is_slower, "the median has not moved"
    assert reader.failed_share == pytest.approx(1 / 3, abs=0.01)


def test_executions_shorter_than_a_limit_are_listed(many: Engine) -> None:
    page = list_executions(many, read_execution_filters([*SECOND_WEEK, ("max_duration", "30s"), ("sort", "duration")]))
    assert page.items[0].duration_ns == 3 * SECOND


def test_a_duration_that_cannot_be_read_is_named(many: Engine) -> None:
    with pytest.raises(InvalidInput, match="'chosen_min' is 'soon'"):
        DIFFERENCES.ask(many, [("chosen_min", "soon")])


@pytest.fixture
def book() -> Iterator[ViewBook]:
    store = open_store(":memory:")
    yield ViewBook(store, store.write)
    store.close()


def test_a_view_takes_the_place_of_the_one_with_its_title(book: ViewBook) -> None:
    book.keep(NewView(title="Slow", search="?sort=duration"))
    kept = book.keep(NewView(title="Slow", search="?min_duration=5s"))
    assert [(one.title, one.search) for one in book.views(None).items] == [("Slow", "?min_duration=5s")]
    assert book.remove(kept.view_id, "default").title == "Slow"
    assert book.views(None).items == []


def test_a_view_of_another_workspace_is_not_there(book: ViewBook) -> None:
    kept = book.keep(NewView(title="Slow", search="", workspace="theirs"))
    assert book.views("ours").items == []
    with pytest.raises(NotFound, match="There is no view"):
        book.remove(kept.view_id, "ours")


def test_a_workspace_keeps_no_more_views_than_it_may() -> None:
    store = open_store(":memory:")
    whole = Batch()
    book = ViewBook(store, lambda batch: whole.records.extend(batch.records))
    for number in range(MOST_VIEWS):
        book.keep(NewView(title=f"view {number}", search=""))
    store.write(whole)
    with pytest.raises(InvalidInput, match=f"at most {MOST_VIEWS}"):
        book.keep(NewView(title="one more", search=""))
    book.keep(NewView(title="view 7", search="?x"))
    store.close()
