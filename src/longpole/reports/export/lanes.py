"""Which spans of an execution can be drawn one inside the other on the same line."""

from collections.abc import Sequence

from msgspec import Struct


class Drawn(Struct, frozen=True):
    """A span as it is drawn: `place` is its position among the spans given, `lane` counts from 0, the top span's."""

    place: int
    lane: int


def lanes_of(spans: Sequence[tuple[int, int, int]]) -> list[Drawn]:
    """Every span with its lane, in the order in which they begin; on a lane spans lie one inside the other or apart.

    A span stays on the lane of its parent if it fits there, else it takes the first lane that is free when it begins:
    two that run at once are seen side by side.

    Args:
        spans: start, end and the position of the parent, -1 for none; parents need not come first.
    """
    order = sorted(range(len(spans)), key=lambda place: (spans[place][0], -spans[place][1], spans[place][2], place))
    open_ends: list[list[int]] = []
    lane_of: dict[int, int] = {}
    drawn: list[Drawn] = []
    for place in order:
        start, end, parent = spans[place]
        lane = _lane(open_ends, lane_of.get(parent), start, end)
        open_ends[lane].append(end)
        lane_of[place] = lane
        drawn.append(Drawn(place, lane))
    return drawn


def _lane(open_ends: list[list[int]], parents: int | None, start: int, end: int) -> int:
    for ends in open_ends:
        while ends and ends[-1] <= start:
            ends.pop()
    if parents is not None and (not open_ends[parents] or open_ends[parents][-1] >= end):
        return parents
    for lane, ends in enumerate(open_ends):
        if not ends:
            return lane
    open_ends.append([])
    return len(open_ends) - 1
