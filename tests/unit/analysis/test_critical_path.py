import time

from hypothesis import given

from execution_trees import tree_of, trees
from longpole.analysis.critical_path import find_critical_path, weigh_spans
from longpole.model.tree import Tree

MS = 1_000_000


def path_of(tree: Tree) -> list[tuple[int, int, int]]:
    return [(part.node, part.started_ns, part.ended_ns) for part in find_critical_path(tree, 0)]


def test_steps_in_sequence_are_all_on_the_path_and_gaps_are_the_parents():
    assert path_of(tree_of((None, 0, 10), (0, 1, 4), (0, 5, 9))) == [
        (0, 0, 1),
        (1, 1, 4),
        (0, 4, 5),
        (2, 5, 9),
        (0, 9, 10),
    ]


def test_of_parallel_branches_the_one_that_finishes_last_is_on_the_path():
    assert path_of(tree_of((None, 0, 10), (0, 0, 6), (0, 0, 10), (0, 0, 8))) == [(2, 0, 10)]


def test_a_branch_that_still_ran_when_the_next_step_began_was_not_waited_for():
    assert path_of(tree_of((None, 0, 100), (0, 0, 70), (0, 50, 100))) == [(0, 0, 50), (2, 50, 100)]


def test_steps_that_overlap_by_a_tick_of_the_clock_are_still_in_sequence():
    tree = tree_of((None, 0, 100 * MS), (0, 0, 51 * MS), (0, 50 * MS, 100 * MS))
    assert path_of(tree) == [(1, 0, 50 * MS), (2, 50 * MS, 100 * MS)]


def test_a_step_that_closes_a_little_after_its_parent_was_waited_for():
    assert path_of(tree_of((None, 0, 100), (0, 0, 105))) == [(1, 0, 100)]


def test_work_that_lives_on_long_after_its_parent_was_not_waited_for():
    tree = tree_of((None, 0, 100), (0, 10, 400), (0, 20, 90))
    assert path_of(tree) == [(0, 0, 20), (2, 20, 90), (0, 90, 100)]
    assert weigh_spans(tree, 0).slack_ns.get(1) is None


def test_a_child_that_starts_before_its_parent_is_cut_to_it():
    assert path_of(tree_of((None, 10, 20), (0, 5, 18))) == [(1, 10, 18), (0, 18, 20)]


def test_a_child_wholly_outside_its_parents_time_takes_none_of_it():
    assert path_of(tree_of((None, 10, 20), (0, 1, 5), (0, 25, 30))) == [(0, 10, 20)]


def test_slack_is_how_much_later_a_step_could_have_ended():
    tree = tree_of((None, 0, 20), (0, 0, 10), (0, 0, 7), (0, 10, 20), (2, 0, 4), (0, 1, 5))
    weights = weigh_spans(tree, 0)
    assert weights.slack_ns == {0: 0, 1: 0, 2: 3, 3: 0, 4: 3, 5: 5}
    assert weights.critical_ns == {0: 0, 1: 10, 3: 10}


@given(trees())
def test_the_path_is_as_long_as_the_execution_and_has_no_gaps(tree: Tree):
    path = find_critical_path(tree, 0)
    assert sum(part.duration_ns for part in path) == tree.ends[0] - tree.starts[0]
    moment = tree.starts[0]
    for part in path:
        assert part.started_ns == moment < part.ended_ns
        assert tree.starts[part.node] <= part.started_ns
        assert part.ended_ns <= tree.ends[part.node]
        moment = part.ended_ns


@given(trees())
def test_critical_times_sum_to_the_duration_and_equal_the_path(tree: Tree):
    critical_ns = weigh_spans(tree, 0).critical_ns
    assert sum(critical_ns.values()) == tree.ends[0] - tree.starts[0]
    for part in find_critical_path(tree, 0):
        critical_ns[part.node] -= part.duration_ns
    assert set(critical_ns.values()) <= {0}


@given(trees())
def test_what_is_on_the_path_has_no_slack_and_nothing_has_less(tree: Tree):
    weights = weigh_spans(tree, 0)
    assert all(weights.slack_ns[node] == 0 for node in weights.critical_ns)
    assert all(slack >= 0 for slack in weights.slack_ns.values())


def walk_slowly(tree: Tree, node: int, begin: int, end: int) -> dict[int, int]:
    """Per moment, to whom it belongs: look at every child for the one to wait for, again and again."""
    owner: dict[int, int] = {}
    moment, is_first = end, True
    while True:
        best = None
        for child in tree.children[node]:
            start, stop = max(tree.starts[child], begin), tree.ends[child]
            excess = stop - moment
            is_waited_for = excess <= 0 or (excess * 10 <= stop - tree.starts[child] and (is_first or excess <= MS))
            if start < min(stop, moment) and stop > begin and is_waited_for:
                key = (stop, -tree.starts[child], -child)
                best = max(best or (key, child, start), (key, child, start))
        if best is None:
            break
        _, child, start = best
        owner.update(walk_slowly(tree, child, start, min(tree.ends[child], moment)))
        moment, is_first = start, False
    return {**dict.fromkeys(range(begin, end), node), **owner}


@given(trees())
def test_a_slow_and_obvious_walk_agrees(tree: Tree):
    owner: dict[int, int] = {}
    for part in find_critical_path(tree, 0):
        owner.update(dict.fromkeys(range(part.started_ns, part.ended_ns), part.node))
    assert owner == walk_slowly(tree, 0, tree.starts[0], tree.ends[0])


@given(trees())
def test_a_finished_child_that_ends_within_its_slack_leaves_the_end_where_it_is(tree: Tree):
    weights = weigh_spans(tree, 0)
    for node, slack in weights.slack_ns.items():
        if node not in weights.critical_ns:
            assert tree.ends[node] + slack <= tree.ends[0]


def test_fifty_thousand_steps_take_less_than_a_second():
    count = 50_000
    chain = tree_of((None, 0, 2 * count), *((i, i, 2 * count - i) for i in range(count - 1)))
    flat = tree_of((None, 0, 10 * count), *((0, 10 * i, 10 * i + 25) for i in range(count - 1)))
    for tree in (chain, flat):
        began = time.process_time()
        find_critical_path(tree, 0)
        weigh_spans(tree, 0)
        assert time.process_time() - began < 1
