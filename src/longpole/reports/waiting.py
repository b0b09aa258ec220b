"""What one execution waited for: first tokens, limits, queues, blocked loops, and the stragglers at its joins."""

from collections.abc import Sequence
from statistics import median

from longpole.analysis.critical_path import weigh_spans
from longpole.analysis.dependencies import infer_dependencies
from longpole.analysis.waiting import Join as FoundJoin
from longpole.analysis.waiting import Wait, find_joins, find_waits
from longpole.reports.critical_path import name_of
from longpole.reports.family import Family, load_family, span_of
from longpole.reports.filter_values import WORKSPACE, Pairs, read_workspace
from longpole.reports.path_views import Branch, Join, Waiting, WaitKind
from longpole.reports.question import QuestionOfOne
from longpole.reports.which_execution import find_execution
from longpole.store.engine import Engine

MOST_JOINS = 50
MOST_BRANCHES = 5
"""Joins, and branches of one beside its straggler, that are told of."""


def waiting_of(store: Engine, execution: str, pairs: Pairs) -> Waiting:
    """What the execution that `execution` names waited for, so far while it runs.

    Raises:
        NotFound: no execution has this id.
        InvalidInput: a part of an id names several, or a filter is unknown.
    """
    family = load_family(store, find_execution(store, execution, workspace=read_workspace(pairs)))
    tree, top = family.tree, family.position
    weights = weigh_spans(tree, top)
    dependencies = infer_dependencies(tree, [row["tool"] or row["name"] for row in family.spans])
    joins = find_joins(tree, top, dependencies, weights)
    waits = find_waits(
        tree,
        top,
        weights,
        categories=[row["category"] for row in family.spans],
        first_token_ns=[row["first_token_ns"] for row in family.spans],
    )
    return Waiting(
        execution_id=family.top["execution_id"],
        agent=family.top["agent"],
        status=family.top["status"],
        is_running=family.top["duration_ns"] is None,
        duration_ns=tree.ends[top] - tree.starts[top],
        kinds=_kinds(family, waits),
        joins=[_join(family, join) for join in joins[:MOST_JOINS]],
        join_count=len(joins),
    )


def _kinds(family: Family, waits: Sequence[Wait]) -> list[WaitKind]:
    by_kind: dict[str, list[Wait]] = {}
    for wait in waits:
        by_kind.setdefault(wait.kind, []).append(wait)
    found = [_kind(family, kind, members) for kind, members in by_kind.items()]
    return sorted(found, key=lambda one: (-one.critical_ns, -one.total_ns, one.kind))


def _kind(family: Family, kind: str, waits: Sequence[Wait]) -> WaitKind:
    tree, top = family.tree, family.position
    whole_ns = tree.ends[top] - tree.starts[top]
    longest = max(waits, key=lambda wait: (wait.duration_ns, -wait.node))
    critical_ns = sum(wait.critical_ns for wait in waits)
    return WaitKind(
        kind=kind,
        count=len(waits),
        total_ns=sum(wait.duration_ns for wait in waits),
        critical_ns=critical_ns,
        share=critical_ns / whole_ns if whole_ns > 0 else 0.0,
        p50_ns=round(median(wait.duration_ns for wait in waits)),
        longest_ns=longest.duration_ns,
        longest_id=span_of(family.spans[longest.node]),
        longest_name=name_of(family, longest.node),
    )


def _join(family: Family, join: FoundJoin) -> Join:
    tree, spans = family.tree, family.spans
    straggler, others = join.branches[0], join.branches[1:]
    return Join(
        inside=name_of(family, join.inside),
        inside_id=span_of(spans[join.inside]),
        then=None if join.then is None else name_of(family, join.then),
        then_id=None if join.then is None else span_of(spans[join.then]),
        offset_ns=join.moment_ns - tree.starts[family.position],
        branches=len(join.branches),
        straggler=name_of(family, straggler),
        straggler_id=span_of(spans[straggler]),
        lead_ns=join.lead_ns,
        waited_ns=join.waited_ns,
        is_critical=join.is_critical,
        first=[
            Branch(node_id=span_of(spans[node]), name=name_of(family, node), waited_ns=join.moment_ns - tree.ends[node])
            for node in others[: -MOST_BRANCHES - 1 : -1]
        ],
    )


WAITING = QuestionOfOne(
    name="waiting",
    meaning="What an execution waited for: first tokens, limits, queues, blocked loops, and stragglers at its joins.",
    view=Waiting,
    filters=(WORKSPACE,),
    ask=waiting_of,
)
