"""Which spans can be drawn on the same line."""

from hypothesis import given
from hypothesis import strategies as st

from longpole.reports.export.lanes import lanes_of

MOMENTS = st.integers(0, 30)


@st.composite
def spans(draw: st.DrawFn) -> list[tuple[int, int, int]]:
    """Spans with a parent before them or none; children may outlive it, and begin before it."""
    made: list[tuple[int, int, int]] = []
    for place in range(draw(st.integers(1, 12))):
        start = draw(MOMENTS)
        made.append((start, start + draw(MOMENTS), draw(st.integers(-1, place - 1))))
    return made


@given(spans())
def test_on_a_lane_spans_lie_one_inside_the_other_or_apart(given_spans: list[tuple[int, int, int]]) -> None:
    drawn = lanes_of(given_spans)

    assert sorted(each.place for each in drawn) == list(range(len(given_spans)))
    for at, first in enumerate(drawn):
        for second in drawn[at + 1 :]:
            if first.lane == second.lane:
                (start, end, _), (later, later_end, _) = given_spans[first.place], given_spans[second.place]
                assert start <= later
                assert later_end <= end or later >= end


def test_what_runs_one_after_the_other_stays_with_its_parent() -> None:
    assert {each.lane for each in lanes_of([(0, 10, -1), (0, 4, 0), (4, 10, 0), (5, 6, 2)])} == {0}


def test_what_runs_at_once_is_seen_side_by_side() -> None:
    lanes = {each.place: each.lane for each in lanes_of([(0, 10, -1), (0, 8, 0), (1, 9, 0), (2, 3, 2)])}

    assert lanes == {0: 0, 1: 0, 2: 1, 3: 1}
