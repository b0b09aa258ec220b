"""The clocks: when, how long, and at what cost. Durations never come from two wall-clock reads."""

import time
from datetime import UTC, datetime

SECOND_NS = 1_000_000_000
MINUTE_NS = 60 * SECOND_NS
HOUR_NS = 60 * MINUTE_NS
DAY_NS = 24 * HOUR_NS

now_ns = time.time_ns
"""Nanoseconds since 1970, for points in time."""

steady_ns = time.perf_counter_ns
"""Nanoseconds of the steady clock, for durations."""

thread_cpu_ns = time.thread_time_ns
"""Nanoseconds of processor time that the calling thread has used, for what something costs."""


def to_rfc3339(time_ns: int) -> str:
    """A point in time as RFC 3339 in UTC with microseconds, so that strings sort as times do.

    >>> to_rfc3339(1_795_225_553_217_678_800)
    '2026-11-21T01:45:53.217678Z'
    """
    seconds, rest = divmod(time_ns, 1_000_000_000)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{rest // 1000:06d}Z"


def from_rfc3339(text: str) -> int:
    """Nanoseconds since 1970 of an RFC 3339 time; a time without a zone is taken as UTC.

    Raises:
        ValueError: the text is not such a time.
    """
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    whole = moment.replace(microsecond=0)
    return int(whole.timestamp()) * 1_000_000_000 + moment.microsecond * 1000
