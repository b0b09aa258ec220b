"""What if: how long an execution takes when steps of it are made faster, removed, cached or run in parallel.

Each span is a small schedule: its children begin so long after those that they waited for, and it ends so long after
its last ones (`dependencies`). A change alters durations or what waits for what; then the schedules of the spans above
are gone through again, from below. What the parent does itself between its children stays as long as it was. So a
what-if of nothing changes nothing, and a change is never slower than without it.
"""

from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum

from msgspec import Struct

from longpole.analysis.critical_path import Stretch, find_critical_path
from longpole.analysis.dependencies import NOTHING, Dependencies, Nodes, infer_dependencies
from longpole.analysis.streams import adopt_readers
from longpole.model.tree import NO_PARENT, Tree, grow_tree


class Deed(StrEnum):
    """What is done to steps."""

    FASTER = "faster"
    REMOVE = "remove"
    CACHE = "cache"
    PARALLEL = "parallel"


class Change(Struct, frozen=True, kw_only=True):
    """One thing that is tried with some spans, by their positions.

    A faster span takes `duration_ns`, else what it takes divided by `factor`, with everything below it. Of cached
    spans those that began after the first one's end take no time. Those run in parallel are siblings: all begin with
    the first of them, and what followed one of them waits for all; of several parents each group is one by itself.
    """

    deed: Deed
    nodes: Nodes
    factor: float = 1.0
    duration_ns: int | None = None


class Outcome(Struct, frozen=True, kw_only=True):
    """An execution after a change. `nodes` are the positions in the recorded tree of the spans of `tree`.

    `path` is the critical path of `tree`, whose stretches carry positions of the recorded tree.
    """

    before_ns: int
    after_ns: int
    tree: Tree
    nodes: Sequence[int]
    path: Sequence[Stretch]


class Simulator:
    """Tries changes on the recorded execution at `top`.

    Args:
        tree: spans with their times.
        top: the execution's position.
        labels: per span, what equals have in common, such as its name.
        first_token_ns: per span, nanoseconds from its start to the first piece of a stream, `None` if it is none.

    Of a stream that is made faster, what its reader does with the pieces takes as long as before.

    Cost: the schedules once, about 2 us a span. A change then costs the schedules of the spans above it.
    """

    def __init__(self, tree: Tree, top: int, labels: Sequence[str], first_token_ns: Sequence[int | None] = ()) -> None:
        self._recorded = tree
        self.tree, self._streams = adopt_readers(tree, first_token_ns)
        self.top = top
        self._dependencies = infer_dependencies(self.tree, labels)
        self._followers: dict[int, _Followers] = {}
        self._lengths = [end - start for start, end in zip(tree.starts, tree.ends, strict=True)]
        self._ended = [0] * len(tree)  # of the schedule that was gone through last: when each child ended
        self._rank = [-1] * len(tree)
        for rank, node in enumerate(self.tree.below(top)):
            self._rank[node] = rank

    @property
    def before_ns(self) -> int:
        """How long the execution took."""
        return self._lengths[self.top]

    def duration_after(self, changes: Sequence[Change]) -> int:
        """Nanoseconds that the execution takes with all of the changes at once."""
        return self._durations(_Plan(self, changes))[self.top]

    def simulate(self, changes: Sequence[Change]) -> Outcome:
        """The execution with all of the changes at once. Cost: about 5 us a span."""
        plan = _Plan(self, changes)
        durations = self._durations(plan)
        tree, nodes = self._grow(plan, durations)
        path = find_critical_path(tree, 0)
        return Outcome(
            before_ns=self.before_ns,
            after_ns=tree.ends[0] - tree.starts[0],
            tree=tree,
            nodes=nodes,
            path=[Stretch(nodes[part.node], part.started_ns, part.ended_ns, part.is_critical) for part in path],
        )

    def has(self, node: int) -> bool:
        """Whether a span is part of the execution."""
        return self._rank[node] >= 0

    def followers(self, parent: int) -> "_Followers":
        """Who follows whom among the children of a span, as recorded."""
        found = self._followers.get(parent)
        if found is None:
            found = self._followers[parent] = _Followers(self.tree.children[parent], self._dependencies.after)
        return found

    @property
    def dependencies(self) -> Dependencies:
        """Who waited for whom, as recorded."""
        return self._dependencies

    def _durations(self, plan: "_Plan") -> list[int]:
        """New durations by position; those of spans that are not in the execution are as they were."""
        children, lengths = self.tree.children, self._lengths
        fixed, factors = plan.fixed, plan.factors
        growth = _Growth(self.tree, self._dependencies, lengths)
        inner: list[int] = []
        for node in plan.touched:
            if children[node]:
                inner.append(node)
            else:
                growth.add(node, fixed[node] if node in fixed else round(lengths[node] / factors[node]))
        for node in sorted(inner, key=self._rank.__getitem__, reverse=True):
            duration_ns = fixed.get(node)
            if duration_ns is None:
                duration_ns = self._duration(node, plan, growth)
                if node in factors and node not in self._streams:
                    duration_ns = round(duration_ns / factors[node])
            growth.add(node, duration_ns)
        return growth.durations

    def _duration(self, node: int, plan: "_Plan", growth: "_Growth") -> int:
        """Of children in stages only the difference matters: most schedules need not be gone through."""
        if self._dependencies.in_stages[node] and node not in plan.rescheduled and node not in self._streams:
            recorded_ns = self._lengths[node]
            return max(recorded_ns + growth.below(node), min(0, recorded_ns))
        return self._schedule(node, plan, growth.durations)

    def _schedule(self, node: int, plan: "_Plan", durations: Sequence[int]) -> int:
        """When the span ends, counted from its start. When its children end is in `_ended` then."""
        after, gaps, ended = self._dependencies.after, self._dependencies.gaps, self._ended
        children, tail = self.tree.children[node], self._dependencies.tails[node]
        if node in plan.rescheduled:
            after = {child: plan.after.get(child, after[child]) for child in children}
            gaps = {child: plan.gaps.get(child, gaps[child]) for child in children}
        if node in self._streams and node in plan.factors:
            gaps = {child: round(gaps[child] / plan.factors[node]) for child in children}
            tail = round(tail / plan.factors[node])
        known, moment = NOTHING, 0
        for child in children:
            before = after[child]
            if before is not known:
                known = before
                moment = ended[before[0]] if len(before) == 1 else max([ended[one] for one in before], default=0)
            ended[child] = moment + gaps[child] + durations[child]
        awaited = plan.awaited.get(node, self._dependencies.awaited[node])
        return max(max([ended[one] for one in awaited], default=0) + tail, min(0, self._lengths[node]))

    def _grow(self, plan: "_Plan", durations: Sequence[int]) -> tuple[Tree, list[int]]:
        """The execution's tree after the changes, and which span each of its spans was."""
        tree = self.tree
        nodes: list[int] = []
        starts: list[int] = []
        ends: list[int] = []
        stack = [(self.top, tree.starts[self.top], 1.0)]
        while stack:
            node, begin, scale = stack.pop()
            duration = durations[node]
            nodes.append(node)
            starts.append(begin)
            ends.append(begin + _scaled(duration, scale))
            if not tree.children[node]:
                continue
            end = self._schedule(node, plan, durations)
            if (node in plan.factors and node not in self._streams) or node in plan.fixed:
                scale *= duration / end if end > 0 else 1.0
            for child in reversed(tree.children[node]):
                if child not in plan.gone:
                    offset = self._ended[child] - durations[child]
                    stack.append((child, begin + _scaled(offset, scale), scale))
        ids = [tree.ids[node] for node in nodes]
        parents = [self._recorded.parents[node] for node in nodes]
        above = [None if parent == NO_PARENT else tree.ids[parent] for parent in parents]
        return grow_tree(ids, [None, *above[1:]], starts, ends), nodes


