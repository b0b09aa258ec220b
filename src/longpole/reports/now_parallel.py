"""Which steps ran after each other in one execution and at once in another, as a comparison of the two tells."""

from collections.abc import Sequence

from longpole.reports.compare_views import StepPair, StepSide

Both = tuple[str, StepSide, StepSide]


def now_parallel(pairs: Sequence[StepPair]) -> list[list[str]]:
    """Names of siblings that `a` ran after each other and `b` at once, as `what-if` takes them for `parallel`.

    One list for each such group, in order of start; steps that only one of the two has are not in it.
    """
    groups = [_group(siblings) for siblings in _siblings(pairs)]
    return [names for names in groups if len(names) > 1]


def _siblings(pairs: Sequence[StepPair]) -> list[list[Both]]:
    """The steps that both have, by what they stand below; `pairs` has parents before children, with their depths."""
    families: dict[int, list[Both]] = {}
    above: list[int] = []
    for number, pair in enumerate(pairs):
        del above[pair.depth :]
        parent = above[-1] if above else -1
        above.append(number)
        if pair.a is not None and pair.b is not None:
            families.setdefault(parent, []).append((pair.name, pair.a, pair.b))
    return list(families.values())


def _group(siblings: list[Both]) -> list[str]:
    members: list[Both] = []
    for one in sorted(siblings, key=lambda each: each[1].offset_ns):
        others = [each for each in siblings if each is not one]
        if any(not _overlap(one[1], each[1]) and _overlap(one[2], each[2]) for each in others):
            members.append(one)
    return list(dict.fromkeys(name for name, _, _ in members)) if members else []


def _overlap(one: StepSide, other: StepSide) -> bool:
    return one.offset_ns < _end(other) and other.offset_ns < _end(one)


def _end(side: StepSide) -> int:
    return side.offset_ns + (side.duration_ns or 0)
