"""How often what comes is within the bounds of a forecast, which promise 80 %.

    .venv/bin/python bench/forecasts.py [--series 1000]

Seeded series of 60 days, most with a trend of -0.3 to 1 % a day, some with a level that wanders. The forecast sees them
all and is compared with the day that comes 1, 7 or 28 days later. Ends with 1 if any share is outside 70 to 90 %.
"""

import argparse
import sys
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from longpole.analysis.forecast import forecast_all

DAYS = 60
AHEAD = (1, 7, 28)
LEAST, MOST = 0.7, 0.9

Floats = NDArray[np.float64]


class Scene:
    """What a series is made of: its random numbers, days, trend and days of the week."""

    def __init__(self, random: np.random.Generator, days: int) -> None:
        self.random, self.day = random, np.arange(days)
        self.trend = 1 + random.uniform(-0.003, 0.01) * self.day
        self.weekly: Floats = np.exp(random.normal(0, 0.15, 7))[self.day % 7]

    def noise(self, size: float, *, rho: float = 0.0) -> Floats:
        """Normal noise in which following days resemble each other by `rho`."""
        noise = self.random.normal(0, size, len(self.day))
        for day in range(1, len(noise)):
            noise[day] = rho * noise[day - 1] + (1 - rho**2) ** 0.5 * noise[day]
        return noise


def _in_numbers(one: Scene) -> Floats:
    return one.random.uniform(200, 2000) * (one.trend * one.weekly + one.noise(0.08))


def _in_proportion(one: Scene) -> Floats:
    return one.random.uniform(200, 2000) * one.trend * one.weekly * np.exp(one.noise(0.08))


def _few(one: Scene) -> Floats:
    return one.random.poisson(one.random.uniform(2, 8) * one.trend).astype(np.float64)


def _weekdays(one: Scene) -> Floats:
    quiet = np.where(one.day % 7 >= 5, 0.05, 1.0)
    return one.random.poisson(one.random.uniform(100, 600) * one.trend * quiet).astype(np.float64)


def _alike(one: Scene) -> Floats:
    return one.random.uniform(200, 2000) * one.trend * one.weekly * np.exp(one.noise(0.08, rho=0.5))


def _outliers(one: Scene) -> Floats:
    far = 1 + (one.random.random(len(one.day)) < 0.03) * one.random.uniform(0.5, 2.0, len(one.day))
    return _in_proportion(one) * far


def _stepped(one: Scene) -> Floats:
    step = np.where(one.day >= one.random.integers(15, 40), one.random.uniform(1.3, 3.0), 1.0)
    return one.random.uniform(200, 2000) * step * one.weekly * np.exp(one.noise(0.08))


def _busiest_hour(one: Scene) -> Floats:
    hours = 1 + 0.8 * np.sin(np.arange(24) / 24 * 2 * np.pi)
    return one.random.poisson(np.outer(one.random.uniform(5, 60) * one.trend, hours)).max(axis=1).astype(np.float64)


def _wandering(one: Scene) -> Floats:
    return one.random.uniform(200, 2000) * np.exp(np.cumsum(one.noise(0.03)))


def _wandering_far(one: Scene) -> Floats:
    return one.random.uniform(200, 2000) * one.weekly * np.exp(np.cumsum(one.noise(0.08)))


def _wandering_noisily(one: Scene) -> Floats:
    return one.random.uniform(200, 2000) * one.weekly * np.exp(np.cumsum(one.noise(0.03)) + one.noise(0.05))


def _wandering_upwards(one: Scene) -> Floats:
    return _wandering_noisily(one) * one.trend


KINDS: dict[str, Callable[[Scene], Floats]] = {
    "noise of 8 % of the first day": _in_numbers,
    "noise of 8 % of each day": _in_proportion,
    "2 to 8 calls a day": _few,
    "hardly any on weekends": _weekdays,
    "days resemble the day before, rho 0.5": _alike,
    "3 % of the days far too high": _outliers,
    "another level since day 15 to 40": _stepped,
    "the busiest hour of each day": _busiest_hour,
    "wanders, by 3 % a day": _wandering,
    "wanders, by 8 % a day, and has weeks": _wandering_far,
    "wanders, and each day has noise of 5 %": _wandering_noisily,
    "that with a trend": _wandering_upwards,
}


def coverage(kind: str, count: int, ahead: int) -> float:
    """The share of the series whose day ahead is within the bounds."""
    random = np.random.default_rng(3)
    series = np.stack([KINDS[kind](Scene(random, DAYS + ahead)) for _ in range(count)])
    days = [each[-1] for each in forecast_all(series[:, :DAYS], ahead)]
    return sum(day.low <= came <= day.high for day, came in zip(days, series[:, -1], strict=True)) / count


def main() -> int:
    """Prints the table; 1 if a share is out of its bounds."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--series", type=int, default=1000)
    count = parser.parse_args().series
    table = Table(title=f"days within the 80 % bounds, of {count:,} series", title_justify="left")
    table.add_column("series")
    shares: list[float] = []
    for ahead in AHEAD:
        table.add_column("tomorrow" if ahead == 1 else f"in {ahead} days", justify="right")
    for kind in KINDS:
        row = [coverage(kind, count, ahead) for ahead in AHEAD]
        table.add_row(kind, *(f"{share:.1%}" for share in row))
        shares += row
    Console(width=110).print(table)
    return 0 if all(LEAST <= share <= MOST for share in shares) else 1


if __name__ == "__main__":
    sys.exit(main())
