"""Counts of durations in buckets: what a server knows of how long something takes, in a few bytes and 0.5 us each."""

from bisect import bisect_left
from itertools import accumulate
from threading import Lock

from msgspec import Struct

BOUNDS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Upper ends of the buckets in seconds; what is longer falls into one more."""


class DurationCounts(Struct, frozen=True):
    """What was counted up to a moment: one count for each of `BOUNDS_S` and one for what is longer; seconds in all."""

    counts: tuple[int, ...]
    total_s: float

    @property
    def number(self) -> int:
        """How many durations there were."""
        return sum(self.counts)

    def quantile_ns(self, share: float) -> int | None:
        """The duration that this share of all does not exceed, in nanoseconds; `None` without any.

        Between the ends of a bucket it is taken as even; beyond the last bound it is that bound.

        >>> DurationCounts((0, 0, 0, 10) + (0,) * 10, 0.08).quantile_ns(0.5)
        7500000
        """
        wanted = share * self.number
        below = 0
        ends = zip(BOUNDS_S, (0.0, *BOUNDS_S), self.counts, accumulate(self.counts), strict=False)
        for upper, lower, count, reached in ends:
            if count and reached >= wanted:
                return round((lower + (upper - lower) * (wanted - below) / count) * 1e9)
            below = reached
        return round(BOUNDS_S[-1] * 1e9) if self.number else None


class Durations:
    """Durations as they come, from any thread."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._counts = [0] * (len(BOUNDS_S) + 1)
        self._total_s = 0.0
        self._peak_s: float | None = None

    def add(self, seconds: float) -> None:
        """Count one."""
        place = bisect_left(BOUNDS_S, seconds)
        with self._lock:
            self._counts[place] += 1
            self._total_s += seconds
            if self._peak_s is None or seconds > self._peak_s:
                self._peak_s = seconds

    def counted(self) -> DurationCounts:
        """Everything so far."""
        with self._lock:
            return DurationCounts(tuple(self._counts), self._total_s)

    def take_peak_ns(self) -> int | None:
        """The longest since this was asked last, in nanoseconds; `None` if there was none."""
        with self._lock:
            peak_s, self._peak_s = self._peak_s, None
        return None if peak_s is None else round(peak_s * 1e9)
