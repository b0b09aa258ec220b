"""An execution's nodes in the order in which every drawing shows them: parents before children, siblings by start."""

from collections.abc import Sequence

from longpole.model.tree import NO_PARENT, Tree, grow_tree
from longpole.reports.node_views import ExecutionNode, StepNode

Node = ExecutionNode | StepNode


def node_id(node: Node) -> str:
    """The id of its span, which others name as the step that they are below."""
    return node.step_id if isinstance(node, StepNode) else node.span_id


def node_name(node: Node) -> str:
    """What it is called on screen: a step by its name, an execution by its agent."""
    return node.name if isinstance(node, StepNode) else node.agent


def grow_nodes(nodes: Sequence[Node], until_ns: int = 0) -> Tree:
    """The tree of these nodes, in whose positions they stand.

    A node whose step above is not among them is below the execution that it belongs to; a step outside of every
    execution, such as the HTTP request that called the agent, is below nothing.

    Args:
        nodes: executions and steps of one answer.
        until_ns: where those that still run end, in ns from the start of the top execution.
    """
    ids = [node_id(node) for node in nodes]
    known = set(ids)
    spans = {node.execution_id: node.span_id for node in nodes if isinstance(node, ExecutionNode)}
    parents = [_above(node, spans) if node.parent_step_id not in known else node.parent_step_id for node in nodes]
    ends = [until_ns if node.duration_ns is None else node.offset_ns + node.duration_ns for node in nodes]
    return grow_tree(ids, parents, [node.offset_ns for node in nodes], ends)


def extent_of(nodes: Sequence[Node], whole_ns: int) -> tuple[int, int]:
    """From when to when an axis must go to show every node and the whole of the top execution, in ns from its start.

    A step outside of the execution may begin before it, and one that it left behind may end after it.
    """
    first_ns = min((node.offset_ns for node in nodes), default=0)
    last_ns = max((node.offset_ns + (node.duration_ns or 0) for node in nodes), default=0)
    return min(0, first_ns), max(whole_ns, last_ns)


def with_depths(nodes: Sequence[Node]) -> list[tuple[Node, int]]:
    """Every node once, in order, with how many are above it."""
    grown = grow_nodes(nodes)
    depths = [0] * len(nodes)
    for place in grown.order:
        if grown.parents[place] != NO_PARENT:
            depths[place] = depths[grown.parents[place]] + 1
    return [(nodes[place], depths[place]) for place in grown.order]


def _above(node: Node, spans: dict[str, str]) -> str | None:
    if isinstance(node, ExecutionNode):
        return spans.get(node.parent_execution_id or "")
    return None if node.is_outside else spans.get(node.execution_id)
