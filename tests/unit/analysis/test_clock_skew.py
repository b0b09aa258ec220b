"""Clocks that differ are found by times that cannot be, estimated, and never corrected silently."""

from hypothesis import given
from hypothesis import strategies as st

from longpole.analysis.clock_skew import TOLERANCE_NS, Crossing, find_skews

MS = 1_000_000


def crossing(
    starts_after_ms: float,
    lasts_ms: float | None,
    *,
    waits_ms: float = 100,
    category: str | None = "http",
    skew_ms: float = 0,
    process: str = "b",
) -> Crossing:
    """A span that truly starts so long after the one above it, told by a clock that is off."""
    started_ns = int((1_000_000 + starts_after_ms + skew_ms) * MS)
    return Crossing(
        process=process,
        against="a",
        category=category,
        started_ns=started_ns,
        ended_ns=None if lasts_ms is None else started_ns + int(lasts_ms * MS),
        above_started_ns=1_000_000 * MS,
        above_ended_ns=int((1_000_000 + waits_ms) * MS),
    )


def test_a_child_that_begins_before_its_parent_shows_a_clock_that_is_behind():
    (skew,) = find_skews([crossing(10, 80, skew_ms=-3000), crossing(5, 90, skew_ms=-3000)])
    assert (skew.process, skew.against, skew.impossible, skew.crossings) == ("b", "a", 2, 2)
    assert skew.low_ns is not None
    assert skew.low_ns <= -3000 * MS <= skew.high_ns
    assert abs(skew.skew_ns + 3000 * MS) <= 10 * MS


def test_a_child_that_ends_after_the_wait_for_it_shows_a_clock_that_is_ahead():
    (skew,) = find_skews([crossing(10, 80, skew_ms=500)])
    assert abs(skew.skew_ns - 500 * MS) <= 10 * MS
    assert skew.impossible == 1


def test_clocks_that_agree_are_not_mentioned():
    assert find_skews([crossing(10, 80), crossing(0, 100), crossing(1, None)]) == []


def test_what_nobody_waits_for_may_end_when_it_likes():
    assert find_skews([crossing(90, 80, category="queue"), crossing(90, 80, category="agent")]) == []
    assert find_skews([crossing(10, 5000)]) == []  # longer than the wait: it went on by itself


def test_a_queue_still_shows_a_message_that_was_read_before_it_was_sent():
    (skew,) = find_skews([crossing(10, 5000, category="queue", skew_ms=-200)])
    assert (skew.low_ns, skew.skew_ns) == (None, -190 * MS)


def test_an_answer_that_is_sent_a_little_before_the_end_is_noted_is_no_skew():
    assert find_skews([crossing(15, 95)]) == []


def test_every_pair_of_processes_is_told_by_itself_the_largest_difference_first():
    found = find_skews([crossing(1, 10, skew_ms=-50), crossing(1, 10, skew_ms=-900, process="c")])
    assert [skew.process for skew in found] == ["c", "b"]


@given(
    skew_ms=st.integers(-10_000, 10_000),
    calls=st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50)), min_size=1, max_size=20),
)
def test_the_true_skew_is_within_the_bounds(skew_ms: int, calls: list[tuple[int, int]]):
    found = find_skews([crossing(start, length, skew_ms=skew_ms) for start, length in calls])
    for skew in found:
        assert skew.low_ns is not None
        assert skew.low_ns <= skew_ms * MS <= skew.high_ns
    if skew_ms * MS < -50 * MS - TOLERANCE_NS or skew_ms > 130:
        assert len(found) == 1
