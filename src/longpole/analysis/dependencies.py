"""What waited for what: read off the recorded order, since no program says it.

A step that began after others had ended follows them; the time between is its parent's own. Steps that overlap ran in
parallel. Where that leaves a choice, these rules decide:

- Nothing ran when the step began: all branches had come to their end, so it is a join and waits for each of them.
- Others still ran: it goes on with the branch that ended last. If that one had equals that ran beside it, all of them
  over, and the step is something else, then it waits for all of these: what follows a fan-out.
- Others still ran and no branch is at its end: it was begun together with the sibling that began before it.
- A parent's end waits for every branch that ended by then; what outlives the parent by more than a tenth of its own
  time was not waited for (as on the critical path).

Two steps may overlap by `critical_path.OVERLAP_NS` and a tenth of the first one's time and still follow each other.
"""

from collections.abc import Sequence
from heapq import heappop, heappush

from msgspec import Struct

from longpole.analysis.critical_path import OVERLAP_NS
from longpole.model.tree import Tree

Nodes = tuple[int, ...]
NOTHING: Nodes = ()


class Dependencies(Struct, frozen=True):
    """By position of a span, nanoseconds.

    `after` holds the siblings whose end it waited for, none for what began with its parent; `gaps` the time from the
    last of these ends (else from the parent's start) to its start. `awaited` holds the children whose end its own end
    waited for; `tails` the time from the last of them (else from its start) to its end. Siblings that began together
    share one tuple in `after`. A gap may be below zero where clocks differ.

    `in_stages` says of which spans the children came in stages, each of which waited for all of the one before; most
    stages are one step. `beside` holds for a step of a larger one all that are in it.
    """

    after: list[Nodes]
    gaps: list[int]
    awaited: list[Nodes]
    tails: list[int]
    in_stages: list[bool]
    beside: dict[int, Nodes]


def infer_dependencies(tree: Tree, labels: Sequence[str]) -> Dependencies:
    """Who waited for whom in the whole tree.

    Args:
        tree: spans with their times.
        labels: per span, what equals have in common, such as its name.

    Cost: about 1 us a span where children come in stages, 3 us elsewhere.
    """
    count = len(tree)
    found = Dependencies([NOTHING] * count, [0] * count, [NOTHING] * count, [0] * count, [True] * count, {})
    starts, ends = tree.starts, tree.ends
    for node, children in enumerate(tree.children):
        if not children:
            found.tails[node] = ends[node] - starts[node]
        elif not _come_in_stages(tree, node, found):
            found.in_stages[node] = False
            _Siblings(tree, node, labels, found).infer()
    for root in tree.roots:
        found.gaps[root] = starts[root]
    return found


def _come_in_stages(tree: Tree, node: int, found: Dependencies) -> bool:
    """Fill in what is known of children that came in stages, if they did: the usual case, without a heap."""
    starts, ends, after, gaps = tree.starts, tree.ends, found.after, found.gaps
    before, moment, end = NOTHING, starts[node], ends[node]
    stage: list[int] = []
    beside: dict[int, Nodes] = {}
    last = first_over = all_over = 0  # of the stage: its last end, and when the first one and when all count as over
    for child in tree.children[node]:
        start, child_end = starts[child], ends[child]
        if child_end > end:
            return False
        tenth = (child_end - start) // 10
        over = child_end - (tenth if tenth < OVERLAP_NS else OVERLAP_NS)
        if not stage or start >= all_over:
            if stage:
                before, moment = _closed(stage, ends, beside), last
            stage, last, first_over, all_over = [child], child_end, over, over
        elif start < first_over:
            stage.append(child)
            last, first_over, all_over = max(last, child_end), min(first_over, over), max(all_over, over)
        else:
            return False
        after[child] = before
        gaps[child] = start - moment
    found.awaited[node] = _closed(stage, ends, beside)
    found.tails[node] = end - last
    found.beside.update(beside)
    return True


