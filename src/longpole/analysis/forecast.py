"""Where a daily count is going, along a line or wandering by itself, and how far off it may be.

The line is least squares on a constant, the day of the week and, of two lines one, the day, with the prediction
interval of linear regression: it holds the noise of a day and the error of the estimate, and so widens with the
distance. Where days resemble the day before, fewer of them tell anything of their own: the error of the estimate grows
by (1 + rho) / (1 - rho) for the correlation rho of the residuals. The days before the last change of level are left
out, and days beyond three robust deviations of the line are drawn in. Whether counts or their logarithms follow the
line better is told by the likelihood before that.

A count that nothing holds to a line looks like a trend for some weeks too, and then goes elsewhere. Sixty days seldom
tell which of the two it is. So the levels of `longpole.analysis.wandering` are continued as well, each model counts by
how well it told the days that are known, and the bounds hold 80 % of what all of them expect together.
"""

from collections.abc import Sequence
from math import sqrt

import numpy as np
from msgspec import Struct
from numpy.typing import ArrayLike, NDArray

from longpole.analysis.change_points import Change, find_all_changes
from longpole.analysis.outlooks import Z_80, Outlooks, drawn_in, evidence_of, mixed
from longpole.analysis.wandering import wandering

LEAST_DAYS = 14
"""A shorter history is not continued."""

LONGEST_AHEAD = 90
_WEEK = 7
_LEAST_WEEKS = 3  # before days of the week are told apart
_LARGEST_RHO = 0.9

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


class _Days(Struct, frozen=True):
    """Days that are known, with what was counted on each, or its logarithm; and the days at which the level moved."""

    days: Floats
    values: Floats
    moved: Sequence[int]
    has_weeks: bool

    @property
    def is_weekly(self) -> bool:
        return self.has_weeks and len(self.days) >= _LEAST_WEEKS * _WEEK

    @property
    def last(self) -> "_Days":
        """Those of the last level."""
        late = self.days >= max(self.moved, default=0)
        return _Days(self.days[late], self.values[late], [], self.has_weeks)

    @property
    def logs(self) -> "_Days":
        return _Days(self.days, np.log(self.values), self.moved, self.has_weeks)

    def design(self, days: Floats, *, has_trend: bool) -> Floats:
        """What a line is made of, a row for each of the days."""
        columns = [np.ones_like(days), days] if has_trend else [np.ones_like(days)]
        return np.column_stack([*columns, self.rhythm(days)])

    def rhythm(self, days: Floats) -> Floats:
        """A column for each day of the week but one, or none."""
        return (days[:, np.newaxis] % _WEEK == np.arange(1, _WEEK if self.is_weekly else 1)).astype(np.float64)


