from execution_trees import tree_of
from longpole.analysis.critical_path import weigh_spans
from longpole.analysis.dependencies import infer_dependencies
from longpole.analysis.waiting import Join, Wait, find_joins, find_waits
from longpole.model.tree import Tree


def joins(tree: Tree) -> list[Join]:
    dependencies = infer_dependencies(tree, list(map(str, range(len(tree)))))
    return find_joins(tree, 0, dependencies, weigh_spans(tree, 0))


def waits(tree: Tree, categories: list[str], first_token_ns: list[int | None] | None = None) -> list[Wait]:
    tokens = first_token_ns or [None] * len(tree)
    return find_waits(tree, 0, weigh_spans(tree, 0), categories=categories, first_token_ns=tokens)


def test_a_join_names_its_straggler_its_lead_and_what_the_others_waited():
    (join,) = joins(tree_of((None, 0, 100), (0, 0, 50), (0, 0, 40), (0, 0, 30), (0, 51, 90)))
    assert join == Join(inside=0, then=4, moment_ns=50, branches=(1, 2, 3), lead_ns=10, waited_ns=30, is_critical=True)


def test_a_join_at_the_end_of_a_span_has_nothing_after_it():
    (join,) = joins(tree_of((None, 0, 100), (0, 0, 99), (0, 0, 20)))
    assert (join.then, join.branches, join.lead_ns) == (None, (1, 2), 79)


def test_each_superstep_is_a_join_and_those_on_the_path_come_first():
    tree = tree_of(
        (None, 0, 100), (0, 0, 20), (0, 0, 10), (0, 20, 50), (0, 20, 90), (0, 90, 99), (3, 20, 30), (3, 20, 50)
    )
    assert [(join.inside, join.then, join.lead_ns, join.is_critical) for join in joins(tree)] == [
        (0, 5, 40, True),
        (0, 3, 10, True),
        (3, None, 20, False),
    ]


def test_steps_in_sequence_join_nothing():
    assert joins(tree_of((None, 0, 100), (0, 5, 30), (0, 32, 60))) == []


def test_waits_say_how_much_of_them_everything_waited_for():
    tree = tree_of((None, 0, 100), (0, 0, 50), (0, 0, 40), (1, 10, 30), (2, 5, 15))
    assert waits(tree, ["agent", "http", "http", "retry", "rate_limit"]) == [
        Wait("retry", 3, 20, 20),
        Wait("rate_limit", 4, 10, 0),
    ]


def test_the_wait_for_a_first_token_is_critical_as_far_as_the_call_is():
    tree = tree_of((None, 0, 100), (0, 0, 60), (0, 0, 50), (0, 60, 90))
    found = waits(tree, ["agent", "llm", "llm", "llm"], [None, 20, 30, None])
    assert found == [Wait("first_token", 1, 20, 20), Wait("first_token", 2, 30, 0)]


def test_a_first_token_told_after_the_end_counts_until_the_end():
    assert waits(tree_of((None, 0, 50), (0, 0, 40)), ["agent", "llm"], [None, 90]) == [Wait("first_token", 1, 40, 40)]
