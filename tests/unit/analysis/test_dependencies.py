from collections.abc import Callable

import pytest
from hypothesis import given

from execution_trees import tree_of, trees
from lines_run import grows_in_step
from longpole.analysis.dependencies import Dependencies, infer_dependencies, is_awaited
from longpole.model.tree import Tree

MS = 1_000_000


def inferred(tree: Tree, labels: str | None = None) -> Dependencies:
    """Of a tree whose labels are the letters given, else all different."""
    return infer_dependencies(tree, list(labels or map(str, range(len(tree)))))


def test_a_step_that_began_after_another_follows_it_and_the_gap_is_the_parents():
    found = inferred(tree_of((None, 0, 100), (0, 5, 30), (0, 32, 60)))
    assert (found.after[1], found.after[2], found.awaited[0]) == ((), (1,), (2,))
    assert (found.gaps[1], found.gaps[2], found.tails[0]) == (5, 2, 40)


def test_what_begins_after_a_fan_out_waits_for_all_of_it():
    found = inferred(tree_of((None, 0, 100), (0, 0, 50), (0, 0, 40), (0, 0, 45), (0, 51, 90)))
    assert set(found.after[4]) == {1, 2, 3}
    assert found.gaps[4] == 1


def test_steps_that_begin_together_after_a_join_wait_for_the_same():
    found = inferred(tree_of((None, 0, 100), (0, 0, 50), (0, 0, 40), (0, 51, 90), (0, 52, 60)))
    assert found.after[3] is found.after[4]
    assert (found.gaps[3], found.gaps[4]) == (1, 2)


def test_while_others_run_a_step_goes_on_with_the_branch_that_ended_last():
    found = inferred(tree_of((None, 0, 100), (0, 0, 30), (0, 0, 20), (0, 20, 60), (0, 31, 70)))
    assert (found.after[3], found.after[4]) == ((2,), (1,))


def test_what_follows_equal_steps_waits_for_all_of_them_though_something_else_still_runs():
    tree = tree_of((None, 0, 100), (0, 0, 99), (0, 0, 20), (0, 0, 30), (0, 31, 60))
    assert set(inferred(tree, "rlaab").after[4]) == {2, 3}
    assert inferred(tree, "rlacb").after[4] == (3,)


def test_in_a_pool_each_step_takes_the_place_of_the_one_that_ended():
    found = inferred(tree_of((None, 0, 100), (0, 0, 30), (0, 0, 20), (0, 20, 60), (0, 30, 70)), "raaaa")
    assert (found.after[3], found.after[4]) == ((2,), (1,))


def test_what_outlives_its_parent_is_not_waited_for_and_holds_nothing_up():
    tree = tree_of((None, 0, 100), (0, 0, 20), (0, 21, 400), (0, 22, 90))
    found = inferred(tree)
    assert not is_awaited(tree, 0, 2)
    assert (found.after[2], found.after[3], found.awaited[0]) == ((1,), (1,), (3,))


def test_a_task_that_was_begun_early_is_waited_for_at_the_end():
    found = inferred(tree_of((None, 0, 100), (0, 0, 95), (0, 1, 20), (0, 21, 40)))
    assert (found.after[2], found.after[3]) == ((), (2,))
    assert set(found.awaited[0]) == {1, 3}


def test_steps_that_overlap_by_a_tick_of_the_clock_still_follow_each_other():
    found = inferred(tree_of((None, 0, 100 * MS), (0, 0, 51 * MS), (0, 50 * MS, 100 * MS)))
    assert (found.after[2], found.gaps[2]) == ((1,), -MS)


@given(trees())
def test_recorded_times_follow_from_what_was_inferred(tree: Tree):
    found = inferred(tree, "aab" * 4)
    for node, children in enumerate(tree.children):
        begin = tree.starts[node]
        for child in children:
            moment = max((tree.ends[one] for one in found.after[child]), default=begin)
            assert moment + found.gaps[child] == tree.starts[child]
        moment = max((tree.ends[one] for one in found.awaited[node]), default=begin)
        assert moment + found.tails[node] == tree.ends[node]


@given(trees())
def test_everything_is_waited_for_but_what_outlives_its_parent(tree: Tree):
    found = inferred(tree, "abb" * 4)
    for node, children in enumerate(tree.children):
        waited = set(found.awaited[node]).union(*(found.after[child] for child in children))
        assert waited == {child for child in children if is_awaited(tree, node, child)}


@given(trees())
def test_nobody_waits_for_what_began_later(tree: Tree):
    found = inferred(tree, "aba" * 4)
    for children in tree.children:
        place = {child: number for number, child in enumerate(children)}
        assert all(place[one] < place[child] for child in children for one in found.after[child])


def waves(count: int) -> Tree:
    """A fifth of all run at once, five times."""
    at = [i // (count // 5) * 10 for i in range(count)]
    return tree_of((None, 0, count), *((0, start, start + 9 - i % 3) for i, start in enumerate(at)))


def stairs(count: int) -> Tree:
    """Each begins while the one before still runs."""
    return tree_of((None, 0, 10 * count), *((0, 10 * i, 10 * i + 25) for i in range(count)))


def late_ends(count: int) -> Tree:
    """A few come one after the other, beside ever more that never end."""
    return tree_of((None, 0, count), *((0, i, i + 1 if i < count // 50 else 9 * count) for i in range(count)))


@pytest.mark.parametrize("shape", [waves, stairs, late_ends])
def test_twice_as_many_siblings_are_twice_as_much_work(shape: Callable[[int], Tree]):
    def infer(count: int) -> Callable[[], Dependencies]:
        tree = shape(count)
        return lambda: inferred(tree)

    assert grows_in_step(infer)


@given(trees())
def test_a_stage_holds_what_began_after_the_same_and_is_waited_for_as_a_whole(tree: Tree):
    found = inferred(tree)
    for node, children in enumerate(tree.children):
        if not found.in_stages[node]:
            assert not found.beside.keys() & set(children)
            continue
        waited = {frozenset(found.after[child]) for child in children} | {frozenset(found.awaited[node])}
        for child in children:
            stage = frozenset(found.beside.get(child, (child,)))
            assert stage in waited
            assert stage == {one for one in children if found.after[one] == found.after[child]}
