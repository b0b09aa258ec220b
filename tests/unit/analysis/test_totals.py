from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st

from execution_trees import tree_of, trees, well_nested
from lines_run import grows_in_step
from longpole.analysis.totals import (
    measure_self_times,
    share_wall_time,
    split_wall_time,
)
from longpole.model.tree import Tree


def shares_of(tree: Tree, categories: list[str], *, agents: tuple[int, ...] = (0,), first_token_ns=None) -> dict:
    return share_wall_time(
        tree,
        0,
        categories=categories,
        is_execution=[node in agents for node in range(len(tree))],
        first_token_ns=first_token_ns or [None] * len(tree),
    )


def test_self_time_is_what_no_child_covers_and_parallel_children_count_once():
    tree = tree_of((None, 0, 10), (0, 1, 5), (0, 3, 7), (0, 9, 30), (1, 2, 3))
    assert measure_self_times(tree) == [3, 3, 4, 21, 1]


@given(well_nested())
def test_self_times_of_a_program_without_threads_sum_to_its_duration(tree: Tree):
    assert sum(measure_self_times(tree)) == tree.ends[0] - tree.starts[0]


@given(trees())
def test_self_time_is_never_negative_and_never_more_than_the_duration(tree: Tree):
    for node, own in enumerate(measure_self_times(tree)):
        covered = {moment for child in tree.children[node] for moment in range(tree.starts[child], tree.ends[child])}
        assert own == sum(moment not in covered for moment in range(tree.starts[node], tree.ends[node]))


def test_an_agents_own_time_is_unexplained_and_a_steps_own_time_its_category():
    tree = tree_of((None, 0, 10), (0, 1, 9), (1, 2, 4))
    assert shares_of(tree, ["agent", "tool", "llm"]) == {"tool": 6, "llm": 2, "unexplained": 2}


def test_the_time_to_the_first_token_is_waiting_not_generating():
    tree = tree_of((None, 0, 10), (0, 0, 10))
    assert shares_of(tree, ["agent", "llm"], first_token_ns=[None, 7]) == {"llm_wait": 7, "llm": 3}
    assert shares_of(tree, ["agent", "llm"], first_token_ns=[None, 70]) == {"llm_wait": 10}


def test_a_moment_belongs_to_the_critical_path_when_branches_run_in_parallel():
    tree = tree_of((None, 0, 10), (0, 0, 6), (0, 0, 10))
    assert shares_of(tree, ["agent", "database", "llm"]) == {"llm": 10}


def test_background_work_explains_moments_in_which_the_path_only_waits():
    tree = tree_of((None, 0, 100), (0, 0, 70), (0, 50, 100), (1, 10, 30))
    assert shares_of(tree, ["agent", "tool", "llm", "database"]) == {"llm": 50, "tool": 30, "database": 20}


def test_a_model_call_without_an_agent_explains_its_own_time():
    assert shares_of(tree_of((None, 0, 10)), ["llm"]) == {"llm": 10}


def test_the_requests_of_a_model_call_are_the_models_time_and_other_requests_are_not():
    tree = tree_of((None, 0, 100), (0, 0, 60), (1, 5, 55), (2, 6, 54), (0, 60, 100))
    categories = ["agent", "llm", "http", "http", "http"]
    assert shares_of(tree, categories) == {"llm": 60, "http": 40}
    assert shares_of(tree, categories, first_token_ns=[None, 20, None, None, None]) == {
        "llm": 40,
        "http": 40,
        "llm_wait": 20,
    }


def test_a_pause_inside_of_a_model_call_stays_a_pause():
    tree = tree_of((None, 0, 100), (0, 0, 100), (1, 0, 30), (1, 30, 70), (1, 70, 100))
    assert shares_of(tree, ["agent", "llm", "http", "rate_limit", "http"]) == {"llm": 60, "rate_limit": 40}


@given(trees(), st.data())
def test_the_shares_sum_to_the_duration(tree: Tree, data: st.DataObject):
    kinds = st.sampled_from(["agent", "llm", "tool", "database", "processing", "http"])
    categories = [data.draw(kinds) for _ in range(len(tree))]
    tokens = [data.draw(st.one_of(st.none(), st.integers(0, 50))) for _ in range(len(tree))]
    shares = shares_of(tree, categories, first_token_ns=tokens)
    assert sum(shares.values()) == tree.ends[0] - tree.starts[0]
    assert all(value > 0 for value in shares.values())


@given(trees())
def test_every_moment_is_owned_once_by_a_span_that_runs_then(tree: Tree):
    moment = tree.starts[0]
    for part in split_wall_time(tree, 0):
        assert part.started_ns == moment < part.ended_ns
        assert tree.starts[part.node] <= part.started_ns
        assert part.ended_ns <= tree.ends[part.node]
        moment = part.ended_ns
    assert moment == tree.ends[0]


@given(trees())
def test_a_moment_is_its_parents_own_only_if_no_child_runs(tree: Tree):
    for part in split_wall_time(tree, 0):
        for child in tree.children[part.node]:
            assert tree.ends[child] <= part.started_ns or tree.starts[child] >= part.ended_ns


def test_a_hostile_tree_of_windows_and_depth_takes_no_longer():
    def hostile(count: int) -> Tree:
        windows = [(0, 100 * i, 100 * i + 50) for i in range(count)]
        depth = [(0 if i == 0 else count + i, 1, 10**9) for i in range(count)]
        return tree_of((None, 0, 100 * count), *windows, *depth)

    def shares(count: int) -> Callable[[], dict[str, int]]:
        tree, categories = hostile(count), ["agent"] + ["llm"] * (2 * count)
        return lambda: shares_of(tree, categories)

    assert sum(shares(1000)().values()) == 100 * 1000
    assert grows_in_step(shares)