class _Fit(Struct, frozen=True):
    weights: Floats
    spread: Floats  # the inverse of X'X
    noise: float
    inflation: float  # of the variance of the weights, because following days resemble each other
    freedom: int


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

    Cost: 1.5 ms a series of 60 days and 90 days ahead.
    """
    rows = np.array(series, dtype=np.float64, ndmin=2)
    changes = find_all_changes(rows, period=_WEEK if has_weeks else None)
    return [_continued(row, last, ahead, has_weeks=has_weeks) for row, last in zip(rows, changes, strict=True)]


def _continued(row: Floats, changes: Sequence[Change], ahead: int, *, has_weeks: bool) -> list[Forecast]:
    known = np.flatnonzero(~np.isnan(row)).astype(np.float64)
    if len(known) < LEAST_DAYS:
        return []
    is_level = bool(changes) and (known >= changes[-1].index).sum() >= LEAST_DAYS
    seen = _Days(known, row[~np.isnan(row)], [each.index for each in changes] if is_level else [], has_weeks)
    has_logs = _has_logs(seen.last)
    if has_logs:
        seen = seen.logs if seen.values.min() > 0 else seen.last.logs
    future = len(row) + np.arange(min(ahead, LONGEST_AHEAD), dtype=np.float64)
    levels = wandering(seen.days, seen.values, future, seen.rhythm(seen.days), seen.rhythm(future))
    lines = _line(seen, future, has_trend=True).and_those(_line(seen, future, has_trend=False))
    found = np.stack(mixed(lines.and_those(levels)), axis=1)
    found = np.exp(np.minimum(found, 700.0)) if has_logs else np.maximum(found, 0.0)
    return [Forecast(*day) for day in found.tolist()]


def when_reached(days: Sequence[Forecast], limit: float) -> Reached:
    """When a forecast reaches a limit; the first day ahead is 1."""

    def first(values: Sequence[float]) -> int | None:
        return next((place for place, value in enumerate(values, 1) if value >= limit), None)

    return Reached(
        expected=first([day.expected for day in days]),
        earliest=first([day.high for day in days]),
        latest=first([day.low for day in days]),
    )


def _has_logs(seen: _Days) -> bool:
    """Whether the logarithms follow a line better; the density of a count is theirs, divided by the count."""
    if seen.values.min() <= 0:
        return False
    x = seen.design(seen.days, has_trend=True)
    both = np.stack([seen.values, seen.logs.values], axis=1)
    size = np.maximum(((both - x @ (np.linalg.pinv(x) @ both)) ** 2).mean(axis=0), 1e-12)
    plain, logs = (-len(both) / 2 * np.log(size)).tolist()
    return logs - float(both[:, 1].sum()) > plain


def _line(seen: _Days, future: Floats, *, has_trend: bool) -> Outlooks:
    """What a line through the last level expects of the days ahead; its evidence is that of all days."""
    last = seen.last
    fit, x = _fitted(last, has_trend=has_trend), last.design(future, has_trend=has_trend)
    error = fit.noise * np.sqrt(1 + fit.inflation * ((x @ fit.spread) * x).sum(axis=1)) * _t_80(fit.freedom) / Z_80
    evidence = _evidence_of_line(seen, has_trend=has_trend)
    return Outlooks(np.atleast_2d(x @ fit.weights), np.atleast_2d(error), np.atleast_1d(evidence))


def _evidence_of_line(seen: _Days, *, has_trend: bool) -> Floats:
    """How well a line told all days, with its levels moved, and with noise that resembles the day before."""
    steps = (seen.days[:, np.newaxis] >= np.array(seen.moved)).astype(np.float64)
    x = np.column_stack([seen.design(seen.days, has_trend=has_trend), steps])
    rest = seen.values - x @ (np.linalg.pinv(x) @ seen.values)
    rho = float(rest[1:] @ rest[:-1]) / max(float(rest @ rest), 1e-12)
    rest[1:] -= min(max(rho, 0.0), _LARGEST_RHO) * rest[:-1]
    return evidence_of(rest, x.shape[1] + len(seen.moved) + 1)


def _fitted(seen: _Days, *, has_trend: bool) -> _Fit:
    x, values = seen.design(seen.days, has_trend=has_trend), seen.values
    spread: Floats = np.linalg.pinv(x.T @ x).astype(np.float64)
    hat: Floats = spread @ x.T
    rest = values - x @ (hat @ values)
    values = values - rest + drawn_in(rest)
    weights = hat @ values
    rest = values - x @ weights
    freedom = max(1, len(values) - x.shape[1])
    variance = max(float(rest @ rest) / freedom, 1e-12)
    rho = min(max(_autocorrelation(seen.days, rest), 0.0), _LARGEST_RHO)
    return _Fit(weights, spread, sqrt(variance), (1 + rho) / (1 - rho), freedom)


def _autocorrelation(days: Floats, rest: Floats) -> float:
    """The correlation of what is left of following days, corrected for what level and trend take from it.

    Marriott and Pope 1954. Days of the week take nothing: their rhythms are as often against as with it.
    """
    size = float(rest @ rest)
    if size <= 0:
        return 0.0
    rho = float((rest[1:] * rest[:-1])[np.diff(days) == 1].sum()) / size
    return rho + (1 + 3 * max(rho, 0.0)) * 2 / len(rest)


def _t_80(freedom: int) -> float:
    """Between -t and t lie 80 % of Student's distribution (Cornish and Fisher's expansion, Abramowitz 26.7.5)."""
    z, n = Z_80, freedom
    return z + (z**3 + z) / (4 * n) + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * n**2)
