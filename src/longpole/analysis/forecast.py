"""Where a daily count is going: a straight trend with a weekly rhythm, and how far off it may be.

Least squares on a constant, the day and the day of the week, with the prediction interval of linear regression: it
holds the noise of a day and the error of the estimate, and so widens with the distance. Where days resemble the day
before, fewer of them tell anything of their own: the error of the estimate grows by (1 + rho) / (1 - rho) for the
correlation rho of the residuals. The days before the last change of level are left out, and days beyond three robust
deviations of the line are drawn in. Whether counts or their logarithms follow the line better is told by the likelihood
before that.
"""

from collections.abc import Sequence
from math import exp, log, sqrt

import numpy as np
from msgspec import Struct
from numpy.typing import ArrayLike, NDArray

from longpole.analysis.change_points import Change, find_all_changes

LEAST_DAYS = 14
"""A shorter history is not continued."""

LONGEST_AHEAD = 90
_WEEK = 7
_LEAST_WEEKS = 3  # before days of the week are told apart
_Z_80 = 1.2816
_LARGEST_RHO = 0.9
_FAR = 3.0  # robust standard deviations
_MAD = 1.4826  # a standard deviation in median absolute deviations

Floats = NDArray[np.float64]


class Forecast(Struct, frozen=True):
    """What is expected of one day, and the bounds between which it will be with 80 % probability."""

    expected: float
    low: float
    high: float


class Reached(Struct, frozen=True):
    """In how many days a limit is reached: expected, and at the earliest and latest (80 %); `None` is not in sight."""

    expected: int | None
    earliest: int | None
    latest: int | None


class _Fit(Struct, frozen=True):
    weights: Floats
    spread: Floats  # the inverse of X'X
    noise: float
    inflation: float  # of the variance of the weights, because following days resemble each other
    freedom: int
    likelihood: float


def forecast_days(values: Sequence[float | None], ahead: int, *, has_weeks: bool = True) -> list[Forecast]:
    """What comes after a series of days; see `forecast_all`."""
    row = np.array([np.nan if value is None else value for value in values], dtype=np.float64)
    return forecast_all(row[np.newaxis], ahead, has_weeks=has_weeks)[0]


def forecast_all(series: ArrayLike, ahead: int, *, has_weeks: bool = True) -> list[list[Forecast]]:
    """What comes after each of several series of the same days; empty where fewer than 14 days are known.

    Args:
        series: a row for each with one count for each day, 0 or more; NaN where it is not known.
        ahead: how many days to look ahead, at most 90.
        has_weeks: whether a rhythm of seven points is looked for.

    Cost: 0.5 ms a series of 60 days and 90 days ahead.
    """
    rows = np.array(series, dtype=np.float64, ndmin=2)
    changes = find_all_changes(rows, period=_WEEK if has_weeks else None)
    return [_continued(row, last, ahead, has_weeks=has_weeks) for row, last in zip(rows, changes, strict=True)]


def _continued(row: Floats, changes: Sequence[Change], ahead: int, *, has_weeks: bool) -> list[Forecast]:
    known = np.flatnonzero(~np.isnan(row))
    if len(known) < LEAST_DAYS:
        return []
    if changes and (known >= changes[-1].index).sum() >= LEAST_DAYS:
        known = known[known >= changes[-1].index]
    days, counts = known.astype(np.float64), row[known]
    is_weekly = has_weeks and len(known) >= _LEAST_WEEKS * _WEEK
    plain = _fitted(days, counts, is_weekly=is_weekly)
    chosen, has_logs = plain, False
    if counts.min() > 0:
        logs = _fitted(days, np.log(counts), is_weekly=is_weekly)
        # The density of a count is that of its logarithm, divided by the count.
        if logs.likelihood - float(np.log(counts).sum()) > plain.likelihood:
            chosen, has_logs = logs, True
    future = np.arange(len(row), len(row) + min(ahead, LONGEST_AHEAD), dtype=np.float64)
    return _predicted(chosen, _design(future, is_weekly=is_weekly), has_logs=has_logs)


def when_reached(days: Sequence[Forecast], limit: float) -> Reached:
    """When a forecast reaches a limit; the first day ahead is 1."""

    def first(values: Sequence[float]) -> int | None:
        return next((place for place, value in enumerate(values, 1) if value >= limit), None)

    return Reached(
        expected=first([day.expected for day in days]),
        earliest=first([day.high for day in days]),
        latest=first([day.low for day in days]),
    )


def _design(days: Floats, *, is_weekly: bool) -> Floats:
    columns = [np.ones_like(days), days]
    if is_weekly:
        columns += [(days.astype(np.intp) % _WEEK == phase).astype(np.float64) for phase in range(1, _WEEK)]
    return np.stack(columns, axis=1)


def _fitted(days: Floats, values: Floats, *, is_weekly: bool) -> _Fit:
    x = _design(days, is_weekly=is_weekly)
    spread: Floats = np.linalg.pinv(x.T @ x).astype(np.float64)
    hat: Floats = spread @ x.T
    rest = values - x @ (hat @ values)
    likelihood = -len(values) / 2 * log(max(float(rest @ rest) / len(values), 1e-12))
    bound = _FAR * _MAD * float(np.median(np.abs(rest)))
    values = values - rest + np.clip(rest, -bound, bound) if bound > 0 else values
    weights = hat @ values
    rest = values - x @ weights
    freedom = max(1, len(values) - x.shape[1])
    variance = max(float(rest @ rest) / freedom, 1e-12)
    rho = min(max(_autocorrelation(days, rest), 0.0), _LARGEST_RHO)
    return _Fit(weights, spread, sqrt(variance), (1 + rho) / (1 - rho), freedom, likelihood)


def _autocorrelation(days: Floats, rest: Floats) -> float:
    """The correlation of what is left of following days, corrected for what level and trend take from it.

    Marriott and Pope 1954. Days of the week take nothing: their rhythms are as often against as with it.
    """
    size = float(rest @ rest)
    if size <= 0:
        return 0.0
    rho = float((rest[1:] * rest[:-1])[np.diff(days) == 1].sum()) / size
    return rho + (1 + 3 * max(rho, 0.0)) * 2 / len(rest)


def _predicted(fit: _Fit, x: Floats, *, has_logs: bool) -> list[Forecast]:
    middle = x @ fit.weights
    bound = _t_80(fit.freedom) * fit.noise * np.sqrt(1 + fit.inflation * ((x @ fit.spread) * x).sum(axis=1))
    found: list[Forecast] = []
    for expected, wide in zip(middle.tolist(), bound.tolist(), strict=True):
        if has_logs:
            values = [exp(min(value, 700.0)) for value in (expected, expected - wide, expected + wide)]
        else:
            values = [max(value, 0.0) for value in (expected, expected - wide, expected + wide)]
        found.append(Forecast(*values))
    return found


def _t_80(freedom: int) -> float:
    """Between -t and t lie 80 % of Student's distribution (Cornish and Fisher's expansion, Abramowitz 26.7.5)."""
    z, n = _Z_80, freedom
    return z + (z**3 + z) / (4 * n) + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * n**2)
