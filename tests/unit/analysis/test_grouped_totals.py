from hypothesis import given

from execution_trees import tree_of, trees
from longpole.analysis.critical_path import weigh_spans
from longpole.analysis.grouped_totals import SpanTimes, Sums, add_up, wall_times
from longpole.analysis.totals import measure_self_times, split_wall_time
from longpole.model.tree import Tree


def times_of(tree: Tree) -> SpanTimes:
    weights = weigh_spans(tree, 0)
    return SpanTimes(
        durations=[end - start for start, end in zip(tree.starts, tree.ends, strict=True)],
        self_ns=measure_self_times(tree),
        critical_ns=[weights.critical_ns.get(node, 0) for node in range(len(tree))],
        wall_ns=wall_times(split_wall_time(tree, 0, weights.path), len(tree)),
    )


def test_parallel_steps_add_up_in_total_but_share_the_wall_time():
    tree = tree_of((None, 0, 100), (0, 0, 60), (0, 0, 50), (0, 60, 90))
    found = add_up(dict(enumerate(["agent", "tool", "tool", "llm"])), times_of(tree), has_failed=[False] * 4)
    assert found == {
        "tool": Sums(count=2, total_ns=110, self_ns=110, critical_ns=60, wall_ns=60),
        "llm": Sums(count=1, total_ns=30, self_ns=30, critical_ns=30, wall_ns=30),
        "agent": Sums(count=1, total_ns=100, self_ns=10, critical_ns=10, wall_ns=10),
    }


def test_an_agents_steps_bring_it_their_time_and_only_its_executions_are_counted():
    tree = tree_of((None, 0, 100), (0, 0, 60), (1, 0, 60))
    found = add_up(
        {0: "a", 1: "b", 2: "b"}, times_of(tree), has_failed=[False, True, True], is_counted=[True, True, False]
    )
    assert found["b"] == Sums(count=1, failed=1, total_ns=60, self_ns=60, critical_ns=60, wall_ns=60)


@given(trees())
def test_wall_and_critical_times_sum_to_the_duration_whatever_they_are_grouped_by(tree: Tree):
    keys = {node: "abc"[node % 3] for node in tree.below(0)}
    found = add_up(keys, times_of(tree), has_failed=[False] * len(tree)).values()
    assert sum(sums.wall_ns for sums in found) == tree.ends[0] - tree.starts[0]
    assert sum(sums.critical_ns for sums in found) == tree.ends[0] - tree.starts[0]
    assert sum(sums.count for sums in found) == len(tree)
