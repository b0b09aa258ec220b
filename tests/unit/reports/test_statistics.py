"""Statistics and patterns: what changed, when it goes wrong, on which ways and with which inputs."""

import json
import random
from collections.abc import Iterator

import pytest
from msgspec.structs import replace

from longpole.model.clock import to_rfc3339
from longpole.model.event import Score
from longpole.reports import input_patterns
from longpole.reports.input_patterns import INPUT_PATTERNS
from longpole.reports.patterns import PATTERNS
from longpole.reports.statistics import STATISTICS
from longpole.reports.statistics_views import Statistics
from longpole.store.engine import Engine
from longpole.store.store import open_store
from stored_executions import DAY_NS, MONDAY_NS, SECOND, Made

WEEK = [("from", to_rfc3339(MONDAY_NS + 7 * DAY_NS)), ("to", to_rfc3339(MONDAY_NS + 14 * DAY_NS))]
HOUR_NS = 3600 * SECOND


@pytest.fixture
def store() -> Iterator[Engine]:
    engine = open_store(":memory:")
    yield engine
    engine.close()


def two_weeks(*, rate: float = 0.05, slower: float = 1.0, first_day: int = 0, count: int = 30) -> Made:
    """Executions of two weeks; in the second week they fail at `rate` and take so many times as long."""
    chance, made = random.Random(4), Made()
    for day in range(first_day, 14):
        is_second = day >= 7
        for _ in range(count):
            made.execution(
                MONDAY_NS + day * DAY_NS + chance.randrange(DAY_NS),
                status="failed" if chance.random() < (rate if is_second else 0.05) else "success",
                duration_ns=int(chance.lognormvariate(0, 0.3) * SECOND * (slower if is_second else 1)),
                self_input_tokens=100, self_output_tokens=chance.randrange(10, 20),
                self_cost_usd_nanos=chance.randrange(1000, 2000), credits=2.0,
            )  # fmt: skip
    return made


def asked(store: Engine, made: Made) -> Statistics:
    store.write(made.batch)
    return STATISTICS.ask(store, WEEK)


def notable(found: Statistics) -> set[str]:
    fields = {name: getattr(found, name) for name in found.__struct_fields__}
    return {name for name, figure in fields.items() if getattr(figure, "is_notable", False)} - {"success_and_duration"}


def test_two_equal_weeks_have_no_notable_change(store: Engine) -> None:
    found = asked(store, two_weeks())
    assert notable(found) == set()
    assert (found.executions.value, found.executions.previous, found.executions.change) == (210, 210, 0)
    assert found.is_previous_whole
    assert found.mean_credits.value == 2.0
    assert found.credits.value == 420.0
    assert found.tokens.value == pytest.approx(210 * 114.5, rel=0.01)


def test_slower_executions_and_more_failures_are_notable_with_their_size(store: Engine) -> None:
    found = asked(store, two_weeks(rate=0.3, slower=1.4))
    assert notable(found) - {"p95_ns", "p99_ns"} == {"success_rate", "mean_ns", "p50_ns"}
    assert found.p50_ns.change == pytest.approx(0.4, abs=0.1)
    assert found.success_rate.change == pytest.approx(-0.25, abs=0.08)


def test_a_period_before_the_first_execution_is_not_compared_by_counts(store: Engine) -> None:
    found = asked(store, two_weeks(first_day=4))
    assert not found.is_previous_whole
    assert found.executions.is_notable is None
    assert found.cost_usd.is_notable is None


def test_nothing_before_and_nothing_at_all_are_unknown_not_zero(store: Engine) -> None:
    found = asked(store, two_weeks(first_day=7))
    assert (found.success_rate.previous, found.p50_ns.previous, found.cost_usd.previous) == (None, None, None)
    empty = STATISTICS.ask(store, [*WEEK, ("agent", "nobody")])
    assert (empty.executions.value, empty.success_rate.value, empty.cost_usd.value) == (0, None, None)


def test_few_executions_are_too_few_to_tell(store: Engine) -> None:
    found = asked(store, two_weeks(count=1, rate=1.0, slower=9))
    assert (found.success_rate.is_notable, found.mean_ns.is_notable) == (None, None)


