"""What could be tried with an execution: changes that are worth a simulation, the most promising ones of each kind."""

from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct

from longpole.analysis.critical_path import Weights
from longpole.analysis.dependencies import Dependencies
from longpole.analysis.repeats import find_repeats, outermost_repeats
from longpole.analysis.span import Span
from longpole.analysis.waiting import WAITS
from longpole.analysis.what_if import Change, Deed
from longpole.model.tree import Tree

FASTER = 2.0
"""By how much steps are made faster to see what they matter."""

_MOST = {Deed.FASTER: 4, Deed.REMOVE: 3, Deed.CACHE: 2, Deed.PARALLEL: 3}
_LEAST_SHARE = 0.01


class Proposal(Struct, frozen=True, kw_only=True):
    """A kind of change to the steps called `labels`. `pair` are two of them, the first before the second."""

    deed: Deed
    labels: tuple[str, ...]
    changes: list[Change]
    pair: tuple[int, int] | None = None


def propose(
    tree: Tree, top: int, spans: Sequence[Span], weights: Weights, dependencies: Dependencies
) -> list[Proposal]:
    """At most 12 changes, in no particular order. Cost: about 2 us a span.

    Args:
        tree: the execution's spans.
        top: the execution's position.
        spans: by position.
        weights: critical time and slack below `top`.
        dependencies: who waited for whom.
    """
    own_ns = weights.critical_ns
    least_ns = max(1, round((tree.ends[top] - tree.starts[top]) * _LEAST_SHARE))
    inside = [node for node in weights.slack_ns if node != top]
    by_label: dict[tuple[str, str], list[int]] = {}
    for node in inside:
        by_label.setdefault((spans[node].category, spans[node].label), []).append(node)
    found = _of_groups(by_label, own_ns, least_ns)
    found += _cached(tree, top, spans, own_ns, least_ns)
    found += _side_by_side(tree, spans, own_ns, dependencies, least_ns)
    return found


_Groups = Mapping[tuple[str, str], list[int]]


def _of_groups(groups: _Groups, own_ns: Mapping[int, int], least_ns: int) -> list[Proposal]:
    """Steps of one name made faster, waits of one name removed."""
    ranked: dict[Deed, list[tuple[int, str, list[int]]]] = {Deed.FASTER: [], Deed.REMOVE: []}
    for (category, label), nodes in groups.items():
        critical_ns = sum(own_ns.get(node, 0) for node in nodes)
        if critical_ns >= least_ns:
            ranked[Deed.REMOVE if category in WAITS else Deed.FASTER].append((critical_ns, label, nodes))
    return [
        Proposal(deed=deed, labels=(label,), changes=[Change(deed=deed, nodes=tuple(nodes), factor=FASTER)])
        for deed, groups_of_deed in ranked.items()
        for _, label, nodes in sorted(groups_of_deed, key=lambda group: (-group[0], group[1]))[: _MOST[deed]]
    ]


def _cached(tree: Tree, top: int, spans: Sequence[Span], own_ns: Mapping[int, int], least_ns: int) -> list[Proposal]:
    """Steps of one name that were called again with the same arguments, and nothing was written in between."""
    by_label: dict[str, list[Change]] = {}
    same = [repeat for repeat in find_repeats(tree, top, spans) if repeat.is_same]
    for repeat in outermost_repeats(tree, same):
        label = spans[repeat.nodes[0]].label
        by_label.setdefault(label, []).append(Change(deed=Deed.CACHE, nodes=repeat.nodes))
    ranked = [
        (saving_ns, label, changes)
        for label, changes in by_label.items()
        if (saving_ns := _path_ns(tree, own_ns, (node for change in changes for node in change.nodes[1:]))) >= least_ns
    ]
    ranked.sort(key=lambda group: (-group[0], group[1]))
    return [
        Proposal(deed=Deed.CACHE, labels=(label,), changes=changes) for _, label, changes in ranked[: _MOST[Deed.CACHE]]
    ]


def repeated_calls(tree: Tree, top: int, spans: Sequence[Span]) -> list[tuple[int, ...]]:
    """Groups of calls that the first of each had answered already."""
    return [repeat.nodes for repeat in find_repeats(tree, top, spans) if repeat.is_same]


def _path_ns(tree: Tree, own_ns: Mapping[int, int], nodes: Iterable[int]) -> int:
    """How long the spans on the critical path among these took, with what is below them."""
    return sum(_length(tree, node) for node in nodes if node in own_ns)


def _side_by_side(
    tree: Tree, spans: Sequence[Span], own_ns: Mapping[int, int], dependencies: Dependencies, least_ns: int
) -> list[Proposal]:
    """Siblings of which one directly followed the other, both on the critical path and both long."""
    pairs: dict[tuple[str, str], list[tuple[int, int]]] = {}
    for node in own_ns:
        before = dependencies.after[node]
        if len(before) != 1 or before[0] not in own_ns:
            continue
        first, second = spans[before[0]], spans[node]
        if first.category in WAITS or second.category in WAITS or second.attempt not in (None, 1):
            continue
        pairs.setdefault((first.label, second.label), []).append((before[0], node))
    ranked: list[tuple[int, tuple[str, str], list[tuple[int, int]]]] = []
    for labels, members in pairs.items():
        shorter_ns = sum(min(_length(tree, first), _length(tree, second)) for first, second in members)
        if shorter_ns >= least_ns:
            ranked.append((shorter_ns, labels, members))
    ranked.sort(key=lambda group: (-group[0], group[1]))
    return [_beside(labels, members) for _, labels, members in ranked[: _MOST[Deed.PARALLEL]]]


def _beside(labels: tuple[str, str], members: Sequence[tuple[int, int]]) -> Proposal:
    """Each pair by itself; of equals in a row, all that follow each other."""
    groups: list[list[int]] = []
    last: dict[int, list[int]] = {}
    for first, second in sorted(members, key=lambda pair: pair[0]):
        group = last.get(first)
        if group is None:
            group = [first]
            groups.append(group)
        group.append(second)
        if labels[0] == labels[1]:
            last[second] = group
    changes = [Change(deed=Deed.PARALLEL, nodes=tuple(group)) for group in groups]
    return Proposal(deed=Deed.PARALLEL, labels=tuple(dict.fromkeys(labels)), changes=changes, pair=members[0])


def _length(tree: Tree, node: int) -> int:
    return tree.ends[node] - tree.starts[node]
