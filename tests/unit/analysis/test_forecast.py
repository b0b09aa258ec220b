import numpy as np
import pytest
from numpy.typing import ArrayLike

from longpole.analysis.forecast import Forecast, forecast_all, forecast_days, when_reached


def history(seed: int, days: int, *, has_percentages: bool) -> list[float]:
    """Daily calls with a trend, a weekly rhythm and noise of 8 %."""
    random = np.random.default_rng(seed)
    day = np.arange(days)
    trend = random.uniform(200, 2000) * (1 + random.uniform(-0.003, 0.01) * day)
    weekly, noise = random.normal(0, 0.15, 7)[day % 7], random.normal(0, 0.08, days)
    return list(trend * np.exp(weekly + noise) if has_percentages else trend * (1 + weekly) + trend[0] * noise)


@pytest.mark.parametrize("has_percentages", [True, False])
@pytest.mark.parametrize("ahead", [1, 7, 28])
def test_four_of_five_days_end_up_between_the_bounds(ahead: int, has_percentages: bool):
    series = np.array([history(seed, 60 + ahead, has_percentages=has_percentages) for seed in range(300)])
    assert 0.7 <= share_inside(series, ahead) <= 0.9


def test_days_that_resemble_the_day_before_and_days_far_off_leave_the_bounds_true():
    random = np.random.default_rng(4)
    noise = random.normal(0, 0.08, (300, 88))
    for day in range(1, 88):
        noise[:, day] = 0.5 * noise[:, day - 1] + 0.75**0.5 * noise[:, day]
    assert 0.7 <= share_inside(1000 * np.exp(noise), 28) <= 0.9
    far = 1 + (random.random((300, 61)) < 0.03) * 1.5
    assert 0.7 <= share_inside(1000 * np.exp(random.normal(0, 0.08, (300, 61))) * far, 1) <= 0.9


@pytest.mark.parametrize("ahead", [1, 28])
def test_four_of_five_days_of_a_level_that_wanders_end_up_between_the_bounds(ahead: int):
    random = np.random.default_rng(9)
    weekly = random.normal(0, 0.15, (300, 7))[:, np.arange(60 + ahead) % 7]
    levels = np.cumsum(random.normal(0, 0.05, (300, 60 + ahead)), axis=1)
    assert 0.7 <= share_inside(1000 * np.exp(weekly + levels), ahead) <= 0.9


def test_a_series_that_just_moved_is_continued_from_where_it_is():
    random = np.random.default_rng(5)
    days = forecast_days([*random.normal(100, 3, 50), *random.normal(300, 3, 8)], 7, has_weeks=False)
    assert all(250 < day.expected < 350 for day in days)


def share_inside(given: ArrayLike, ahead: int) -> float:
    """The share of series whose last day is between the bounds, `ahead` days before."""
    series = np.asarray(given, dtype=np.float64)
    days = [found[-1] for found in forecast_all(series[:, :60], ahead)]
    return sum(day.low <= came <= day.high for day, came in zip(days, series[:, -1], strict=True)) / len(series)


def test_a_history_of_under_two_weeks_is_not_continued():
    assert forecast_days([100.0] * 13, 7) == []
    assert forecast_days([100.0, None] * 13, 7) == []


def test_days_before_the_level_changed_do_not_count():
    random = np.random.default_rng(1)
    before, after = random.normal(100, 3, 40), random.normal(300, 9, 25)
    days = forecast_days([*before, *after], 7, has_weeks=False)
    assert all(270 < day.expected < 330 for day in days)


def test_counts_are_never_expected_below_nothing():
    falling = [max(0.0, 60.0 - 2 * day) for day in range(28)]
    assert all(0 <= day.low <= day.expected <= day.high for day in forecast_days(falling, 30))


def test_a_limit_is_reached_first_by_the_upper_bound_and_last_by_the_lower():
    days = [Forecast(10.0 * day, 8.0 * day, 12.0 * day) for day in range(1, 91)]
    reached = when_reached(days, 120)
    assert (reached.earliest, reached.expected, reached.latest) == (10, 12, 15)
    assert when_reached(days, 800).latest is None
