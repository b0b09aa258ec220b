"""Whether two series rise together: Spearman's rank correlation, and which of two groups has the larger values."""

from collections.abc import Mapping, Sequence
from math import sqrt

from msgspec import Struct

from longpole.analysis.significance import normal_p, student_p


class Correlation(Struct, frozen=True, gc=False):
    """Between -1 (one rises as the other falls) and 1; 0 is none. The p-value is two-sided."""

    value: float
    p_value: float


def correlate_ranks(first: Sequence[float], second: Sequence[float]) -> Correlation | None:
    """Spearman's correlation; nothing for under ten pairs, or if one of the series is constant.

    Spearman, "The Proof and Measurement of Association between Two Things", 1904; ties have their mean rank.
    """
    size = len(first)
    if size < 10:
        return None
    ranks, others = mean_ranks(first), mean_ranks(second)
    middle = (size + 1) / 2
    shared = sum((a - middle) * (b - middle) for a, b in zip(ranks, others, strict=True))
    spread = sum((a - middle) ** 2 for a in ranks) * sum((b - middle) ** 2 for b in others)
    if spread == 0:
        return None
    value = max(-1.0, min(1.0, shared / sqrt(spread)))
    rest = 1 - value * value
    score = value * sqrt((size - 2) / rest) if rest > 0 else float("inf")
    return Correlation(value, student_p(score, size - 2) if score != float("inf") else 0.0)


def mean_ranks(values: Sequence[float]) -> list[float]:
    """The place of each value among all, from 1; equal ones share the mean of their places.

    >>> mean_ranks([5, 1, 5])
    [2.5, 1.0, 2.5]
    """
    order = sorted(range(len(values)), key=values.__getitem__)
    ranks = [0.0] * len(values)
    first = 0
    while first < len(order):
        last = first
        while last + 1 < len(order) and values[order[last + 1]] == values[order[first]]:
            last += 1
        for place in order[first : last + 1]:
            ranks[place] = (first + last) / 2 + 1
        first = last + 1
    return ranks


def chance_of_larger(ours: Mapping[int, float], theirs: Mapping[int, float]) -> Correlation | None:
    """How likely a value of one histogram is larger than one of the other, less how likely it is smaller; -1 to 1.

    Twice the area under the curve of Mann and Whitney (1947) less 1; counts are by bucket. Nothing if one has under 20.
    """
    us, them = sum(ours.values()), sum(theirs.values())
    if min(us, them) < 20:
        return None
    below = score = 0.0
    ties = 0.0
    for bucket in sorted({*ours, *theirs}):
        here, there = ours.get(bucket, 0.0), theirs.get(bucket, 0.0)
        score += here * (below + there / 2)
        below += there
        ties += (here + there) ** 3 - (here + there)
    whole = us + them
    variance = us * them / 12 * ((whole + 1) - ties / (whole * (whole - 1)))
    p_value = normal_p((score - us * them / 2) / sqrt(variance)) if variance > 0 else 1.0
    return Correlation(2 * score / (us * them) - 1, p_value)
