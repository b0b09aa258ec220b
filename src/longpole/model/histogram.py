"""A histogram as one short text: how much weight lies in each bucket of `longpole.model.buckets`.

`"1037:2 1040:0.5"` says that durations of a weight of 2 lie in bucket 1037 and of 0.5 in bucket 1040. Two are merged by
adding them up, which loses nothing.
"""

from collections import Counter
from collections.abc import Mapping


def pack_histogram(weights: Mapping[int, float]) -> str:
    """The text of weights by bucket, lower buckets first; empty without any.

    >>> pack_histogram({1040: 0.5, 1037: 2.0})
    '1037:2 1040:0.5'
    """
    return " ".join(f"{bucket}:{_number(weight)}" for bucket, weight in sorted(weights.items()))


def unpack_histogram(text: str) -> dict[int, float]:
    """The weights by bucket of a text that `pack_histogram` made, or of several such texts joined by spaces.

    Costs 0.1 us a pair where pairs are alike: equal ones are counted before they are read.

    >>> unpack_histogram("1037:2 1040:0.5 1037:2")
    {1037: 4.0, 1040: 0.5}
    """
    weights: dict[int, float] = {}
    for pair, count in Counter(text.split()).items():
        bucket, _, weight = pair.partition(":")
        weights[int(bucket)] = weights.get(int(bucket), 0.0) + count * float(weight)
    return weights


def add_histogram(into: dict[int, float], weights: Mapping[int, float]) -> None:
    """Adds the weights of a second histogram to `into`."""
    for bucket, weight in weights.items():
        into[bucket] = into.get(bucket, 0.0) + weight


def _number(weight: float) -> str:
    return f"{weight:.12g}"  # not the last digits: they depend on the order in which weights were added up
