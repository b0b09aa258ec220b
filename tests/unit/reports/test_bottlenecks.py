"""Bottlenecks: how often a step is on the critical path, how much of it is its own, and what is slow."""

from collections.abc import Iterator

import pytest

from longpole.model.clock import to_rfc3339
from longpole.model.errors import InvalidInput
from longpole.reports import bottlenecks
from longpole.reports.bottlenecks import BOTTLENECKS, SLOW_OPERATIONS
from longpole.reports.statistics_views import BottleneckStep
from longpole.store.engine import Engine
from longpole.store.store import open_store
from stored_executions import DAY_NS, MONDAY_NS, SECOND, Made

PERIOD = [("from", to_rfc3339(MONDAY_NS)), ("to", to_rfc3339(MONDAY_NS + DAY_NS))]


@pytest.fixture
def made() -> Made:
    """Twelve executions over a day: "ask" is on the path of all, "load" of every third, "notify" of none."""
    made = Made()
    for number in range(12):
        run = made.execution(MONDAY_NS + number * 7200 * SECOND, duration_ns=10 * SECOND, critical_ns=SECOND)
        made.step(run, "ask", duration_ns=(2 + number % 2 * 2) * SECOND, critical_ns=2 * SECOND, slack_ns=0)
        made.step(run, "ask", duration_ns=2 * SECOND, critical_ns=SECOND, slack_ns=0)
        on_path = number % 3 == 0
        made.step(run, "load", critical_ns=6 * SECOND if on_path else 0, slack_ns=0 if on_path else SECOND // 20)
        made.step(run, "notify", critical_ns=0, status="failed")
        made.step(run, "outside", critical_ns=99 * SECOND, is_outside=True)
    return made


@pytest.fixture
def store(made: Made) -> Iterator[Engine]:
    engine = open_store(":memory:")
    engine.write(made.batch)
    yield engine
    engine.close()


def steps_of(store: Engine, *more: tuple[str, str]) -> dict[str, BottleneckStep]:
    return {one.name: one for one in BOTTLENECKS.ask(store, [*PERIOD, *more]).operations}


def test_a_step_is_on_the_path_of_a_share_of_executions_and_owns_a_share_of_its_time(store: Engine) -> None:
    steps = steps_of(store)
    assert {name: one.on_path_share for name, one in steps.items() if not one.is_agent} == {
        "ask": 1.0, "load": pytest.approx(1 / 3), "notify": 0.0,
    }  # fmt: skip
    shares = {name: one.critical_share for name, one in steps.items()}
    assert shares == pytest.approx({"ask": 36 / 72, "load": 24 / 72, "shop": 12 / 72, "notify": 0.0})
    assert list(steps) == ["ask", "load", "shop", "notify"]


def test_mean_deviation_percentiles_and_failures_are_of_the_steps(store: Engine) -> None:
    ask = steps_of(store)["ask"]
    assert (ask.steps, ask.failed_share) == (24, 0.0)
    assert ask.mean_ns == 2.5 * SECOND
    assert ask.stddev_ns == pytest.approx(0.866 * SECOND, rel=0.01)
    assert ask.p50_ns == pytest.approx(2 * SECOND, rel=0.02)
    assert ask.p95_ns == pytest.approx(4 * SECOND, rel=0.02)
    assert steps_of(store)["notify"].failed_share == 1.0


def test_slack_is_told_in_shares_that_are_one(store: Engine) -> None:
    steps = steps_of(store)
    load, notify = steps["load"].slack, steps["notify"].slack
    assert load is not None
    assert (load.none, load.under_100_ms) == (pytest.approx(1 / 3), pytest.approx(2 / 3))
    assert notify is not None
    assert notify.not_waited_for == 1.0
    assert steps["shop"].slack is None


def test_sampled_executions_count_for_those_that_they_stand_for() -> None:
    made = Made()
    for weight, critical_ns in ((9.0, 0), (1.0, SECOND)):
        run = made.execution(MONDAY_NS, weight=weight)
        made.step(run, "ask", critical_ns=critical_ns, weight=weight)
    store = open_store(":memory:")
    store.write(made.batch)
    assert steps_of(store)["ask"].on_path_share == pytest.approx(0.1)
    store.close()


def test_of_very_many_steps_a_part_is_read_and_the_answer_says_so(
    store: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = BOTTLENECKS.ask(store, PERIOD)
    monkeypatch.setattr(bottlenecks, "MOST_STEPS", 30)
    part = BOTTLENECKS.ask(store, PERIOD)
    assert whole.looked_at_share == 1.0
    assert part.looked_at_share == pytest.approx(0.5, abs=0.01)
    assert [one.name for one in part.operations][:1] == ["ask"]
    assert all(one.on_path_share is None or one.on_path_share <= 1 for one in part.operations)
    assert SLOW_OPERATIONS.ask(store, PERIOD).looked_at_share == part.looked_at_share


def test_slow_operations_are_named_by_own_time_by_limits_and_one_by_one(store: Engine) -> None:
    slow = SLOW_OPERATIONS.ask(store, [*PERIOD, ("slow_ms", "1500"), ("critical_ms", "3000")])
    first = slow.slowest[0]
    assert (first.name, first.steps, first.self_ns) == ("ask", 24, 60 * SECOND)
    assert sum(one.share for one in slow.slowest) == pytest.approx(1)
    [over] = slow.over_limits
    assert (over.name, over.slow, over.critical, over.longest_ns) == ("ask", 24, 6, 4 * SECOND)
    assert [one.self_ns for one in slow.longest_steps][:6] == [4 * SECOND] * 6
    assert len(slow.longest_steps) == 10


def test_the_limits_are_those_of_the_settings_unless_others_are_given(store: Engine) -> None:
    slow = SLOW_OPERATIONS.ask(store, PERIOD)
    assert (slow.slow_operation_ms, slow.critical_operation_ms) == (1000, 5000)
    with pytest.raises(InvalidInput, match="'slow_ms' is 'soon'"):
        SLOW_OPERATIONS.ask(store, [("slow_ms", "soon")])


def test_nothing_has_run_is_an_empty_answer(store: Engine) -> None:
    later = [("from", to_rfc3339(MONDAY_NS + 9 * DAY_NS))]
    assert BOTTLENECKS.ask(store, later).operations == []
    assert SLOW_OPERATIONS.ask(store, later).slowest == []
