"""Logarithmic buckets for durations: one small integer per duration, mergeable into percentiles.

The mapping is DDSketch's (Masson, Rim, Lee, "DDSketch", VLDB 2019): bucket `b` holds the durations in
`(gamma ** (b - 1), gamma ** b]` nanoseconds, with gamma = 1.01 / 0.99, so a percentile read from the middle of its
bucket is within 1 % of the true one.
"""

from math import ceil, log

GAMMA = 1.01 / 0.99
_LOG_GAMMA = log(GAMMA)


def duration_bucket(duration_ns: int) -> int:
    """The bucket of a duration in nanoseconds; 0 for one nanosecond and below.

    >>> duration_bucket(1), duration_bucket(1_000_000_000)
    (0, 1037)
    """
    return 0 if duration_ns <= 1 else ceil(log(duration_ns) / _LOG_GAMMA)


def bucket_duration_ns(bucket: int) -> float:
    """The representative duration of a bucket in nanoseconds, within 1 % of every duration in it."""
    return 2 * GAMMA**bucket / (GAMMA + 1)
