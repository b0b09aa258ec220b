"""What an execution waited for beside its work: first tokens, limits, queues, blocked loops, and stragglers at joins.

A join is where something waited for several branches (`dependencies`). Until the last of them, the straggler, came,
the others were over for nothing; by its lead over the one before it the whole could be quicker.
"""

from collections.abc import Iterator, Sequence

from msgspec import Struct

from longpole.analysis.critical_path import Weights
from longpole.analysis.dependencies import Dependencies, Nodes, is_awaited
from longpole.model.category import Category
from longpole.model.tree import Tree

FIRST_TOKEN = "first_token"
"""The kind of waits of model calls for their first token; the others are categories."""

WAITS = frozenset(
    (
        Category.RETRY.value,
        Category.RATE_LIMIT.value,
        Category.QUEUE.value,
        Category.BLOCKED_LOOP.value,
        Category.BARRIER_WAIT.value,
    )
)
"""Categories of steps that only wait: one would rather be without them."""

_LLM = Category.LLM.value


class Wait(Struct, frozen=True, gc=False):
    """One wait inside or as the span at `node`; `critical_ns` is what of it lies on the critical path."""

    kind: str
    node: int
    duration_ns: int
    critical_ns: int


class Join(Struct, frozen=True, kw_only=True):
    """Branches inside the span at `inside` that something waited for: `then`, or the span's own end.

    `branches` are the last spans of each, the straggler first, then by their end, the latest first.
    """

    inside: int
    then: int | None
    moment_ns: int
    branches: Nodes
    lead_ns: int
    waited_ns: int
    is_critical: bool


def find_waits(
    tree: Tree, top: int, weights: Weights, *, categories: Sequence[str], first_token_ns: Sequence[int | None]
) -> list[Wait]:
    """Every wait in the execution at `top`.

    Args:
        tree: spans with their times.
        top: the execution's position.
        weights: critical time below `top`.
        categories: per span.
        first_token_ns: per span, nanoseconds from its start to its first token, `None` if unknown.
    """
    found: list[Wait] = []
    critical_ns = weights.critical_ns
    tokens: dict[int, int] = {}
    for node in tree.below(top):
        category, wait_ns = categories[node], first_token_ns[node]
        if category in WAITS:
            found.append(Wait(category, node, tree.ends[node] - tree.starts[node], critical_ns.get(node, 0)))
        elif category == _LLM and wait_ns is not None:
            tokens[node] = tree.starts[node] + wait_ns
    critical = _critical_until(weights, tokens)
    found += [
        Wait(FIRST_TOKEN, node, min(moment, tree.ends[node]) - tree.starts[node], critical.get(node, 0))
        for node, moment in tokens.items()
    ]
    return [wait for wait in found if wait.duration_ns > 0]


def _critical_until(weights: Weights, moments: dict[int, int]) -> dict[int, int]:
    """By span, how much of its own time on the path lies before a moment."""
    found: dict[int, int] = {}
    for stretch in weights.path if moments else ():
        moment = moments.get(stretch.node)
        if moment is not None and moment > stretch.started_ns:
            critical_ns = min(moment, stretch.ended_ns) - stretch.started_ns
            found[stretch.node] = found.get(stretch.node, 0) + critical_ns
    return found


def find_joins(tree: Tree, top: int, dependencies: Dependencies, weights: Weights) -> list[Join]:
    """The joins in the execution at `top`: those on the critical path first, then the largest lead."""
    found: list[Join] = []
    for node in tree.below(top):
        for branches, then in _awaited_together(tree, node, dependencies):
            ordered = tuple(sorted(branches, key=lambda one: (-tree.ends[one], one)))
            last = tree.ends[ordered[0]]
            found.append(
                Join(
                    inside=node,
                    then=then,
                    moment_ns=last,
                    branches=ordered,
                    lead_ns=last - tree.ends[ordered[1]],
                    waited_ns=sum(last - tree.ends[one] for one in ordered),
                    is_critical=ordered[0] in weights.critical_ns,
                )
            )
    return sorted(found, key=lambda join: (not join.is_critical, -join.lead_ns, join.moment_ns, join.inside))


def _awaited_together(tree: Tree, node: int, dependencies: Dependencies) -> Iterator[tuple[Nodes, int | None]]:
    """Several branches at a time, and what began after them; nothing began at the end of the span."""
    found: dict[int, tuple[Nodes, int]] = {}  # by identity: siblings that began together share what they waited for
    for child in tree.children[node]:
        branches = dependencies.after[child]
        if len(branches) > 1:
            known = found.get(id(branches))
            # What goes on is told rather than a notification that was sent on the way.
            if known is None or (is_awaited(tree, node, child) and not is_awaited(tree, node, known[1])):
                found[id(branches)] = (branches, child)
    yield from found.values()
    if len(dependencies.awaited[node]) > 1:
        yield dependencies.awaited[node], None
