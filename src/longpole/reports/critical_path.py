"""The critical path of one execution: which steps decide how long it takes, and how much the others could spare."""

from collections.abc import Sequence

from longpole.analysis.clock_skew import TOLERANCE_NS
from longpole.analysis.critical_path import Stretch, Weights, weigh_spans
from longpole.analysis.dependencies import is_awaited
from longpole.analysis.totals import category_of, model_call_of
from longpole.model.category import Category
from longpole.reports.family import Family, is_execution, load_family, span_of
from longpole.reports.filter_values import WORKSPACE, Pairs, read_workspace
from longpole.reports.path_views import CriticalPath, PathPart, SpareStep
from longpole.reports.question import QuestionOfOne
from longpole.reports.views import PathStep
from longpole.reports.which_execution import find_execution
from longpole.store.engine import Engine

MOST_SPARE = 50
"""Steps beside the path that are told of."""

_PAUSES = (Category.RETRY, Category.RATE_LIMIT)


def critical_path_of(store: Engine, execution: str, pairs: Pairs) -> CriticalPath:
    """The critical path of the execution that `execution` names, so far while it runs.

    Raises:
        NotFound: no execution has this id.
        InvalidInput: a part of an id names several, or a filter is unknown.
    """
    family = load_family(store, find_execution(store, execution, workspace=read_workspace(pairs)))
    tree, top = family.tree, family.position
    weights = weigh_spans(tree, top)
    duration_ns = tree.ends[top] - tree.starts[top]
    own = sorted(weights.critical_ns.items(), key=lambda part: (-part[1], tree.starts[part[0]], part[0]))
    beside = _beside(family, weights)
    return CriticalPath(
        execution_id=family.top["execution_id"],
        agent=family.top["agent"],
        status=family.top["status"],
        is_running=family.top["duration_ns"] is None,
        duration_ns=duration_ns,
        path=path_steps(family, weights.path, origin_ns=tree.starts[top]),
        parts=[_part(family, node, critical_ns, duration_ns) for node, critical_ns in own if critical_ns > 0],
        spare=[_spare(family, node, weights) for node in beside[:MOST_SPARE]],
        spare_count=len(beside),
        retries_ns=sum(ns for node, ns in weights.critical_ns.items() if family.spans[node]["category"] in _PAUSES),
        outliving=sum(not is_awaited(tree, tree.parents[node], node) for node in tree.below(top) if node != top),
        early=sum(
            tree.starts[node] < tree.starts[tree.parents[node]] - TOLERANCE_NS
            for node in tree.below(top)
            if node != top
        ),
    )


def path_steps(family: Family, path: Sequence[Stretch], *, origin_ns: int) -> list[PathStep]:
    """Stretches of a critical path with the names of their spans."""
    spans, tree = family.spans, family.tree
    found: list[PathStep] = []
    categories = [row["category"] for row in spans]
    for stretch in path:
        row = spans[stretch.node]
        category = categories[model_call_of(tree, stretch.node, categories)]
        found.append(
            PathStep(
                node_id=span_of(row),
                name=name_of(family, stretch.node),
                category=category_of(category, is_execution=is_execution(row)),
                offset_ns=stretch.started_ns - origin_ns,
                duration_ns=stretch.duration_ns,
            )
        )
    return found


def name_of(family: Family, node: int) -> str:
    """What a span is called: an execution by its agent."""
    row = family.spans[node]
    return row["agent"] if is_execution(row) else row["name"]


def _part(family: Family, node: int, critical_ns: int, whole_ns: int) -> PathPart:
    row, tree = family.spans[node], family.tree
    return PathPart(
        node_id=span_of(row),
        name=name_of(family, node),
        category=category_of(row["category"], is_execution=is_execution(row)),
        is_agent=is_execution(row),
        duration_ns=tree.ends[node] - tree.starts[node],
        critical_ns=critical_ns,
        share=critical_ns / whole_ns if whole_ns > 0 else 0.0,
    )


def _beside(family: Family, weights: Weights) -> list[int]:
    """The topmost spans that are not on the path, the longest first."""
    tree = family.tree
    found: list[int] = []
    stack = [family.position]
    while stack:
        for child in tree.children[stack.pop()]:
            if child in weights.critical_ns:
                stack.append(child)
            else:
                found.append(child)
    return sorted(found, key=lambda node: (tree.starts[node] - tree.ends[node], tree.starts[node], node))


def _spare(family: Family, node: int, weights: Weights) -> SpareStep:
    row, tree = family.spans[node], family.tree
    return SpareStep(
        node_id=span_of(row),
        name=name_of(family, node),
        category=row["category"],
        is_agent=is_execution(row),
        offset_ns=tree.starts[node] - tree.starts[family.position],
        duration_ns=tree.ends[node] - tree.starts[node],
        slack_ns=weights.slack_ns.get(node),
    )


CRITICAL_PATH = QuestionOfOne(
    name="critical-path",
    meaning="Which steps decide how long an execution takes, and how much the others could spare.",
    view=CriticalPath,
    filters=(WORKSPACE,),
    ask=critical_path_of,
)
