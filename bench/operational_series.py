"""Series as operations give them, made from seeds: quiet ones, and ones whose latency changed on known days.

Values are natural logarithms of a daily median duration, as `reports.regressions` looks at them.
"""

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

QUIET_KINDS = ("lognormal", "weekly cycle and outliers", "heavy tails", "missing days", "rho 0.3", "rho 0.5")
"""Kinds of noise. From the second on all have a weekly cycle and outliers; rho is the correlation of following days."""

Floats = NDArray[np.float64]


class Made(Struct, frozen=True):
    """A series and the days from which on it has another level."""

    values: list[float | None]
    changes: list[int]


def quiet_series(kind: str, count: int, *, days: int = 60, seed: int = 1) -> Iterator[Made]:
    """Series in which nothing changed: noise of 3 to 20 % around 1 s."""
    random = np.random.default_rng(seed)
    for _ in range(count):
        values = np.log(1000) + _noise(random, kind, days, random.choice([0.03, 0.05, 0.1, 0.2]))
        if kind != "lognormal":
            values += _weekly(random, days) + _outliers(random, days)
        missing = random.random(days) < (0.1 if kind == "missing days" else 0.0)
        yield Made([None if gone else float(value) for value, gone in zip(values, missing, strict=True)], [])


def changed_series(count: int, *, days: int = 90, seed: int = 2) -> Iterator[Made]:
    """Of four series one is quiet, two change once and one twice, each time by 10 to 50 % up or down.

    Lognormal noise of 3 to 8 %, a weekly cycle of about 8 %, and 3 % of the days are 1.35 to 4.5 times as slow.
    Changes are at least 15 days from the ends and from one another.
    """
    random = np.random.default_rng(seed)
    for number in range(count):
        values = np.log(1000) + random.normal(0.0, random.uniform(0.03, 0.08), days)
        values += _weekly(random, days) + _outliers(random, days)
        places = _places(random, (0, 1, 1, 2)[number % 4], days)
        for place in places:
            values[place:] += np.log1p(random.uniform(0.1, 0.5)) * random.choice([1, -1])
        yield Made([float(value) for value in values], places)


def _places(random: np.random.Generator, count: int, days: int) -> list[int]:
    while True:
        places = sorted(int(place) for place in random.integers(15, days - 15, count))
        if all(later - earlier >= 15 for earlier, later in pairwise(places)):
            return places


def _noise(random: np.random.Generator, kind: str, days: int, size: float) -> Floats:
    if kind == "heavy tails":
        return size * random.standard_t(3, days)
    noise = random.normal(0.0, size, days)
    if kind.startswith("rho "):
        rho = float(kind.removeprefix("rho "))
        for day in range(1, days):
            noise[day] = rho * noise[day - 1] + (1 - rho**2) ** 0.5 * noise[day]
    return noise


def _weekly(random: np.random.Generator, days: int) -> Floats:
    return random.normal(0.0, 0.08, 7)[np.arange(days) % 7]


def _outliers(random: np.random.Generator, days: int) -> Floats:
    return (random.random(days) < 0.03) * random.uniform(0.3, 1.5, days)
