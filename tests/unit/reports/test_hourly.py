"""Hour by hour: what started when, and how it went."""

from collections.abc import Iterator

import pytest

from longpole.model.clock import to_rfc3339
from longpole.reports.hourly import HOURLY
from longpole.reports.question_views import HourTotal
from longpole.store.engine import Engine
from longpole.store.store import open_store
from stored_executions import DAY_NS, MONDAY_NS, SECOND, Made

HOUR_NS = 3600 * SECOND
DAY = [("from", to_rfc3339(MONDAY_NS)), ("to", to_rfc3339(MONDAY_NS + DAY_NS))]


@pytest.fixture
def store() -> Iterator[Engine]:
    engine = open_store(":memory:")
    yield engine
    engine.close()


def test_each_hour_has_its_count_its_success_and_its_mean(store: Engine) -> None:
    made = Made()
    for status, duration_ns in (("success", 2 * SECOND), ("failed", 4 * SECOND), ("timeout", 6 * SECOND)):
        made.execution(MONDAY_NS + HOUR_NS - 1, status=status, duration_ns=duration_ns)
    made.execution(MONDAY_NS + 5 * HOUR_NS, status="skipped")
    made.execution(MONDAY_NS + 5 * HOUR_NS, status="running", duration_ns=None)
    store.write(made.batch)
    assert HOURLY.ask(store, DAY).hours == [
        HourTotal(started=to_rfc3339(MONDAY_NS), executions=3, success_rate=pytest.approx(1 / 3), mean_ns=4 * SECOND),
        HourTotal(started=to_rfc3339(MONDAY_NS + 5 * HOUR_NS), executions=2, success_rate=None, mean_ns=None),
    ]


def test_a_sampled_execution_counts_once_and_weighs_what_it_stands_for(store: Engine) -> None:
    made = Made()
    made.execution(MONDAY_NS, status="success", duration_ns=SECOND, weight=9.0)
    made.execution(MONDAY_NS, status="failed", duration_ns=11 * SECOND)
    store.write(made.batch)
    (hour,) = HOURLY.ask(store, DAY).hours
    assert (hour.executions, hour.success_rate, hour.mean_ns) == (2, pytest.approx(0.9), 2 * SECOND)


def test_a_quiet_day_has_no_hours(store: Engine) -> None:
    assert HOURLY.ask(store, DAY).hours == []
