import numpy as np
import pytest

from longpole.analysis.wandering import GAINS, Outlooks, wandering


def outlooks(days: list[float], values: list[float], ahead: int) -> Outlooks:
    """Without a rhythm: the levels for each gain, then those with a trend."""
    future = days[-1] + 1.0 + np.arange(ahead)
    none = np.empty((len(days), 0)), np.empty((ahead, 0))
    return wandering(np.array(days), np.array(values), future, *none)


def test_a_gain_of_one_goes_on_where_the_last_day_was():
    days = np.arange(40.0)
    values = np.cumsum(np.random.default_rng(1).normal(0, 1, 40))
    found = outlooks(days.tolist(), values.tolist(), 9)
    walk = GAINS.tolist().index(1.0)
    assert found.middle[walk] == pytest.approx(np.full(9, values[-1]))
    assert found.error[walk] / found.error[walk, 0] == pytest.approx(np.sqrt(np.arange(1, 10)))
    drift = (values[-1] - values[0]) / 39
    assert found.middle[len(GAINS) + walk] == pytest.approx(values[-1] + drift * np.arange(1, 10), abs=0.2)


def test_levels_follow_each_day_by_their_gain():
    values = np.random.default_rng(2).normal(50, 5, 30)
    found = outlooks(np.arange(30.0).tolist(), values.tolist(), 1)
    for place, gain in enumerate(GAINS.tolist()):
        # The level at the start is the one that tells the days best; by then it hardly counts.
        level = float(values[0])
        for value in values.tolist():
            level += gain * (value - level)
        assert found.middle[place, 0] == pytest.approx(level, abs=0.05)


def test_a_jump_over_days_that_are_not_known_is_worth_less_than_one_from_day_to_day():
    values = np.random.default_rng(3).normal(0, 1, 30).cumsum()
    values[-1] = values[-2] + 5
    walk = GAINS.tolist().index(1.0)
    at_once = outlooks(np.arange(30.0).tolist(), values.tolist(), 1)
    over_days = outlooks([*range(29), 38.0], values.tolist(), 1)
    assert over_days.error[walk, 0] < at_once.error[walk, 0]
    assert over_days.evidence[walk] > at_once.evidence[walk]
    assert over_days.middle[walk, 0] == pytest.approx(values[-1])


def test_series_that_walk_are_told_best_by_a_gain_of_one_and_those_that_stay_by_the_least():
    random = np.random.default_rng(4)
    days = np.arange(60.0).tolist()
    noise = random.normal(0, 1, (20, 60))
    walks = sum(outlooks(days, each.cumsum().tolist(), 1).evidence[: len(GAINS)] for each in noise)
    stays = sum(outlooks(days, each.tolist(), 1).evidence[: len(GAINS)] for each in noise)
    assert np.argmax(walks) == len(GAINS) - 1
    assert np.argmax(stays) == 0


def test_a_rhythm_is_not_taken_for_wandering():
    days = np.arange(42.0)
    week = np.array([0.0, 5.0, 1.0, 4.0, 2.0, 3.0, 9.0])
    future = 42.0 + np.arange(7)
    rhythm = [(each[:, np.newaxis] % 7 == np.arange(1, 7)).astype(float) for each in (days, future)]
    found = wandering(days, 100 + week[days.astype(int) % 7], future, *rhythm)
    assert found.middle == pytest.approx(np.tile(100 + week, (2 * len(GAINS), 1)), abs=1e-3)
