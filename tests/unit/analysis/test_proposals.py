from execution_trees import tree_of
from longpole.analysis.critical_path import weigh_spans
from longpole.analysis.dependencies import infer_dependencies
from longpole.analysis.proposals import propose
from longpole.analysis.span import Span
from longpole.analysis.what_if import Deed
from longpole.model.tree import Tree


def step(name: str, category: str = "tool", key: str | None = None) -> Span:
    return Span(name, category, "a", "e", argument_hash=key)


TOP = Span("a", "agent", "a", "e", True)


def proposed(tree: Tree, spans: list[Span]) -> set[tuple[str, tuple[str, ...], tuple[tuple[int, ...], ...]]]:
    dependencies = infer_dependencies(tree, [span.label for span in spans])
    found = propose(tree, 0, spans, weigh_spans(tree, 0), dependencies)
    return {(one.deed, one.labels, tuple(change.nodes for change in one.changes)) for one in found}


def test_long_steps_are_tried_faster_waits_without_and_neighbours_at_once():
    tree = tree_of((None, 0, 300), (0, 0, 100), (0, 100, 200), (0, 200, 290))
    found = proposed(tree, [TOP, step("search"), step("pause", "retry"), step("answer", "llm")])
    assert found == {
        (Deed.FASTER, ("search",), ((1,),)),
        (Deed.REMOVE, ("pause",), ((2,),)),
        (Deed.FASTER, ("answer",), ((3,),)),
    }


def test_what_is_beside_the_critical_path_or_very_short_is_not_tried():
    tree = tree_of((None, 0, 1000), (0, 0, 990), (0, 0, 900), (0, 991, 992))
    assert proposed(tree, [TOP, step("slow"), step("quick"), step("tick")]) == {(Deed.FASTER, ("slow",), ((1,),))}


def test_equal_calls_are_tried_cached_and_a_row_of_equals_at_once():
    tree = tree_of((None, 0, 300), (0, 0, 100), (0, 100, 200), (0, 200, 300))
    found = proposed(tree, [TOP, step("read", key="x"), step("read", key="y"), step("read", key="x")])
    assert (Deed.CACHE, ("read",), ((1, 3),)) in found
    assert (Deed.PARALLEL, ("read",), ((1, 2, 3),)) in found


def test_each_turn_of_a_loop_is_tried_by_itself():
    tree = tree_of((None, 0, 400), (0, 0, 100), (0, 100, 200), (0, 200, 300), (0, 300, 400))
    found = proposed(tree, [TOP, step("find"), step("weigh"), step("find"), step("weigh")])
    assert (Deed.PARALLEL, ("find", "weigh"), ((1, 2), (3, 4))) in found


def test_an_agent_that_tells_of_no_steps_is_tried_faster_and_one_that_does_is_not():
    tree = tree_of((None, 0, 200), (0, 0, 100), (0, 100, 200), (2, 100, 200))
    silent, open_one = (Span(name, "agent", name, name, True) for name in ("silent", "open"))
    found = proposed(tree, [TOP, silent, open_one, step("search")])
    assert {labels for deed, labels, _ in found if deed is Deed.FASTER} == {("silent",), ("search",)}