def _scaled(duration: int, scale: float) -> int:
    return duration if scale == 1.0 else round(duration * scale)


class _Growth:
    """New durations by position, and how much longer the children of a span have become, one stage after the other."""

    def __init__(self, tree: Tree, dependencies: Dependencies, lengths: Sequence[int]) -> None:
        self.durations = list(lengths)  # 0.1 ms for 50,000, and looked up more quickly than a dictionary of changes
        self._parents = tree.parents
        self._beside = dependencies.beside
        self._gaps = dependencies.gaps
        self._lengths = lengths
        self._alone: dict[int, int] = {}  # by span, how much longer those children have become that are a stage each
        self._stages: dict[int, dict[int, Nodes]] = {}  # by span, the other stages in which a child has changed

    def add(self, node: int, duration_ns: int) -> None:
        """Tell of a span's new duration; those below it come first."""
        self.durations[node] = duration_ns
        parent = self._parents[node]
        if node in self._beside:
            stage = self._beside[node]
            self._stages.setdefault(parent, {})[stage[0]] = stage
        else:
            self._alone[parent] = self._alone.get(parent, 0) + duration_ns - self._lengths[node]

    def below(self, node: int) -> int:
        """By how many nanoseconds the stages below a span are longer; below zero where they are shorter."""
        gaps, durations, lengths = self._gaps, self.durations, self._lengths
        longer_ns = self._alone.get(node, 0)
        for stage in self._stages.get(node, {}).values():
            longer_ns += max([gaps[one] + durations[one] for one in stage])
            longer_ns -= max([gaps[one] + lengths[one] for one in stage])
        return longer_ns


