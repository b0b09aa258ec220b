"""When a rule fires and when it is over: limits, how long, how sure, and nothing on noise."""

import random

import pytest

from longpole.alerting.budgets import forecast_rest, period_end, period_start
from longpole.alerting.evaluate import (
    UNKNOWN,
    Sample,
    Standing,
    decide,
    mean_sample,
    quantile_sample,
    share_sample,
)
from longpole.alerting.rule_text import RuleText
from longpole.alerting.rules import Rule, read_rule
from longpole.model.alert import AlertLevel, AlertState
from longpole.model.buckets import duration_bucket
from longpole.model.clock import MINUTE_NS, from_rfc3339, to_rfc3339


def rule(**text: str) -> Rule:
    return read_rule(RuleText(name="r", **text))  # pyright: ignore[reportArgumentType]


def told(one: Rule, values: list[float | None]) -> list[str]:
    """How a rule stands after each value, one a minute; a dot where nothing is kept."""
    standing: Standing | None = None
    found: list[str] = []
    for minute, value in enumerate(values):
        sample = UNKNOWN if value is None else Sample.exact(value, 1)
        standing = decide(one, sample, standing, minute * MINUTE_NS)
        found.append("." if standing is None else standing.state[0])
    return found


def test_a_rule_fires_only_after_its_condition_has_held() -> None:
    held = rule(watch="executions", above="10", hold="2 min", clears_after="1 min")
    assert told(held, [11, 11, 5, 11, 11, 11, 11]) == ["p", "p", ".", "p", "p", "f", "f"]
    assert told(rule(watch="executions", above="10"), [11]) == ["f"]
    assert told(rule(watch="executions", below="10"), [11, 9]) == [".", "f"]


def test_a_value_around_the_limit_does_not_flap() -> None:
    one = rule(watch="executions", above="10", clears_at="8", clears_after="3 min")
    assert told(one, [11, 9, 11, 9, 11, 7, 9, 7, 7, 7, 7, 7]) == [*"ffffffffffc."]
    assert told(one, [11, 7, 7, 11, 7, 7, 7, 7]) == [*"fffffffc"]


def test_what_is_unknown_neither_fires_nor_clears_until_a_whole_window_is_unknown() -> None:
    one = rule(watch="failure_rate", above="5 %", over="5 min", clears_after="1 min")
    assert told(one, [None, None]) == [".", "."]
    assert told(one, [0.5, None, None, None, None, None, None]) == [*"ffffffc"]
    held = rule(watch="failure_rate", above="5 %", hold="2 min")
    assert told(held, [0.5, None, 0.5]) == ["p", ".", "p"]


def test_a_share_of_a_few_executions_is_no_alarm() -> None:
    one = rule(watch="failure_rate", above="5 %")
    assert decide(one, share_sample(1, 10, 10, 10), None, 0) is None
    assert decide(one, share_sample(3, 20, 20, 20), None, 0) is None
    assert decide(one, share_sample(6, 20, 20, 20), None, 0) is not None
    # Ten of which each stands for ten others tell as much as ten.
    assert decide(one, share_sample(30, 100, 1000, 10), None, 0) is None
    assert share_sample(0, 0, 0, 0).value is None


def test_the_interval_of_a_share_is_the_exact_one_for_a_few_hits() -> None:
    sample = share_sample(2, 20, 20, 20)  # by scipy.stats.binomtest(2, 20).proportion_ci(0.99)
    assert (sample.low, sample.high) == (pytest.approx(0.00529, abs=1e-5), pytest.approx(0.38711, abs=5e-3))
    many = share_sample(300, 3000, 3000, 3000)
    assert (many.low, many.high) == (pytest.approx(0.0864, abs=5e-4), pytest.approx(0.1150, abs=5e-4))


def test_a_percentile_is_above_its_limit_only_for_sure() -> None:
    one = rule(watch="p95_duration", above="2 s")
    fast = {duration_bucket(10**9): 18.0}
    assert decide(one, quantile_sample({**fast, duration_bucket(9 * 10**9): 2.0}, 20, 20, 0.95), None, 0) is None
    slow = {**fast, duration_bucket(9 * 10**9): 12.0}
    found = decide(one, quantile_sample(slow, 30, 30, 0.95), None, 0)
    assert found is not None
    assert found.value == pytest.approx(9e9, rel=0.01)
    assert quantile_sample({}, 0, 0, 0.95).value is None


def test_a_mean_has_a_wide_interval_where_values_scatter() -> None:
    even = mean_sample(30.0, 90.0, 10.0, 10.0, 10)
    assert (even.value, even.low, even.high) == (3.0, 3.0, 3.0)
    odd = mean_sample(30.0, 900.0, 10.0, 10.0, 10)
    assert odd.low is not None
    assert odd.low < 0.1
    assert mean_sample(0, 0, 0, 0, 0).value is None


def test_a_month_of_noise_at_half_the_limit_gives_no_alarm() -> None:
    one, chance = rule(watch="failure_rate", above="10 %"), random.Random(11)
    fired = 0
    for _ in range(3 * 8640):  # three months, every five minutes
        failed = sum(chance.random() < 0.05 for _ in range(20))
        fired += decide(one, share_sample(failed, 20, 20, 20), None, 0) is not None
    assert fired <= 3


def test_a_budget_warns_at_its_share_and_then_is_used_up() -> None:
    one = rule(budget="$ 10", per="day", warn_at="80 %")

    def level(spent: float, ahead_low: float | None = None) -> AlertLevel | None:
        sample = Sample(value=spent * 1e9, low=0, high=0, ahead=ahead_low, ahead_low=ahead_low)
        standing = decide(one, sample, None, 0)
        return None if standing is None else standing.level

    assert [level(spent) for spent in (7.9, 8, 10)] == [None, AlertLevel.WARNING, AlertLevel.CRITICAL]
    assert level(2, ahead_low=11e9) == AlertLevel.WARNING
    warned = decide(one, Sample.exact(8e9, 1), None, 0)
    raised = decide(one, Sample.exact(10e9, 1), warned, 1)
    lower = decide(one, Sample.exact(9e9, 1), raised, 2)
    assert raised is not None
    assert lower is not None
    assert (raised.level, lower.level) == (AlertLevel.CRITICAL, AlertLevel.CRITICAL)
    over = decide(one, Sample.exact(0.0, 0), lower, 3)
    assert over is not None
    assert over.state == AlertState.CLEARED


def test_periods_of_budgets_are_those_of_the_calendar() -> None:
    at = from_rfc3339("2026-02-15T14:05:06Z")
    found = {per: (to_rfc3339(period_start(per, at))[:16], to_rfc3339(period_end(per, at))[:16]) for per in PERIODS}
    assert found == {
        "hour": ("2026-02-15T14:00", "2026-02-15T15:00"),
        "day": ("2026-02-15T00:00", "2026-02-16T00:00"),
        "week": ("2026-02-09T00:00", "2026-02-16T00:00"),
        "month": ("2026-02-01T00:00", "2026-03-01T00:00"),
    }


def test_four_of_five_forecasts_of_a_month_hold() -> None:
    chance, held = random.Random(3), 0
    for _ in range(1000):
        days = [chance.gauss(10, 3) for _ in range(30)]
        expected, half = forecast_rest(days[:12], 18)
        held += abs(sum(days[12:]) - expected) <= half
    assert 760 <= held <= 840


PERIODS = ("hour", "day", "week", "month")
