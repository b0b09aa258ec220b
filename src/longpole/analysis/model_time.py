"""How long an execution waited for models, however many calls ran at once.

Duration less the latency of a call is wrong as soon as there are two of them: parallel calls would be subtracted twice.
What is left over after the union of their times is what the agent itself took.
"""

from collections.abc import Iterable


def covered_ns(intervals: Iterable[tuple[int, int]], begin: int, end: int) -> int:
    """How much of the time from `begin` to `end` at least one of the intervals (from, to) covers.

    >>> covered_ns([(0, 4), (2, 6), (9, 20)], 1, 10)
    6
    """
    covered, moment = 0, begin
    for start, stop in sorted(intervals):
        start, stop = max(start, moment), min(stop, end)
        if stop > start:
            covered += stop - start
            moment = stop
    return covered