def _closed(stage: list[int], ends: Sequence[int], beside: dict[int, Nodes]) -> Nodes:
    """A stage to which nothing comes any more, the last to end last."""
    if len(stage) == 1:
        return (stage[0],)
    stage.sort(key=ends.__getitem__)
    whole = tuple(stage)
    beside.update(dict.fromkeys(stage, whole))
    return whole


class _Siblings:
    """The children of one span, some of which overlap, gone through in order of start."""

    def __init__(self, tree: Tree, node: int, labels: Sequence[str], found: Dependencies) -> None:
        self._tree = tree
        self._node = node
        self._labels = labels
        self._found = found
        self._running: list[tuple[int, int]] = []  # a heap of (end, child)
        self._running_labels: dict[str, int] = {}
        self._over: list[int] = []  # ends of branches, the last to end last; some may have gone on already
        self._waiting: dict[str, list[int]] = {}  # the same by label
        self._gone_on: set[int] = set()
        self._together: Nodes = NOTHING  # what the sibling that began last waited for
        self._join: Nodes | None = None  # all ends of branches, until something begins or ends

    def infer(self) -> None:
        """Fill in what each child, and the end of the span, waited for."""
        tree, found, running = self._tree, self._found, self._running
        starts, ends, after, gaps = tree.starts, tree.ends, found.after, found.gaps
        known, moment, end = NOTHING, self._last_end(NOTHING), ends[self._node]
        for child in tree.children[self._node]:
            start = starts[child]
            if running and running[0][0] <= start + OVERLAP_NS:
                self._end_until(start)
            before = self._before(child) if self._over else self._together
            if before is not known:  # thousands may begin together
                known, moment = before, self._last_end(before)
            after[child] = before
            gaps[child] = start - moment
            if ends[child] <= end or is_awaited(tree, self._node, child):
                self._begin(child, before)
        awaited = (*self._ends(), *(child for _, child in self._running))
        found.awaited[self._node] = awaited
        found.tails[self._node] = tree.ends[self._node] - self._last_end(awaited)

    def _begin(self, child: int, before: Nodes) -> None:
        if before is not self._together:
            self._gone_on.update(before)
        self._together, self._join = before, None
        label = self._labels[child]
        self._running_labels[label] = self._running_labels.get(label, 0) + 1
        heappush(self._running, (self._tree.ends[child], child))

    def _end_until(self, moment: int) -> None:
        starts = self._tree.starts
        while self._running:
            end, child = self._running[0]
            if end > moment + min(OVERLAP_NS, (end - starts[child]) // 10):
                break
            heappop(self._running)
            label = self._labels[child]
            self._running_labels[label] -= 1
            self._over.append(child)
            self._join = None
            self._waiting.setdefault(label, []).append(child)

    def _before(self, child: int) -> Nodes:
        while self._over and self._over[-1] in self._gone_on:
            self._over.pop()
        if not self._over:
            return self._together
        if not self._running:
            if self._join is None:
                self._join = self._ends()
                self._over, self._waiting = list(self._join), {}
            return self._join
        last = self._over[-1]
        label = self._labels[last]
        if label == self._labels[child] or self._running_labels[label]:
            return (last,)
        equals = tuple(one for one in self._waiting.pop(label, ()) if one not in self._gone_on)
        return equals or (last,)

    def _ends(self) -> Nodes:
        gone_on = self._gone_on
        return tuple([child for child in self._over if child not in gone_on])

    def _last_end(self, nodes: Sequence[int]) -> int:
        if len(nodes) == 1:
            return self._tree.ends[nodes[0]]
        return max([self._tree.ends[node] for node in nodes], default=self._tree.starts[self._node])


def is_awaited(tree: Tree, node: int, child: int) -> bool:
    """Whether a span's end can have waited for this child of it: the child does not outlive it by a tenth."""
    excess = tree.ends[child] - tree.ends[node]
    return excess <= 0 or excess * 10 <= tree.ends[child] - tree.starts[child]
