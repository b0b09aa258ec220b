"""Two sets of executions: differences with intervals that say how far they can be trusted.

Intervals are of 95 %. A quantile's is that of order statistics, for any distribution (Hahn and Meeker, Statistical
Intervals, 5.2); a rate's is Wilson's; a mean's is the normal one. The interval of a difference joins those of its two
sides (MOVER: Zou and Donner, Statistics in Medicine 27, 2008; for rates it is Newcombe's). Whether durations differ at
all is asked of the ranks (Mann-Whitney, corrected for ties); of many steps asked at once, Benjamini and Hochberg's rule
lets 5 % of those that are called different be none.

Steps of one execution are alike: where the network was slow for one call of a loop, it was for all. They count as what
they would be if they were the same (the design effect of clusters that are all alike; Kish, Survey Sampling, 5.4).
"""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from itertools import accumulate
from math import erfc, sqrt

from msgspec import Struct

from longpole.model.buckets import bucket_duration_ns

Z = 1.959963984540054
FEWEST = 20
"""With fewer in a set, nothing is said about a difference."""

FALSE_SHARE = 0.05
_WIDER = 2.5758293035489004 / Z


class Bucket(Struct, frozen=True):
    """So many kept timings of a duration; `weight` is for how many they stand, `square_weight` the sum of squares."""

    count: float
    weight: float
    square_weight: float


Histogram = Mapping[int, Bucket]
"""Timings by `duration_bucket`."""


class Estimate(Struct, frozen=True):
    """A value and its interval; the ends are `None` where the set is too small to say."""

    value: float
    low: float | None
    high: float | None


class Difference(Struct, frozen=True):
    """Two values and `b` less `a`, with its interval; all `None` where a set is too small."""

    a: float | None
    b: float | None
    change: float | None
    low: float | None
    high: float | None

    @property
    def is_certain(self) -> bool:
        """Whether the interval of 99 % leaves out that nothing has changed: several figures are looked at at once."""
        if self.change is None or self.low is None or self.high is None:
            return False
        low = self.change - (self.change - self.low) * _WIDER
        high = self.change + (self.high - self.change) * _WIDER
        return low > 0 or high < 0


class Sums(Struct, frozen=True):
    """Weighted sums over values of executions: how many told one, of weights, of values and of their squares."""

    count: int
    weight: float
    square_weight: float
    total: float
    total_of_squares: float


def clustered(histogram: Histogram, together: float) -> Histogram:
    """The same timings, of which so many come together on average: as certain as so many times fewer are."""
    return {
        place: Bucket(one.count / together, one.weight, one.square_weight * together)
        for place, one in histogram.items()
    }


def quantile_of(histogram: Histogram, share: float) -> Estimate | None:
    """The duration that this share of the weight does not exceed, in nanoseconds, within 1 %; `None` without any."""
    size = effective_count(histogram)
    if not size:
        return None
    spread = Z * sqrt(share * (1 - share) / size)
    low, high = share - spread, share + spread
    buckets = sorted(histogram)
    passed = list(accumulate(histogram[bucket].weight for bucket in buckets))

    def at(part: float) -> float:
        # A sum of weights may miss its own total by a rounding error.
        return bucket_duration_ns(buckets[min(bisect_left(passed, part * passed[-1] * (1 - 1e-12)), len(passed) - 1)])

    return Estimate(at(share), at(low) if low > 0 else None, at(high) if high < 1 else None)


def compare_quantiles(a: Histogram, b: Histogram, share: float) -> Difference:
    """How a quantile changed from `a` to `b`."""
    return _difference(quantile_of(a, share), quantile_of(b, share), counted(a), counted(b))


def compare_rates(good_a: float, size_a: float, good_b: float, size_b: float) -> Difference:
    """How a rate changed: `good` of `size` (both effective counts, not below 0)."""
    return _difference(_wilson(good_a, size_a), _wilson(good_b, size_b), size_a, size_b)


