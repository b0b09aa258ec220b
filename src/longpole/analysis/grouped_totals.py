"""The spans of one execution added up by what they have in common: category, agent, name, model."""

from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct

from longpole.analysis.critical_path import Stretch


class Sums(Struct):
    """Nanoseconds of several spans. `wall_ns` gives each moment of the execution to one span only."""

    count: int = 0
    failed: int = 0
    total_ns: int = 0
    self_ns: int = 0
    critical_ns: int = 0
    wall_ns: int = 0


class SpanTimes(Struct, frozen=True, kw_only=True):
    """Times of an execution's spans by position."""

    durations: Sequence[int]
    self_ns: Sequence[int]
    critical_ns: Sequence[int]
    wall_ns: Sequence[int]


def wall_times(stretches: Iterable[Stretch], count: int) -> list[int]:
    """How much of the wall time is each span's own, of so many spans; they sum to the execution's duration.

    >>> wall_times([Stretch(0, 0, 4), Stretch(1, 4, 6), Stretch(0, 6, 9)], 3)
    [7, 2, 0]
    """
    owned = [0] * count
    for stretch in stretches:
        owned[stretch.node] += stretch.ended_ns - stretch.started_ns
    return owned


def add_up(
    keys: Mapping[int, str], times: SpanTimes, *, has_failed: Sequence[bool], is_counted: Sequence[bool] | None = None
) -> dict[str, Sums]:
    """The sums by key, the largest share of wall time first.

    Args:
        keys: by position, under what a span is added up; those without a key are left out.
        times: of all spans.
        has_failed: per span.
        is_counted: per span, whether it enters `count`, `failed` and `total_ns`; without it all do. An agent's steps
            bring it their time, but only its executions are counted.
    """
    members: dict[str, list[int]] = {}
    for node, key in keys.items():
        members.setdefault(key, []).append(node)
    found = {key: _sums(nodes, times, has_failed, is_counted) for key, nodes in members.items()}
    return dict(sorted(found.items(), key=lambda one: (-one[1].wall_ns, -one[1].total_ns, one[0])))


def _sums(
    nodes: Sequence[int], times: SpanTimes, has_failed: Sequence[bool], is_counted: Sequence[bool] | None
) -> Sums:
    counted = nodes if is_counted is None else [node for node in nodes if is_counted[node]]
    return Sums(
        count=len(counted),
        failed=_sum(has_failed, counted),
        total_ns=_sum(times.durations, counted),
        self_ns=_sum(times.self_ns, nodes),
        critical_ns=_sum(times.critical_ns, nodes),
        wall_ns=_sum(times.wall_ns, nodes),
    )


def _sum(values: Sequence[int], nodes: Sequence[int]) -> int:
    return sum(map(values.__getitem__, nodes))
