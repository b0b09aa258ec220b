"""Which spans are executions, and to which execution every other span belongs.

The rules, for a group of traces that links join:

- A span whose kind is agent or workflow is an execution. If the group has none, its roots are (kind "root"): spans
  without a parent, or, as long as no such span has arrived, those whose parent is missing.
- A span belongs to the nearest execution above it. Above means its parent; for a span whose parent is absent, the
  target of its link. The execution above an execution is its parent execution.
- A span with no execution above it is *outside*: it belongs to the execution that starts first below it, else to the
  first top execution of its trace, else of the group.
- A cycle of parents is cut where it starts first.
"""

from collections.abc import Sequence
from operator import attrgetter

from msgspec import Struct

from longpole.ingest.facts import Facts
from longpole.model.category import Category
from longpole.model.execution import ExecutionKind
from longpole.model.ids import execution_id_of
from longpole.model.tree import NO_PARENT, Tree, grow_tree

LINK_REASON = "span link"

_by_start = attrgetter("started_ns", "trace_id", "span_id")


class Ownership(Struct, frozen=True):
    """A group of spans in order of start, and per span (by its position) its place.

    `kinds` is `None` for a step. `owners` is the execution that a span belongs to, an execution's own position for
    itself. `parents` is an execution's parent execution, `NO_PARENT` for a top one and for steps. `roots` is the top
    execution above the owner. `depths` counts the executions above an execution, and the spans between a step and its
    execution plus one (for a step outside: the spans above it). `missing` counts spans whose parent never arrived.
    """

    facts: tuple[Facts, ...]
    tree: Tree
    kinds: list[str | None]
    owners: list[int]
    parents: list[int]
    roots: list[int]
    depths: list[int]
    is_outside: list[bool]
    step_indexes: list[int]
    execution_ids: dict[int, str]
    call_reasons: dict[int, str]
    missing: int


def assign_owners(facts: Sequence[Facts], *, now_ns: int) -> Ownership:
    """The place of every span of a group; the order in which they are given changes nothing.

    Args:
        facts: the spans of traces that links join, each span once.
        now_ns: where the time of open spans ends for now.

    Cost: about 5 us a span; no recursion.
    """
    facts = tuple(sorted(facts, key=_by_start))
    tree, is_linked, missing = _grow(facts, now_ns)
    kinds = _find_executions(facts, tree, missing)
    count = len(facts)
    owners, parents, roots = [NO_PARENT] * count, [NO_PARENT] * count, [NO_PARENT] * count
    depths, is_outside = [0] * count, [False] * count
    for node in tree.order:
        above = tree.parents[node]
        owner = NO_PARENT if above == NO_PARENT else owners[above]
        if kinds[node] is not None:
            owners[node] = node
            parents[node] = owner
            roots[node] = node if owner == NO_PARENT else roots[owner]
            depths[node] = 0 if owner == NO_PARENT else depths[owner] + 1
        elif owner == NO_PARENT:
            is_outside[node] = True
            depths[node] = 0 if above == NO_PARENT else depths[above] + 1
        else:
            owners[node] = owner
            roots[node] = roots[owner]
            depths[node] = 1 if above == owner else depths[above] + 1
    if any(is_outside):
        _adopt(facts, tree, kinds, owners, parents, roots)
    return Ownership(
        facts=facts,
        tree=tree,
        kinds=kinds,
        owners=owners,
        parents=parents,
        roots=roots,
        depths=depths,
        is_outside=is_outside,
        step_indexes=_count_steps(facts, kinds, owners),
        execution_ids=_name_executions(facts, kinds),
        call_reasons=_find_reasons(facts, tree, kinds, is_linked),
        missing=len(missing),
    )