def compare_means(a: Sums, b: Sums) -> Difference:
    """How a mean changed."""
    return _difference(_mean(a), _mean(b), a.count, b.count)


def rank_test(a: Histogram, b: Histogram) -> float | None:
    """How likely durations differ by so much by chance alone, 0 to 1; `None` where a set is too small."""
    if counted(a) < FEWEST or counted(b) < FEWEST:
        return None
    size_a, size_b = effective_count(a), effective_count(b)
    whole_a, whole_b = sum(one.weight for one in a.values()), sum(one.weight for one in b.values())
    below = above = ties = 0.0
    passed_b = 0.0
    for bucket in sorted({*a, *b}):
        share_a = a[bucket].weight / whole_a if bucket in a else 0.0
        share_b = b[bucket].weight / whole_b if bucket in b else 0.0
        below += share_a * passed_b
        above += share_a * (1 - passed_b - share_b)
        passed_b += share_b
        ties += (share_a * size_a + share_b * size_b) ** 3
    size = size_a + size_b
    variance = (size + 1 - ties / size**2) / (12 * size_a * size_b)
    if variance <= 0:
        return 1.0
    return erfc(abs(above - below) / 2 / sqrt(variance) / sqrt(2))


def find_certain(chances: Sequence[float | None]) -> list[bool]:
    """Which of many differences are called so: Benjamini and Hochberg's rule; those without a chance are not."""
    known = sorted((chance, place) for place, chance in enumerate(chances) if chance is not None)
    last = 0
    for rank, (chance, _) in enumerate(known, start=1):
        if chance <= FALSE_SHARE * rank / len(known):
            last = rank
    certain = {place for _, place in known[:last]}
    return [place in certain for place in range(len(chances))]


def share_below(histogram: Histogram, bucket: int) -> float | None:
    """Which share of the weight is shorter than a duration of this bucket, one as long counted half; `None` if few."""
    if counted(histogram) < FEWEST:
        return None
    whole = sum(one.weight for one in histogram.values())
    below = sum(one.weight for place, one in histogram.items() if place < bucket)
    same = histogram[bucket].weight if bucket in histogram else 0.0
    return (below + same / 2) / whole


def counted(histogram: Histogram) -> float:
    """How many timings there are, or of clustered ones, as how many they count."""
    return sum(one.count for one in histogram.values())


def effective_count(histogram: Histogram) -> float:
    """So many timings of equal weight would be as certain (Kish); 0 without any."""
    squares = sum(one.square_weight for one in histogram.values())
    return sum(one.weight for one in histogram.values()) ** 2 / squares if squares else 0.0


def _wilson(good: float, size: float) -> Estimate | None:
    if not size:
        return None
    rate, more = good / size, Z * Z / size
    middle = (rate + more / 2) / (1 + more)
    spread = Z * sqrt(rate * (1 - rate) / size + more / (4 * size)) / (1 + more)
    return Estimate(rate, max(0.0, middle - spread), min(1.0, middle + spread))


def _mean(sums: Sums) -> Estimate | None:
    if not sums.weight:
        return None
    mean = sums.total / sums.weight
    size = sums.weight**2 / sums.square_weight
    if size <= 1:
        return Estimate(mean, None, None)
    variance = max(0.0, sums.total_of_squares / sums.weight - mean * mean) * size / (size - 1)
    spread = Z * sqrt(variance / size)
    return Estimate(mean, mean - spread, mean + spread)


def _difference(a: Estimate | None, b: Estimate | None, count_a: float, count_b: float) -> Difference:
    if a is None or b is None or count_a < FEWEST or count_b < FEWEST:
        return Difference(a and a.value, b and b.value, None, None, None)
    change = b.value - a.value
    low = high = None
    if b.low is not None and a.high is not None:
        low = change - sqrt((b.value - b.low) ** 2 + (a.high - a.value) ** 2)
    if b.high is not None and a.low is not None:
        high = change + sqrt((b.high - b.value) ** 2 + (a.value - a.low) ** 2)
    return Difference(a.value, b.value, change, low, high)