def test_skipped_and_running_executions_are_in_no_duration(store: Engine) -> None:
    made = Made()
    at = MONDAY_NS + 8 * DAY_NS
    made.execution(at, duration_ns=2 * SECOND)
    made.execution(at, status="skipped", duration_ns=1)
    made.execution(at, status="running", duration_ns=None)
    found = asked(store, made)
    assert (found.running, found.succeeded, found.failed, found.skipped) == (1, 1, 0, 1)
    assert (found.mean_ns.value, found.success_rate.value) == (2 * SECOND, 1.0)


def test_sampled_executions_stand_for_several(store: Engine) -> None:
    made = Made()
    at = MONDAY_NS + 8 * DAY_NS
    made.execution(at, weight=9.0, duration_ns=SECOND)
    made.execution(at, status="failed", duration_ns=11 * SECOND)
    found = asked(store, made)
    assert (found.executions.value, found.success_rate.value, found.mean_ns.value) == (10, 0.9, 2 * SECOND)


def test_failed_executions_that_end_early_are_told(store: Engine) -> None:
    made = Made()
    for number in range(100):
        is_bad = number % 3 == 0
        made.execution(
            MONDAY_NS + 8 * DAY_NS + number, status="failed" if is_bad else "success",
            duration_ns=(number + 1) * (10 if is_bad else 40) * 1_000_000,
        )  # fmt: skip
    both = asked(store, made).success_and_duration
    assert both.is_notable
    assert both.longer is not None
    assert both.longer < -0.3
    assert (both.failed_p50_ns or 0) < (both.succeeded_p50_ns or 0)
    assert sum(band.executions for band in both.bands) == 100
    assert (both.bands[0].success_rate or 0) < (both.bands[-1].success_rate or 0)


def test_scores_that_fall_with_duration_are_told(store: Engine) -> None:
    chance, made = random.Random(8), Made()
    for number in range(60):
        run = made.execution(MONDAY_NS + 8 * DAY_NS + number, duration_ns=(number + 1) * 100_000_000)
        for name, value in (("helpful", 1 - number / 60), ("luck", chance.random())):
            made.batch.scores.append(
                Score(
                    workspace="default", execution_id=run.execution_id, trace_id=run.trace_id, name=name, value=value,
                    time_ns=run.started_ns, received_ns=1,
                )
            )  # fmt: skip
    scores = {one.name: one for one in asked(store, made).speed_and_scores}
    assert scores["helpful"].correlation == pytest.approx(-1)
    assert scores["helpful"].is_notable
    assert (scores["helpful"].fast_mean or 0) > (scores["helpful"].slow_mean or 1)
    assert not scores["luck"].is_notable


def test_a_failing_hour_and_a_slow_way_are_named_in_words(store: Engine) -> None:
    chance, made = random.Random(9), Made()
    for day in range(7, 14):
        for hour in range(24):
            for _ in range(12):
                is_slow = chance.random() < 0.2
                made.execution(
                    MONDAY_NS + day * DAY_NS + hour * HOUR_NS + chance.randrange(HOUR_NS),
                    status="failed" if chance.random() < (0.4 if hour == 3 else 0.04) else "success",
                    duration_ns=int(chance.lognormvariate(0, 0.5) * SECOND * (2 if is_slow else 1)),
                    path="llm > tool ask" if is_slow else "llm", path_hash="2" if is_slow else "1",
                    cost_usd_nanos=10**9,
                )  # fmt: skip
    store.write(made.batch)
    found = PATTERNS.ask(store, WEEK)
    assert [one.place for one in found.hours if one.is_failing] == [3]
    assert not any(one.is_slow or one.is_busy for one in found.hours)
    assert [(one.path, one.is_slow, one.is_failing) for one in found.paths] == [
        ("llm", False, False), ("llm > tool ask", True, False),
    ]  # fmt: skip
    assert [one.share for one in found.paths] == pytest.approx([0.8, 0.2], abs=0.03)
    assert found.paths[1].times_as_long == pytest.approx(2, rel=0.15)
    assert found.paths[1].mean_cost_usd == 1.0
    assert len(found.sentences) == 2
    assert found.sentences[0].startswith("In the hour from 03:00 UTC ")
    assert "take" in found.sentences[1]


