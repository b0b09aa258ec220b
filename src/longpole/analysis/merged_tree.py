"""Many executions as one tree: calls of one name below one parent become one node, with their times added up."""

from collections.abc import Iterable

from msgspec import Struct


class Call(Struct, frozen=True, kw_only=True):
    """A step, or with `parent` `None` an execution itself. `key` and `parent` are names of spans; times are in ns."""

    key: str
    parent: str | None
    name: str
    category: str
    total_ns: int
    self_ns: int
    critical_ns: int
    weight: float = 1.0


class Merged(Struct, kw_only=True):
    """All calls of one path of names. `parent` is a position in the list of nodes, -1 for an execution."""

    parent: int
    name: str
    category: str
    count: float = 0.0
    total_ns: float = 0.0
    self_ns: float = 0.0
    critical_ns: float = 0.0


def merge_calls(calls: Iterable[Call]) -> list[Merged]:
    """One node for each path of names, parents before children, in the order in which they are first met.

    A call whose parent is not among them belongs to nothing, and is left out.

    >>> calls = [Call(key="1", parent=None, name="a", category="agent", total_ns=9, self_ns=1, critical_ns=1)]
    >>> calls += [
    ...     Call(key=key, parent="1", name="b", category="tool", total_ns=4, self_ns=4, critical_ns=4) for key in "23"
    ... ]
    >>> [(node.name, node.parent, node.count, node.critical_ns) for node in merge_calls(calls)]
    [('a', -1, 1.0, 1.0), ('b', 0, 2.0, 8.0)]
    """
    below: dict[str | None, list[Call]] = {}
    for call in calls:
        below.setdefault(call.parent, []).append(call)
    nodes: list[Merged] = []
    places: dict[tuple[int, str, str], int] = {}
    waiting = [(call, -1) for call in reversed(below.pop(None, []))]
    while waiting:
        call, parent = waiting.pop()
        place = _add(call, parent, nodes, places)
        # Taken out, so that calls that name each other as parents end.
        waiting += [(child, place) for child in reversed(below.pop(call.key, []))]
    return nodes


def _add(call: Call, parent: int, nodes: list[Merged], places: dict[tuple[int, str, str], int]) -> int:
    key = (parent, call.category, call.name)
    if key not in places:
        places[key] = len(nodes)
        nodes.append(Merged(parent=parent, name=call.name, category=call.category))
    node = nodes[places[key]]
    node.count += call.weight
    node.total_ns += call.total_ns * call.weight
    node.self_ns += call.self_ns * call.weight
    node.critical_ns += call.critical_ns * call.weight
    return places[key]
