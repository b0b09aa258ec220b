"""The numbers behind rules: from stored executions, now and moment by moment of past days, by the same arithmetic."""

from collections.abc import Iterator
from typing import Any

import pytest

from longpole.alerting.readings import moment_now, moments_between
from longpole.alerting.replay import replay, unknown_past
from longpole.alerting.rule_text import RuleText
from longpole.alerting.rules import Rule, read_rule
from longpole.model.batch import Batch
from longpole.model.clock import DAY_NS, HOUR_NS, MINUTE_NS
from longpole.model.process import ProcessSeen
from longpole.store.engine import Engine
from longpole.store.store import open_store
from stored_executions import MONDAY_NS, SECOND, Made

NOW_NS = MONDAY_NS + 12 * HOUR_NS


@pytest.fixture
def store() -> Iterator[Engine]:
    engine = open_store(":memory:")
    yield engine
    engine.close()


def rule(**text: Any) -> Rule:
    return read_rule(RuleText(name="r", **text), made_ns=NOW_NS - DAY_NS)


def now(store: Engine, **text: Any) -> dict[str, float | None]:
    return {subject: sample.value for subject, sample in moment_now(store, rule(**text), NOW_NS).items()}


def fill(store: Engine) -> None:
    """Two agents in the last quarter of an hour: `a` fails one of four, `b` costs; an older one of `a` ran long."""
    made = Made()
    for number in range(12):
        failed = "failed" if number % 4 == 0 else "success"
        made.execution(NOW_NS - (number + 1) * 60 * SECOND, agent="a", status=failed, duration_ns=(number + 1) * SECOND)
    for number in range(4):
        root = made.execution(
            NOW_NS - (number + 2) * 60 * SECOND, agent="b", user_id="u1" if number else "u2", credits=2.0, retries=1,
            self_input_tokens=100, self_output_tokens=20, self_cost_usd_nanos=10**9,
            input_tokens=100, output_tokens=20, cost_usd_nanos=10**9, duration_ns=60 * SECOND,
        )  # fmt: skip
        made.step(root, "ask the model", duration_ns=2 * SECOND, is_counted=True, cost_usd_nanos=10**9)
    made.execution(NOW_NS - 2 * HOUR_NS, agent="a", duration_ns=2 * HOUR_NS - MINUTE_NS)
    made.execution(NOW_NS - 5 * MINUTE_NS, agent="b", status="running", duration_ns=None)
    made.execution(NOW_NS - 5 * MINUTE_NS, agent="b", status="skipped")
    store.write(made.batch)


def test_every_statistic_is_that_of_what_ended_in_the_window(store: Engine) -> None:
    fill(store)
    assert now(store, watch="executions", above="1") == {"": 19.0}
    assert now(store, watch="failures", above="1") == {"": 3.0}
    assert now(store, watch="failure_rate", above="1 %") == {"": pytest.approx(3 / 17)}
    assert now(store, watch="failure_rate", above="1 %", by="agent", at_least="4") == {
        "a": pytest.approx(3 / 13),
        "b": 0,
    }
    assert now(store, watch="skipped_rate", above="1 %") == {"": pytest.approx(1 / 19)}
    assert now(store, watch="cost", above="$ 1") == {"": 4e9}
    assert now(store, watch="cost_each", above="$ 1", at_least="1") == {"": 1e9}
    assert now(store, watch="tokens", above="1") == {"": 480.0}
    assert now(store, watch="credits", above="1") == {"": 8.0}
    assert now(store, watch="retries", above="1") == {"": 4.0}
    assert now(store, watch="cost", above="$ 1", by="user") == {"": None, "u1": 3e9, "u2": 1e9}
    assert now(store, watch="p50_duration", above="1 s", agent="b") == {"": None}  # too few
    assert now(store, watch="p50_duration", above="1 s", agent="b", at_least="4") == {"": pytest.approx(6e10, rel=0.01)}
    assert now(store, watch="p99_duration", above="1 s", agent="a") == {"": pytest.approx(7.14e12, rel=0.01)}
    assert now(store, watch="mean_duration", above="1 s", agent="b", at_least="4", user="u1") == {"": None}
    assert now(store, watch="concurrency", above="1", agent="b") == {"": 2.0}


def test_steps_have_statistics_of_their_own(store: Engine) -> None:
    fill(store)
    step = {"step": "ask the model", "at_least": "1"}
    assert now(store, watch="p95_duration", above="1 s", **step) == {"": pytest.approx(2e9, rel=0.01)}
    assert now(store, watch="cost", above="$ 1", **step) == {"": 4e9}
    assert now(store, watch="failure_rate", above="1 %", **step) == {"": 0.0}
    assert now(store, watch="executions", above="1", by="step") == {"ask the model": 4.0}


