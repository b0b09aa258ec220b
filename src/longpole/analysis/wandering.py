"""A level that moves by itself: where a daily count is going when nothing holds it to a line.

Local level with a weekly rhythm, which is exponential smoothing: the level follows each day by a *gain* between 0 (it
stays) and 1 (a random walk). For a given gain what a day adds to what was known before it is linear in the level at the
start and in the days of the week, so that least squares on those innovations gives both, and the variance of day h
ahead is 1 + (h - 1) gain^2 innovations plus the error of the estimate (Hyndman and others, "Forecasting with
Exponential Smoothing", 2008, sections 2.5 and 6.1). Nobody knows the gain: several are tried at once.
"""

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from longpole.analysis.outlooks import Outlooks, drawn_in, evidence_of

GAINS = np.array([0.2, 0.4, 0.7, 1.0])

Floats = NDArray[np.float64]


class _Smoothing(Struct, frozen=True):
    """What becomes of a series of known days, for each gain: its innovations, and its level after the last day.

    Both are linear: `innovations` is a matrix and `last` a row for each gain. Over days that are not known the level
    has wandered on; what comes after them is `worth` less.
    """

    innovations: Floats
    last: Floats

    @staticmethod
    def over(days: Floats) -> "_Smoothing":
        age = np.arange(len(days))[:, np.newaxis] - np.arange(len(days)) - 1.0  # of each day's share in the level
        gains = GAINS[:, np.newaxis, np.newaxis]
        shares = np.where(age >= 0, gains * (1 - gains) ** np.maximum(age, 0), 0.0)
        missed = np.diff(days, prepend=days[0] - 1) - 1
        worth = 1 / np.sqrt(1 + missed * GAINS[:, np.newaxis] ** 2)
        last = (1 - GAINS[:, np.newaxis]) * shares[:, -1]
        last[:, -1] = GAINS
        return _Smoothing(worth[:, :, np.newaxis] * (np.eye(len(days)) - shares), last)


def wandering(days: Floats, values: Floats, future: Floats, rhythm: Floats, next_rhythm: Floats) -> Outlooks:
    """The outlooks of a level that wanders: for each of `GAINS` one, and one more that has a trend.

    Args:
        days: the days that are known, rising.
        values: what was counted on each, or its logarithm.
        future: the days ahead, after all of those.
        rhythm: a row for each day that is known, with a column for each day of the week but one; it may have no column.
        next_rhythm: the same for the days ahead.

    Cost: 0.5 ms for 60 days.
    """
    smoothing, ahead = _Smoothing.over(days), future - days[-1]
    start, then = np.ones(len(days)), np.ones(len(ahead))
    level = _outlooks(smoothing, values, ahead, np.column_stack([rhythm, start]), np.column_stack([next_rhythm, then]))
    x = np.column_stack([rhythm, start, days - days[-1]])
    return level.and_those(_outlooks(smoothing, values, ahead, x, np.column_stack([next_rhythm, then, ahead])))


def _outlooks(smoothing: _Smoothing, values: Floats, ahead: Floats, x: Floats, next_x: Floats) -> Outlooks:
    told, given = smoothing.innovations @ values, smoothing.innovations @ x
    spread = np.linalg.pinv(given.transpose(0, 2, 1) @ given)
    hat = spread @ given.transpose(0, 2, 1)
    rest = told - _times(given, _times(hat, told))
    told = told - rest + drawn_in(rest)
    weights = _times(hat, told)
    noise = ((told - _times(given, weights)) ** 2).sum(axis=1) / max(1, len(values) - x.shape[1])
    design = next_x - (smoothing.last @ x)[:, np.newaxis]
    variance = 1 + (ahead - 1) * GAINS[:, np.newaxis] ** 2 + ((design @ spread) * design).sum(axis=2)
    return Outlooks(
        middle=_times(design, weights) + (smoothing.last @ values)[:, np.newaxis],
        error=np.sqrt(np.maximum(noise, 1e-12)[:, np.newaxis] * variance),
        evidence=evidence_of(rest, x.shape[1]),
    )


def _times(matrices: Floats, vectors: Floats) -> Floats:
    """Each matrix by its vector."""
    return (matrices @ vectors[:, :, np.newaxis])[:, :, 0]
