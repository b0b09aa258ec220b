"""How the steps of one execution hang together: who called whom, what waited for what, whose output fed which input."""

from collections.abc import Iterable, Mapping, Sequence

from longpole.analysis.critical_path import weigh_spans
from longpole.analysis.dependencies import infer_dependencies
from longpole.analysis.independence import shared_values
from longpole.analysis.span import Span
from longpole.model.tree import NO_PARENT, Tree
from longpole.reports.family import Family, is_execution, load_family, span_of
from longpole.reports.filter_values import read_workspace
from longpole.reports.question import QuestionOfOne
from longpole.reports.spans_of import spans_of, with_texts
from longpole.reports.usual_views import GraphEdge, GraphNode, StepGraph
from longpole.reports.which_execution import find_execution
from longpole.store.engine import Engine

MOST_NODES = 80
"""Nodes that a person can read in one picture."""

MOST_TEXTS = 40
"""Nodes whose inputs and outputs are compared, each with each: 780 pairs."""

FEWEST_FOLDED = 3
"""Siblings of one name that are one node."""

MOST_SOURCES = 3
"""Edges of data that lead to one node, those with most values."""

_SHOWN = 40


def graph_of(store: Engine, execution: str, *, workspace: str | None = None) -> StepGraph:
    """The graph of the execution that `execution` names. Cost: 40 bodies and 780 comparisons of them at most.

    Raises:
        NotFound: no execution has this id.
        InvalidInput: a part of an id names several.
    """
    family = load_family(store, find_execution(store, execution, workspace=workspace))
    tree, top = family.tree, family.position
    spans = spans_of(store, family)
    shown = _upper(tree, top, spans)
    spans = with_texts(store, family, spans, shown)
    told = [node for node in shown if node != top and (spans[node].input or spans[node].output)][:MOST_TEXTS]
    names = {member: span_of(family.spans[node]) for node, members in shown.items() for member in members}
    edges = [*_calls_and_orders(tree, top, spans, names), *_data(tree, spans, told, names)]
    return StepGraph(
        execution_id=family.top["execution_id"],
        agent=family.top["agent"],
        nodes=_nodes(family, shown),
        edges=list({(edge.source, edge.target, edge.kind): edge for edge in edges}.values()),
        left_out=sum(1 for _ in tree.below(top)) - len(names),
        texts=len(told),
    )


def _upper(tree: Tree, top: int, spans: Sequence[Span]) -> dict[int, list[int]]:
    """The nodes nearest to the top, level by level, each with those that it stands for, itself the first."""
    shown, level = {top: [top]}, [top]
    while level:
        below: list[int] = []
        for node in level:
            for members in _folded(tree.children[node], spans):
                if len(shown) == MOST_NODES:
                    return shown
                shown[members[0]] = members
                below += members if len(members) == 1 else []
        level = below
    return shown


def _folded(children: Iterable[int], spans: Sequence[Span]) -> Iterable[list[int]]:
    """Siblings in order of start, those of one name together where there are many."""
    by_name: dict[tuple[str, str], list[int]] = {}
    for child in children:
        by_name.setdefault((spans[child].name, spans[child].category), []).append(child)
    groups = [[child] for same in by_name.values() if len(same) < FEWEST_FOLDED for child in same]
    groups += [same for same in by_name.values() if len(same) >= FEWEST_FOLDED]
    return sorted(groups)


def _nodes(family: Family, shown: Mapping[int, Sequence[int]]) -> list[GraphNode]:
    tree, top = family.tree, family.position
    critical_ns = _critical_below(tree, top)
    whole_ns = tree.ends[top] - tree.starts[top]
    nodes: list[GraphNode] = []
    for node, members in shown.items():
        row, own_ns = family.spans[node], sum(critical_ns.get(member, 0) for member in members)
        nodes.append(
            GraphNode(
                node_id=span_of(row),
                parent_id=None if node == top else span_of(family.spans[tree.parents[node]]),
                name=row["agent"] if is_execution(row) else row["name"],
                category="agent" if is_execution(row) else row["category"],
                is_agent=is_execution(row),
                status=row["status"],
                offset_ns=tree.starts[node] - tree.starts[top],
                duration_ns=row["duration_ns"],
                critical_ns=own_ns,
                share=own_ns / whole_ns if whole_ns > 0 else 0.0,
                times=len(members),
            )
        )
    return nodes


def _critical_below(tree: Tree, top: int) -> dict[int, int]:
    """By position, the critical time of a node and all below it."""
    critical_ns = dict(weigh_spans(tree, top).critical_ns)
    for node in reversed(list(tree.below(top))):  # children before their parents
        parent = tree.parents[node]
        if node != top and parent != NO_PARENT:
            critical_ns[parent] = critical_ns.get(parent, 0) + critical_ns.get(node, 0)
    return critical_ns


def _calls_and_orders(tree: Tree, top: int, spans: Sequence[Span], names: Mapping[int, str]) -> Iterable[GraphEdge]:
    after = infer_dependencies(tree, [span.label for span in spans]).after
    for node in names:
        parent = tree.parents[node]
        if node == top or parent not in names:
            continue
        befores = [before for before in after[node] if before in names]
        for before in befores:
            if names[before] == names[node]:
                continue
            yield GraphEdge(source=names[before], target=names[node], kind="order", words=None)
        if spans[node].is_execution:
            yield GraphEdge(source=names[parent], target=names[node], kind="handoff", words=None)
        elif not befores:
            yield GraphEdge(source=names[parent], target=names[node], kind="call", words=None)


def _data(tree: Tree, spans: Sequence[Span], told: Sequence[int], names: Mapping[int, str]) -> Iterable[GraphEdge]:
    """Whose output holds values that are in a later one's input, and in none that both were given."""
    for second in told:
        found: list[tuple[int, int, str]] = []
        for first in told:
            is_before = tree.ends[first] <= tree.starts[second]
            if not is_before or spans[first].output is None or spans[second].input is None:
                continue
            parent = tree.parents[first]
            given = spans[parent].input or "" if parent != NO_PARENT else ""
            values = shared_values(spans[first], spans[second], given)
            if values:
                found.append((-len(values), first, values[0]))
        for count, first, example in sorted(found)[:MOST_SOURCES]:
            text = example if len(example) <= _SHOWN else f"{example[:_SHOWN]}…"
            words = f"{-count} value{'s'[: count < -1]}, such as {text}"
            yield GraphEdge(source=names[first], target=names[second], kind="data", words=words)


GRAPH = QuestionOfOne(
    name="graph",
    meaning="How the steps of an execution hang together: calls, order, and whose output fed which input.",
    view=StepGraph,
    ask=lambda store, execution, pairs: graph_of(store, execution, workspace=read_workspace(pairs)),
)
