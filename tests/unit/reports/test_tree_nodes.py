"""The order in which an execution's nodes are drawn: each once, whatever names whom as the step above it."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as some

from longpole.reports.node_views import ExecutionNode, StepNode
from longpole.reports.tree_nodes import Node, extent_of, node_id, node_name, with_depths


def execution(number: int, *, under: str | None = None, below: str | None = None, offset: int = 0) -> ExecutionNode:
    return ExecutionNode(
        execution_id=f"e{number}",
        span_id=f"s{number}",
        parent_execution_id=below,
        parent_step_id=under,
        agent=f"agent {number}",
        kind="agent",
        status="success",
        offset_ns=offset,
        duration_ns=100,
    )


def step(number: int, *, of: int = 0, under: str | None = None, outside: bool = False, offset: int = 0) -> StepNode:
    return StepNode(
        step_id=f"s{number}",
        execution_id=f"e{of}",
        parent_step_id=under,
        name=f"step {number}",
        category="tool",
        status="success",
        offset_ns=offset,
        duration_ns=10,
        is_outside=outside,
    )


def drawn(*nodes: Node) -> list[tuple[str, int]]:
    return [(node_name(node), depth) for node, depth in with_depths(nodes)]


def test_an_agent_that_was_called_from_outside_is_below_what_called_it() -> None:
    top = execution(0, under="s1")
    request = step(1, outside=True, offset=-5)
    assert drawn(top, request, step(2, under="s0")) == [("step 1", 0), ("agent 0", 1), ("step 2", 2)]
    assert extent_of([top, request, step(3, offset=200)], 100) == (-5, 210)


def test_what_has_lost_its_parent_is_below_its_execution() -> None:
    nodes = (execution(0, under="gone"), execution(1, below="e0"), step(2, of=1, under="gone", offset=3))
    assert drawn(*nodes) == [("agent 0", 0), ("agent 1", 1), ("step 2", 2)]


IDS = some.none() | some.integers(0, 6).map(lambda number: f"s{number}")


@given(some.lists(some.tuples(IDS, some.integers(0, 3), some.booleans(), some.integers(-50, 50)), max_size=6))
def test_every_node_is_drawn_once_and_behind_the_one_above_it(
    given_steps: list[tuple[str | None, int, bool, int]],
) -> None:
    nodes: list[Node] = [execution(0, under="s3")]
    nodes += [
        step(number, of=of, under=under, outside=outside, offset=offset)
        for number, (under, of, outside, offset) in enumerate(given_steps, 1)
    ]
    found = with_depths(nodes)
    assert sorted(node_id(node) for node, _ in found) == sorted(map(node_id, nodes))
    assert found[0][1] == 0
    assert all(depth <= before + 1 for (_, before), (_, depth) in pairwise(found))
