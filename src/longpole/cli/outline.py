"""A tree as the lines of a drawing: each with its guide, its place in time, and equal leaves folded to one."""

from collections.abc import Mapping, Sequence

from msgspec import Struct

from longpole.cli.draw import category_words
from longpole.model.category import Category
from longpole.model.event import EventKind
from longpole.model.status import OPEN_STATUSES
from longpole.model.tree import Tree
from longpole.reports.node_views import ExecutionNode, StepNode
from longpole.reports.numbers import duration_text
from longpole.reports.tree_nodes import Node, extent_of, grow_nodes, node_id, node_name
from longpole.reports.views import ExecutionTree
from longpole.wire.longpole_names import EVENT_FOLDED

_WAITS = (Category.RETRY, Category.RATE_LIMIT, Category.QUEUE, Category.BLOCKED_LOOP, Category.BARRIER_WAIT)

FOLD_FROM = 4
"""So many leaves of one name in a row become one line."""


class Line(Struct, frozen=True, kw_only=True):
    """One line: a step, an execution, or a run of equal leaves. Times are nanoseconds from the top's start.

    `extent_ns` is how far its bar reaches, `duration_ns` the time it took (of folded leaves: their sum). `note` is what
    is said beside the name: the kind of a wait, an attempt, how long it stood still.
    """

    guide: str
    name: str
    note: str
    node_ids: tuple[str, ...]
    category: str
    status: str
    offset_ns: int
    extent_ns: int
    duration_ns: int | None
    tokens: int | None
    error_type: str | None
    model: str | None
    is_execution: bool
    is_open: bool


def outline(tree: ExecutionTree, *, fold: bool) -> list[Line]:
    """The lines of a tree, parents before children, siblings by start."""
    nodes: list[Node] = [*tree.executions, *tree.steps]
    so_far_ns = 0 if tree.duration_ns is not None else sum(tree.shares.values())
    until_ns = extent_of(nodes, so_far_ns)[1]
    grown = grow_nodes(nodes, until_ns)
    stood_still = _blocked_ns(tree)
    stands_for = {event.span_id: event.message or "" for event in tree.events if event.name == EVENT_FOLDED}
    keys = [
        _key(place, nodes, grown) if fold and node_id(node) not in stands_for else None
        for place, node in enumerate(nodes)
    ]
    lines: list[Line] = []
    stack = [(group, "", "") for group in reversed(_groups(grown.roots, keys))]
    while stack:
        group, guide, below = stack.pop()
        members = [nodes[place] for place in group]
        said = _note(members, stands_for, sum(stood_still.get(node_id(node), 0) for node in members))
        lines.append(_line(members, guide, said, until_ns))
        if len(group) > 1:
            continue
        groups = _groups(grown.children[group[0]], keys)
        for place in range(len(groups) - 1, -1, -1):
            is_last = place == len(groups) - 1
            stack.append((groups[place], below + ("└ " if is_last else "├ "), below + ("  " if is_last else "│ ")))
    return lines


def _groups(siblings: Sequence[int], keys: Sequence[tuple[str, str, str] | None]) -> list[list[int]]:
    """Siblings in order, runs of `FOLD_FROM` or more equal leaves together, all others alone."""
    runs: list[list[int]] = []
    for node in siblings:
        if runs and keys[node] is not None and keys[node] == keys[runs[-1][0]]:
            runs[-1].append(node)
        else:
            runs.append([node])
    groups: list[list[int]] = []
    for run in runs:
        groups += [run] if len(run) >= FOLD_FROM else [[node] for node in run]
    return groups


def _key(node: int, nodes: Sequence[Node], grown: Tree) -> tuple[str, str, str] | None:
    """What leaves must share to be folded; nothing for those that never are."""
    step = nodes[node]
    if not isinstance(step, StepNode) or grown.children[node] or step.duration_ns is None:
        return None
    return step.name, step.category, step.status


def _blocked_ns(tree: ExecutionTree) -> dict[str, int]:
    """By span, how long it stood still because another step blocked the event loop."""
    found: dict[str, int] = {}
    for event in tree.events:
        if event.kind == EventKind.BLOCKED:
            found[event.span_id] = found.get(event.span_id, 0) + (event.duration_ns or 0)
    return found


def _line(members: Sequence[Node], guide: str, note: str, until_ns: int) -> Line:
    first = members[0]
    ends = [until_ns if node.duration_ns is None else node.offset_ns + node.duration_ns for node in members]
    durations = [node.duration_ns for node in members if node.duration_ns is not None]
    name = node_name(first)
    return Line(
        guide=guide,
        name=f"{name} ×{len(members)}" if len(members) > 1 else name,
        note=note,
        node_ids=tuple(node_id(node) for node in members),
        category=first.category if isinstance(first, StepNode) else "agent",
        status=first.status,
        offset_ns=first.offset_ns,
        extent_ns=max(0, max(ends) - first.offset_ns),
        duration_ns=sum(durations) if durations else None,
        tokens=_tokens(members),
        error_type=first.error_type,
        model=first.model,
        is_execution=isinstance(first, ExecutionNode),
        is_open=first.status in OPEN_STATUSES,
    )


def _note(members: Sequence[Node], stands_for: Mapping[str, str], blocked_ns: int) -> str:
    first = members[0]
    words = [said] if (said := stands_for.get(node_id(first))) else []
    if isinstance(first, StepNode):
        words += [category_words(first.category)] * (first.category in _WAITS)
        is_pause = first.category in (Category.RETRY, Category.RATE_LIMIT)
        if len(members) == 1 and first.attempt is not None and (first.attempt > 1 or is_pause):
            words.append(f"attempt {first.attempt}")
    if blocked_ns:
        words.append(f"stood still {duration_text(blocked_ns)}")
    return ", ".join(words)


def _tokens(members: Sequence[Node]) -> int | None:
    known = [count for count in map(_tokens_of, members) if count is not None]
    return sum(known) if known else None


def _tokens_of(node: Node) -> int | None:
    if node.input_tokens is None and node.output_tokens is None:
        return node.total_tokens if isinstance(node, StepNode) else None
    return (node.input_tokens or 0) + (node.output_tokens or 0)
