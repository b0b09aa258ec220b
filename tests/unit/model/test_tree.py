import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from execution_trees import groups, span_id, tree_of, trees
from longpole.model.tree import NO_PARENT, Tree, grow_tree


def test_a_tree_has_parents_before_children_and_siblings_in_order_of_start():
    tree = tree_of((None, 0, 10), (0, 5, 6), (0, 1, 2), (1, 5, 6))
    assert tree.order == (0, 2, 1, 3)
    assert tree.children[0] == (2, 1)
    assert list(tree.below(1)) == [1, 3]


def test_a_span_whose_parent_never_arrived_is_a_root():
    tree = grow_tree(["x", "y"], [None, "gone"], [0, 1], [9, 2])
    assert tree.roots == (0, 1)


def test_a_cycle_is_cut_where_it_starts_first():
    tree = grow_tree(["a", "b", "c"], ["c", "a", "b"], [5, 1, 3], [6, 6, 6])
    assert tree.roots == (1,)
    assert tree.parents == (2, NO_PARENT, 1)
    tree.check()


def test_a_span_that_is_its_own_parent_is_a_root():
    assert grow_tree(["a"], ["a"], [0], [1]).roots == (0,)


def test_ten_thousand_small_cycles_are_all_cut():
    ids = [span_id(i) for i in range(20_000)]
    parents = [ids[i ^ 1] for i in range(20_000)]
    tree = grow_tree(ids, parents, list(range(20_000)), list(range(20_000)))
    assert tree.roots == tuple(range(0, 20_000, 2))


def test_a_chain_of_fifty_thousand_spans_is_no_problem():
    count = 50_000
    ids = [span_id(i) for i in range(count)]
    tree = grow_tree(ids, [None, *ids[:-1]], list(range(count)), [count] * count)
    assert tree.order == tuple(range(count))
    assert sum(1 for _ in tree.below(0)) == count
    tree.check()


@given(trees())
def test_every_grown_tree_is_whole(tree: Tree):
    tree.check()


@given(groups())
def test_any_parents_at_all_give_a_whole_tree(facts: list):
    ids = [one.trace_id + one.span_id for one in facts]
    above = [None if one.parent_span_id is None else one.trace_id + one.parent_span_id for one in facts]
    grow_tree(ids, above, [one.started_ns for one in facts], [one.ended_ns for one in facts]).check()


@given(trees(), st.integers(0, 1000))
def test_the_order_of_arrival_changes_nothing(tree: Tree, seed: int):
    order = list(range(len(tree)))
    random.Random(seed).shuffle(order)
    again = grow_tree(
        [tree.ids[i] for i in order],
        [None if tree.parents[i] == NO_PARENT else tree.ids[tree.parents[i]] for i in order],
        [tree.starts[i] for i in order],
        [tree.ends[i] for i in order],
    )
    assert [again.ids[i] for i in again.order] == [tree.ids[i] for i in tree.order]


def test_a_tree_that_was_tampered_with_says_so():
    tree = tree_of((None, 0, 10), (0, 5, 6))
    with pytest.raises(ValueError, match="Grow"):
        Tree(tree.ids, tree.parents, ((), ()), tree.roots, (0,), tree.starts, tree.ends).check()
    with pytest.raises(ValueError, match="names -1 as its parent"):
        Tree(tree.ids, (-1, -1), tree.children, tree.roots, tree.order, tree.starts, tree.ends).check()