def test_where_nothing_ran_a_sum_is_nothing_and_a_share_unknown(store: Engine) -> None:
    assert now(store, watch="executions", below="1") == {"": 0.0}
    assert now(store, watch="cost", above="$ 1") == {"": 0.0}
    assert now(store, watch="failure_rate", above="1 %") == {"": None}
    assert now(store, watch="p95_duration", above="1 s") == {"": None}
    assert now(store, watch="failure_rate", above="1 %", by="agent") == {}


def test_money_that_nobody_told_is_unknown(store: Engine) -> None:
    made = Made()
    made.execution(NOW_NS - MINUTE_NS)
    store.write(made.batch)
    assert now(store, watch="cost", above="$ 1") == {"": None}


def test_what_processes_dropped_is_counted(store: Engine) -> None:
    seen = ProcessSeen(workspace="default", process="p", last_heard_ns=NOW_NS - MINUTE_NS, dropped=7)
    store.write(Batch(processes=[seen]))
    assert now(store, watch="dropped", above="0") == {"": 7.0}
    assert "cannot be replayed" in (unknown_past(rule(watch="dropped", above="0")) or "")
    assert unknown_past(rule(watch="failures", above="0")) is None


def test_absence_counts_from_the_last_start_or_from_when_the_rule_was_made(store: Engine) -> None:
    assert now(store, absent_for="1 h", agent="a") == {"": float(DAY_NS)}
    fill(store)
    assert now(store, absent_for="1 h", agent="a") == {"": float(60 * SECOND)}
    assert now(store, absent_for="1 h", by="agent") == {"a": float(60 * SECOND), "b": float(120 * SECOND)}
    assert now(store, absent_for="1 h", agent="never") == {"": float(DAY_NS)}


def test_the_last_moment_of_the_past_is_what_is_known_now(store: Engine) -> None:
    fill(store)
    for text in (
        {"watch": "failure_rate", "above": "1 %", "by": "agent"},
        {"watch": "p95_duration", "above": "1 s"},
        {"watch": "cost", "above": "$ 1"},
        {"watch": "concurrency", "above": "1"},
        {"absent_for": "1 h", "by": "agent"},
        {"budget": "$ 1", "per": "day"},
    ):
        one = rule(**text)
        past = moments_between(store, one, NOW_NS - 2 * DAY_NS, NOW_NS)
        assert past[-1][0] == NOW_NS, text
        assert past[-1][1] == moment_now(store, one, NOW_NS), text


def test_a_replay_tells_when_a_rule_would_have_fired_and_cleared(store: Engine) -> None:
    made = Made()
    for minute in range(0, 3 * 24 * 60, 2):
        is_bad = 1500 <= minute < 1620
        at_ns = NOW_NS - 3 * DAY_NS + minute * MINUTE_NS
        made.execution(at_ns, status="failed" if is_bad and minute % 4 else "success")
    store.write(made.batch)
    one = rule(watch="failure_rate", above="10 %", over="30 min", clears_after="10 min")
    found = replay(store, one, NOW_NS - 3 * DAY_NS, NOW_NS)
    [episode] = found.episodes
    began = (episode.fired_ns - (NOW_NS - 3 * DAY_NS)) / MINUTE_NS
    assert 1505 <= began <= 1530
    assert episode.cleared_ns is not None
    assert 1620 <= (episode.cleared_ns - (NOW_NS - 3 * DAY_NS)) / MINUTE_NS <= 1670
    assert episode.worst == pytest.approx(0.5, abs=0.05)
    assert len(found.times_ns) == len(found.lines[0].values) <= 720


def test_a_replay_of_a_budget_begins_anew_with_each_day(store: Engine) -> None:
    made = Made()
    for hour in range(3 * 24):
        cost = 10**9 if hour // 24 == 1 else 10**8
        made.execution(NOW_NS - NOW_NS % DAY_NS - 3 * DAY_NS + hour * HOUR_NS, self_cost_usd_nanos=cost)
    store.write(made.batch)
    found = replay(store, rule(budget="$ 12", per="day"), NOW_NS - 4 * DAY_NS, NOW_NS)
    [episode] = found.episodes
    assert (episode.level, episode.worst) == ("critical", 24e9)
    assert (episode.cleared_ns or 0) - (NOW_NS - NOW_NS % DAY_NS - DAY_NS) == HOUR_NS


def test_a_change_for_the_worse_is_found_by_agent(store: Engine) -> None:
    made = Made()
    for hour in range(28 * 24):
        at_ns = NOW_NS - 28 * DAY_NS + hour * HOUR_NS
        slow = 2 if hour >= 21 * 24 else 1
        for agent, factor in (("steady", 1), ("slower", slow)):
            for place in range(2):
                made.execution(at_ns + place, agent=agent, duration_ns=factor * SECOND + (hour * 7919) % 97 * 10**6)
    store.write(made.batch)
    found = moment_now(store, rule(change_of="p50"), NOW_NS)
    assert set(found) == {"slower"}
    assert found["slower"].value == pytest.approx(0.95, abs=0.1)
    assert "p50" in found["slower"].about