def _grow(facts: Sequence[Facts], now_ns: int) -> tuple[Tree, set[int], set[int]]:
    """The tree of a group, the positions that hang by a link, and those whose parent is missing."""
    ids = [fact.trace_id + fact.span_id for fact in facts]
    known = set(ids)
    above: list[str | None] = []
    is_linked: set[int] = set()
    missing: set[int] = set()
    for i, fact in enumerate(facts):
        parent = fact.parent_span_id
        if parent is not None:
            parent = fact.trace_id + parent
            if parent in known:
                above.append(parent)
                continue
            missing.add(i)
            parent = None
        if fact.link_trace_id is not None and fact.link_span_id is not None:
            parent = fact.link_trace_id + fact.link_span_id
            if parent in known:
                is_linked.add(i)
        above.append(parent)
    ends = [max(now_ns, fact.started_ns) if fact.ended_ns is None else fact.ended_ns for fact in facts]
    return grow_tree(ids, above, [fact.started_ns for fact in facts], ends), is_linked, missing


def _find_executions(facts: Sequence[Facts], tree: Tree, missing: set[int]) -> list[str | None]:
    kinds = [fact.kind for fact in facts]
    if any(kinds):
        return kinds
    tops = {i for i, fact in enumerate(facts) if fact.parent_span_id is None}
    tops.update(root for root in tree.roots if root not in missing)
    for top in tops or tree.roots:
        kinds[top] = str(ExecutionKind.ROOT)
    return kinds


def _adopt(
    facts: Sequence[Facts],
    tree: Tree,
    kinds: Sequence[str | None],
    owners: list[int],
    parents: Sequence[int],
    roots: list[int],
) -> None:
    """Give the spans outside an owner, in place."""
    first_below = [NO_PARENT] * len(facts)
    for node in reversed(tree.order):
        below = node if kinds[node] is not None else first_below[node]
        above = tree.parents[node]
        # Positions are in order of start, so the smaller one started first.
        if below != NO_PARENT and above != NO_PARENT and not 0 <= first_below[above] < below:
            first_below[above] = below
    first_of_trace: dict[str, int] = {}
    tops = [i for i, kind in enumerate(kinds) if kind is not None and parents[i] == NO_PARENT]
    for top in tops:
        first_of_trace.setdefault(facts[top].trace_id, top)
    for node, owner in enumerate(owners):
        if owner == NO_PARENT:
            below = first_below[node]
            owners[node] = below if below != NO_PARENT else first_of_trace.get(facts[node].trace_id, tops[0])
            roots[node] = roots[owners[node]]


def _count_steps(facts: Sequence[Facts], kinds: Sequence[str | None], owners: Sequence[int]) -> list[int]:
    """Per step its place among the steps of its execution, from 0, unless the program sent one."""
    counts: dict[int, int] = {}
    indexes: list[int] = []
    for fact, kind, owner in zip(facts, kinds, owners, strict=True):
        if kind is not None:
            indexes.append(0)
            continue
        index = counts.get(owner, 0)
        counts[owner] = index + 1
        indexes.append(index if fact.step_index is None else fact.step_index)
    return indexes


def _name_executions(facts: Sequence[Facts], kinds: Sequence[str | None]) -> dict[int, str]:
    """The id of every execution: the program's own one, for the first that claims it, else one made of its span."""
    named: dict[int, str] = {}
    taken: set[str] = set()
    for i, (fact, kind) in enumerate(zip(facts, kinds, strict=True)):
        if kind is None:
            continue
        name = fact.execution_id
        if name is None or name in taken:
            name = execution_id_of(fact.trace_id, fact.span_id)
        taken.add(name)
        named[i] = name
    return named


def _find_reasons(
    facts: Sequence[Facts], tree: Tree, kinds: Sequence[str | None], is_linked: set[int]
) -> dict[int, str]:
    """Why executions were called: the program's word, else the tool step right above, else a link."""
    reasons: dict[int, str] = {}
    for i, kind in enumerate(kinds):
        if kind is None:
            continue
        reason = facts[i].call_reason
        above = tree.parents[i]
        if reason is None and above != NO_PARENT and kinds[above] is None and facts[above].category == Category.TOOL:
            reason = f"tool {facts[above].tool or facts[above].name}"
        if reason is None and i in is_linked:
            reason = LINK_REASON
        if reason is not None:
            reasons[i] = reason
    return reasons
