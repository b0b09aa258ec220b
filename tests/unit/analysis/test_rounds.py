from typing import Any

from execution_trees import tree_of
from longpole.analysis.rounds import find_loops, find_queries_for_each, find_recursion
from longpole.analysis.span import Span
from longpole.model.tree import Tree


def step(name: str, category: str = "tool", arguments: str | None = "a", **more: Any) -> Span:
    return Span(name, category, "team", "e", argument_hash=arguments, **more)


def in_a_row(*steps: Span) -> tuple[Tree, list[Span]]:
    times = [(0, 10 * i, 10 * i + 10) for i in range(len(steps))]
    return tree_of((None, 0, 10 * len(steps)), *times), [step("team", "agent", is_execution=True), *steps]


def ask(turn: int) -> Span:
    return step("chat", "llm", f"history {turn}")


def test_a_model_that_asks_for_the_same_tool_again_and_again_goes_round():
    turns = [call for turn in range(5) for call in (ask(turn), step("search"))]
    (loop,) = find_loops(*in_a_row_at_top(*turns))
    assert loop.turns == tuple((2 * turn + 1, 2 * turn + 2) for turn in range(5))


def in_a_row_at_top(*steps: Span) -> tuple[Tree, int, list[Span]]:
    tree, spans = in_a_row(*steps)
    return tree, 0, spans


def test_a_loop_that_asks_for_something_else_each_time_gets_on():
    turns = [call for turn in range(9) for call in (ask(turn), step("search", arguments=f"q{turn}"))]
    assert find_loops(*in_a_row_at_top(*turns)) == []


def test_three_turns_are_no_loop_and_neither_are_calls_without_known_arguments():
    assert find_loops(*in_a_row_at_top(*[step("search")] * 3)) == []
    assert find_loops(*in_a_row_at_top(*[step("search", arguments=None)] * 9)) == []


def test_nodes_of_a_graph_around_the_calls_do_not_hide_the_loop():
    parts: list[tuple[int | None, int, int]] = [(None, 0, 1000)]
    spans = [step("team", "agent", is_execution=True)]
    for turn in range(4):
        for offset, name, call in ((0, "agent", ask(turn)), (10, "tools", step("search"))):
            start = 20 * turn + offset
            parts += [(0, start, start + 10), (len(parts), start + 1, start + 9)]
            spans += [step(name, "processing", f"state {turn}"), call]
    (loop,) = find_loops(tree_of(*parts), 0, spans)
    assert [[spans[node].name for node in turn] for turn in loop.turns] == [["chat", "search"]] * 4


def test_an_agent_that_calls_itself_is_told_from_its_fifth_turn_on():
    def chain(depth: int) -> tuple[Tree, int, list[Span]]:
        tree = tree_of((None, 0, 100), *((node, node + 1, 99 - node) for node in range(depth - 1)))
        return tree, 0, [step("team", "agent", is_execution=True)] * depth

    assert find_recursion(*chain(4)) == []
    assert find_recursion(*chain(6)) == [(0, 1, 2, 3, 4, 5)]


def test_an_agent_that_calls_itself_through_others_and_in_branches_is_told_once_for_each_outermost():
    def named(name: str) -> Span:
        return Span(name, "agent", name, "e", is_execution=True)

    # lead > (a > b > a > a > b > a > a), (b > a): the first branch has five of agent a below each other.
    above = [None, 0, 1, 2, 3, 4, 5, 6, 0, 8]
    times = [(0, 100), *((i, 50 - i) for i in range(1, 8)), (60, 90), (61, 89)]
    tree = tree_of(*((parent, *when) for parent, when in zip(above, times, strict=True)))
    spans = [named(name) for name in ("lead", "a", "b", "a", "a", "b", "a", "a", "b", "a")]
    assert find_recursion(tree, 0, spans) == [(1, 3, 4, 6, 7)]


def test_a_query_for_each_item_is_found_directly_and_inside_steps():
    queries = [step("SELECT users", "database", f"id {i}", operation="SELECT") for i in range(6)]
    (found,) = find_queries_for_each(*in_a_row_at_top(*queries))
    assert found.nodes == (1, 2, 3, 4, 5, 6)
    parts: list[tuple[int | None, int, int]] = [(None, 0, 1000)]
    spans = [step("team", "agent", is_execution=True)]
    for i, query in enumerate(queries):
        parts += [(0, 10 * i, 10 * i + 9), (len(parts), 10 * i + 1, 10 * i + 8)]
        spans += [step("load_user", "processing", f"u{i}"), query]
    (found,) = find_queries_for_each(tree_of(*parts), 0, spans)
    assert [spans[node].name for node in found.nodes] == ["SELECT users"] * 6


def test_queries_at_the_same_time_are_no_queries_one_by_one():
    tree = tree_of((None, 0, 100), *((0, 0, 50) for _ in range(6)))
    spans = [step("team", "agent", is_execution=True), *(step("get", "http", f"id {i}") for i in range(6))]
    assert find_queries_for_each(tree, 0, spans) == []


def test_writes_for_each_item_are_not_told_as_queries():
    writes = [step("insert", "database", f"id {i}", operation="INSERT") for i in range(9)]
    assert find_queries_for_each(*in_a_row_at_top(*writes)) == []
