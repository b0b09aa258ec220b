"""How far apart the clocks of the processes of one tree are, as far as impossible times betray it.

What one process does for another begins after the other began to ask for it, and if the other waits for it, ends before
the wait does. Where the told times say otherwise, the clocks differ. No time is changed: the estimate is shown beside.
"""

from collections.abc import Iterable

from msgspec import Struct

from longpole.model.category import Category

TOLERANCE_NS = 2_000_000
"""Below this two clocks of one machine, read one after the other, look the same."""

LATE_NS = 20_000_000
LATE_SHARE = 0.05
"""What was waited for may be told to end so much after the wait: the answer is sent before the end is noted."""

_WAITS = frozenset({Category.HTTP, Category.AGENT_COMM, Category.TOOL, Category.LLM, Category.DATABASE, Category.CACHE})


class Crossing(Struct, frozen=True, kw_only=True):
    """A span of one process below a span of another. `category` is the upper one's; of executions it is the kind."""

    process: str
    against: str
    category: str | None
    started_ns: int
    ended_ns: int | None
    above_started_ns: int
    above_ended_ns: int | None


class ClockSkew(Struct, frozen=True, kw_only=True):
    """The clock of `process` minus that of `against`, nanoseconds: negative is behind.

    The truth is between `low_ns` and `high_ns`. Without `low_ns` nobody is known to have waited: then `skew_ns` is
    `high_ns`, and the clock may be further behind. `impossible` counts the spans whose times cannot be, of `crossings`
    between the two.
    """

    process: str
    against: str
    skew_ns: int
    low_ns: int | None
    high_ns: int
    impossible: int
    crossings: int


def find_skews(crossings: Iterable[Crossing]) -> list[ClockSkew]:
    """One entry for every pair of processes whose clocks are seen to differ, the largest difference first."""
    by_pair: dict[tuple[str, str], list[Crossing]] = {}
    for crossing in crossings:
        by_pair.setdefault((crossing.process, crossing.against), []).append(crossing)
    found = [skew for pair in by_pair.values() if (skew := _skew_of(pair)) is not None]
    return sorted(found, key=lambda skew: (-abs(skew.skew_ns), skew.process, skew.against))


def _skew_of(pair: list[Crossing]) -> ClockSkew | None:
    """The skew is at most every (child's start - parent's start), and at least every (child's end - parent's end)."""
    high_ns = min(one.started_ns - one.above_started_ns for one in pair)
    low_ns: int | None = max((late_ns for one in pair if (late_ns := _late_by(one)) is not None), default=None)
    if low_ns is not None and low_ns > high_ns:
        low_ns = None  # something went on after nobody waited for it any more
    late = 0 if low_ns is None else sum(map(_is_late, pair))
    if high_ns >= -TOLERANCE_NS and not late:
        return None
    return ClockSkew(
        process=pair[0].process,
        against=pair[0].against,
        skew_ns=high_ns if low_ns is None else (low_ns + high_ns) // 2,
        low_ns=low_ns,
        high_ns=high_ns,
        impossible=sum(one.started_ns < one.above_started_ns - TOLERANCE_NS for one in pair) + late,
        crossings=len(pair),
    )


def _late_by(one: Crossing) -> int | None:
    """How long after the wait for it a span ended; nothing if nobody waited for it, or not long enough."""
    if one.category not in _WAITS or one.ended_ns is None or one.above_ended_ns is None:
        return None
    if one.ended_ns - one.started_ns > one.above_ended_ns - one.above_started_ns:
        return None
    return one.ended_ns - one.above_ended_ns


def _is_late(one: Crossing) -> bool:
    late_ns = _late_by(one)
    if late_ns is None or one.above_ended_ns is None:
        return False
    return late_ns > LATE_NS + (one.above_ended_ns - one.above_started_ns) * LATE_SHARE