class _Plan:
    """Changes as what differs from the recorded schedules: durations and factors of spans, who waits for whom."""

    def __init__(self, simulator: Simulator, changes: Iterable[Change]) -> None:
        self._simulator = simulator
        self._tree = simulator.tree
        self._known = simulator.dependencies
        self.fixed: dict[int, int] = {}
        self.factors: dict[int, float] = {}
        self.gone: set[int] = set()
        self.after: dict[int, Nodes] = {}
        self.gaps: dict[int, int] = {}
        self.awaited: dict[int, Nodes] = {}
        self.rescheduled: set[int] = set()  # spans whose children wait for others now
        self._moved: dict[int, list[int]] = {}  # by span, who waits for it now
        for change in changes:
            self._take(change)
        self.touched = self._with_those_above()

    def _take(self, change: Change) -> None:
        nodes = [node for node in change.nodes if self._simulator.has(node)]
        if change.deed is Deed.PARALLEL:
            self._run_in_parallel(nodes)
            return
        if change.deed is Deed.CACHE:
            nodes = self._after_the_first(nodes)
        if change.deed is not Deed.FASTER:
            self.fixed.update(dict.fromkeys(nodes, 0))
            self.gone.update(nodes)
        elif change.duration_ns is not None:
            for node in nodes:
                self.fixed.setdefault(node, change.duration_ns)
        else:
            for node in nodes:
                self.factors[node] = self.factors.get(node, 1.0) * change.factor

    def _with_those_above(self) -> set[int]:
        """The spans that change and all above them: their schedules have to be gone through again."""
        parents, top = self._tree.parents, self._simulator.top
        found: set[int] = set()
        level = {*self.fixed, *self.factors, *self.rescheduled}
        while level:
            found |= level
            level = {parents[node] for node in level if node != top} - found
        return found

    def _after_the_first(self, nodes: Sequence[int]) -> list[int]:
        starts = self._tree.starts
        first = min(sorted(nodes), key=starts.__getitem__, default=None)
        if first is None:
            return []
        filled = self._tree.ends[first]
        return [node for node in nodes if node != first and starts[node] >= filled]

    def _run_in_parallel(self, nodes: Iterable[int]) -> None:
        by_parent: dict[int, list[int]] = {}
        for node in nodes:
            by_parent.setdefault(self._tree.parents[node], []).append(node)
        for parent, members in by_parent.items():
            if len(members) > 1 and parent != NO_PARENT:
                self._join(parent, sorted(set(members), key=lambda node: (self._tree.starts[node], node)))

    def _join(self, parent: int, members: Sequence[int]) -> None:
        """Let the members begin together; the parent's own time between them now stands before all of them."""
        first, begin = members[0], self._after(members[0])
        waited = {node: after for node in members[1:] if (after := self._after(node)) != begin}
        if not waited:
            return
        self.rescheduled.add(parent)
        own_ns = sum(max(0, self._gap(node)) for node in waited) + self._gap(first)
        following = self._following(parent, waited)
        for node in (first, *waited):
            self._follow(node, begin)
            self.gaps[node] = own_ns
        for sibling in following:
            if sibling not in waited and sibling != first:
                self._follow(sibling, _with_earlier(self._after(sibling), waited))
        awaited = self.awaited.get(parent, self._known.awaited[parent])
        if not waited.keys().isdisjoint(awaited):
            self.awaited[parent] = _with_earlier(awaited, waited)

    def _following(self, parent: int, nodes: Iterable[int]) -> list[int]:
        """The siblings that wait for one of these."""
        nodes = set(nodes)
        possible = self._simulator.followers(parent).of(nodes)
        possible.update(follower for node in nodes for follower in self._moved.get(node, ()))
        return sorted(node for node in possible if not nodes.isdisjoint(self._after(node)))

    def _follow(self, node: int, after: Nodes) -> None:
        self.after[node] = after
        for earlier in after:
            self._moved.setdefault(earlier, []).append(node)

    def _after(self, node: int) -> Nodes:
        return self.after.get(node, self._known.after[node])

    def _gap(self, node: int) -> int:
        return self.gaps.get(node, self._known.gaps[node])


def _with_earlier(before: Nodes, waited: Mapping[int, Nodes]) -> Nodes:
    """These, and what those of them that moved forward had `waited` for: it is still waited for."""
    found: dict[int, None] = {}
    stack = list(before)
    while stack:
        node = stack.pop()
        if node not in found:
            found[node] = None
            stack.extend(waited.get(node, ()))
    return tuple(found)


class _Followers:
    """Who follows whom among siblings: siblings that began together share what they waited for, and are kept so."""

    def __init__(self, siblings: Sequence[int], after: Sequence[Nodes]) -> None:
        self._groups: list[list[int]] = []
        self._by_node: dict[int, list[int]] = {}
        known = NOTHING
        for sibling in siblings:
            if after[sibling] is not known:
                known = after[sibling]
                for node in known:
                    self._by_node.setdefault(node, []).append(len(self._groups))
                self._groups.append([])
            if known:
                self._groups[-1].append(sibling)

    def of(self, nodes: Iterable[int]) -> set[int]:
        """All that waited for one of these."""
        groups = {group for node in nodes for group in self._by_node.get(node, ())}
        return {sibling for group in groups for sibling in self._groups[group]}