def inputs(store: Engine, *, is_hashed: bool = False) -> None:
    chance, made = random.Random(10), Made()
    for day in range(7, 14):
        for _ in range(150):
            region = chance.choice(("eu", "us", "asia"))
            shown = f"sha256:{region * 8}" if is_hashed else region
            made.execution(
                MONDAY_NS + day * DAY_NS + chance.randrange(DAY_NS),
                status="failed" if chance.random() < (0.35 if region == "asia" else 0.05) else "success",
                given=json.dumps({"region": shown, "order": {"id": chance.randrange(10**9)}}),
            )
    made.batch.bodies = [
        replace(body, attributes='{"tenant": "acme", "gen_ai.system": "x", "error.type": "y"}')
        for body in made.batch.bodies
    ]
    store.write(made.batch)


@pytest.mark.parametrize("is_hashed", [False, True])
def test_a_bad_input_value_is_named_in_words(store: Engine, is_hashed: bool) -> None:
    inputs(store, is_hashed=is_hashed)
    found = INPUT_PATTERNS.ask(store, WEEK)
    [pattern] = found.patterns
    assert (pattern.key, pattern.relation, pattern.effect) == ("input.region", "=", "failing")
    assert pattern.value == (f"sha256:{'asia' * 8}" if is_hashed else "asia")
    assert pattern.with_it == pytest.approx(0.35, abs=0.06)
    assert pattern.sentence.startswith("Where input.region = ")
    assert (found.executions, found.sampled, found.with_input) == (1050, 1050, 1050)


def test_keys_are_told_with_their_success_and_conventions_are_no_inputs(store: Engine) -> None:
    inputs(store)
    keys = {one.key: one for one in INPUT_PATTERNS.ask(store, WEEK).keys}
    assert set(keys) == {"input.region", "input.order.id", "attribute.tenant"}
    assert keys["input.region"].share == pytest.approx(1)
    assert keys["input.region"].success_rate == pytest.approx(0.85, abs=0.05)


def test_inputs_that_are_no_json_and_no_inputs_at_all_are_no_trouble(store: Engine) -> None:
    made = Made()
    for number in range(50):
        made.execution(MONDAY_NS + 8 * DAY_NS + number, given=("{broken" if number % 2 else "x" * 99_999))
    made.execution(MONDAY_NS + 8 * DAY_NS)
    store.write(made.batch)
    found = INPUT_PATTERNS.ask(store, WEEK)
    assert (found.patterns, found.with_input) == ([], 50)


def test_a_sample_of_many_is_those_of_the_lowest_digits(store: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(input_patterns, "MOST_FAILED", 20)
    monkeypatch.setattr(input_patterns, "MOST_SUCCEEDED", 40)
    made = Made()
    chance = random.Random(3)
    for number in range(400):
        digits = 10**6 if number < 200 else chance.randrange(10**6)  # many starts of one clock end alike
        at_ns = (MONDAY_NS + 8 * DAY_NS) // 1_000_003 * 1_000_003 + number * 1_000_003 + digits
        made.execution(at_ns, status="failed" if number % 4 == 0 else "success", given='{"n": 1}')
    store.write(made.batch)
    found = INPUT_PATTERNS.ask(store, WEEK)
    assert (found.executions, found.sampled, found.with_input) == (400, 60, 60)
    [key] = found.keys
    assert key.success_rate == pytest.approx(0.75)


def test_a_sample_is_as_large_where_hardly_any_digits_differ(store: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(input_patterns, "MOST_FAILED", 20)
    monkeypatch.setattr(input_patterns, "MOST_SUCCEEDED", 40)
    made = Made()
    for number in range(400):
        at_ns = (MONDAY_NS + 8 * DAY_NS) // 1_000_003 * 1_000_003 + number * 1_000_003 + 999_999
        made.execution(at_ns, status="failed" if number % 4 == 0 else "success", given='{"n": 1}')
    store.write(made.batch)
    assert INPUT_PATTERNS.ask(store, WEEK).sampled == 60
