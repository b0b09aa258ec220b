"""How much of an execution's wall time its steps explain, and where they leave a gap.

A step without steps below it explains its own time, and so does a model call, whatever lies below it (a stream goes on
after the HTTP request below it has answered). Everything else, an agent or a step made of others, is explained only
while one of its children runs; parallel children count as their union. What is left are the gaps: each belongs to the
innermost agent or step that contains it, so a child agent's gap is not one of its parent too.
"""

from collections.abc import Iterator, Sequence

from msgspec import Struct

from longpole.model.category import Category
from longpole.model.tree import Tree

MARKS = frozenset({Category.RETRY, Category.RATE_LIMIT, Category.QUEUE, Category.BLOCKED_LOOP})
"""Steps that say why the step above them waited. They do not split it into parts: it stays a leaf."""


class Gap(Struct, frozen=True, gc=False):
    """Time that no step explains, inside the span at `inside`, after `before` and until `after` (positions).

    `before` is the child that ended last before the gap, `after` the one that starts at its end; `None` where the gap
    reaches to the start or the end of `inside`.
    """

    inside: int
    before: int | None
    after: int | None
    started_ns: int
    ended_ns: int

    @property
    def duration_ns(self) -> int:
        """Its length, above zero."""
        return self.ended_ns - self.started_ns


class Coverage(Struct, frozen=True, kw_only=True):
    """All gaps of an execution in order of start, whatever their length.

    `unexplained_ns` counts every moment of `duration_ns` once in which at least one gap is open.
    """

    gaps: list[Gap]
    duration_ns: int
    unexplained_ns: int

    @property
    def share(self) -> float:
        """The share of wall time without a gap, 0 to 1; 1 for an execution that took no time."""
        return 1 - self.unexplained_ns / self.duration_ns if self.duration_ns > 0 else 1.0


def measure_coverage(tree: Tree, top: int, *, categories: Sequence[str], is_agent: Sequence[bool]) -> Coverage:
    """The gaps of the execution at `top`, child agents included, cut to the time of `top`.

    Args:
        tree: spans with their times; the end of an open one is the last moment that anything is known of.
        top: the execution's position.
        categories: per span of the tree, a `Category`.
        is_agent: per span of the tree, whether its own time is never explained, not even without steps below it.

    Cost: about 0.5 us a span.
    """
    begin, end = tree.starts[top], max(tree.starts[top], tree.ends[top])
    gaps: list[Gap] = []
    for node in tree.below(top):
        if _needs_children(tree, node, categories, is_agent[node]):
            gaps.extend(_gaps_inside(tree, node, begin, end))
    gaps.sort(key=lambda gap: (gap.started_ns, gap.inside))
    return Coverage(gaps=gaps, duration_ns=end - begin, unexplained_ns=_union_ns(gaps))


def _needs_children(tree: Tree, node: int, categories: Sequence[str], is_agent: bool) -> bool:
    if is_agent:
        return True
    if categories[node] == Category.LLM:
        return False
    return any(categories[child] not in MARKS for child in tree.children[node])


def _gaps_inside(tree: Tree, node: int, begin: int, end: int) -> Iterator[Gap]:
    """The gaps between the children of one span, within its own time and the given one."""
    begin, end = max(begin, tree.starts[node]), min(end, tree.ends[node])
    before: int | None = None
    for child in tree.children[node]:  # in order of start
        child_begin, child_end = tree.starts[child], tree.ends[child]
        if child_begin >= end:
            break
        if child_end <= begin or child_end <= child_begin:
            continue
        if child_begin > begin:
            yield Gap(node, before, child, begin, child_begin)
        begin, before = child_end, child
    if begin < end:
        yield Gap(node, before, None, begin, end)


def _union_ns(gaps: Sequence[Gap]) -> int:
    """Nanoseconds in which at least one of the gaps, sorted by start, is open."""
    union_ns = 0
    moment = gaps[0].started_ns if gaps else 0
    for gap in gaps:
        union_ns += max(0, gap.ended_ns - max(moment, gap.started_ns))
        moment = max(moment, gap.ended_ns)
    return union_ns
