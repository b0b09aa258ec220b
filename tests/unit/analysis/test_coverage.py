import time

from hypothesis import given
from hypothesis import strategies as st

from execution_trees import tree_of, trees
from longpole.analysis.coverage import MARKS, Coverage, measure_coverage
from longpole.model.tree import Tree


def coverage_of(tree: Tree, *, agents: tuple[int, ...] = (0,), categories: dict[int, str] | None = None) -> Coverage:
    named = categories or {}
    return measure_coverage(
        tree,
        0,
        categories=[named.get(node, "processing") for node in range(len(tree))],
        is_agent=[node in agents for node in range(len(tree))],
    )


def gaps_of(coverage: Coverage) -> list[tuple[int, int, int]]:
    return [(gap.inside, gap.started_ns, gap.ended_ns) for gap in coverage.gaps]


def test_time_between_steps_is_a_gap_and_says_between_which():
    found = coverage_of(tree_of((None, 0, 10), (0, 1, 4), (0, 6, 9)))
    assert [(gap.before, gap.after, gap.started_ns, gap.ended_ns) for gap in found.gaps] == [
        (None, 1, 0, 1),
        (1, 2, 4, 6),
        (2, None, 9, 10),
    ]
    assert found.share == 0.6


def test_a_step_without_steps_explains_its_own_time_and_an_agent_does_not():
    tree = tree_of((None, 0, 10), (0, 0, 6), (0, 6, 10))
    assert gaps_of(coverage_of(tree)) == []
    assert gaps_of(coverage_of(tree, agents=(0, 2))) == [(2, 6, 10)]


def test_a_step_made_of_steps_is_explained_only_while_they_run():
    tree = tree_of((None, 0, 10), (0, 0, 10), (1, 2, 5))
    assert gaps_of(coverage_of(tree)) == [(1, 0, 2), (1, 5, 10)]


def test_a_child_agents_gap_counts_in_the_child_and_not_in_its_parent():
    tree = tree_of((None, 0, 10), (0, 0, 10), (1, 0, 4), (1, 7, 10))
    assert gaps_of(coverage_of(tree, agents=(0, 1))) == [(1, 4, 7)]


def test_parallel_branches_count_as_their_union():
    tree = tree_of((None, 0, 10), (0, 0, 6), (0, 2, 4), (0, 5, 9))
    assert gaps_of(coverage_of(tree)) == [(0, 9, 10)]


def test_gaps_of_two_branches_at_the_same_time_are_two_gaps_of_one_moment():
    tree = tree_of((None, 0, 10), (0, 0, 10), (0, 0, 10), (1, 0, 4), (2, 0, 6), (1, 8, 10), (2, 9, 10))
    found = coverage_of(tree)
    assert gaps_of(found) == [(1, 4, 8), (2, 6, 9)]
    assert found.unexplained_ns == 5


def test_a_model_call_explains_its_time_after_its_request_has_answered():
    tree = tree_of((None, 0, 10), (0, 0, 10), (1, 0, 2))
    assert gaps_of(coverage_of(tree, categories={1: "llm", 2: "http"})) == []


def test_a_mark_of_a_wait_does_not_take_a_step_apart():
    tree = tree_of((None, 0, 10), (0, 0, 10), (1, 3, 5))
    for mark in MARKS:
        assert gaps_of(coverage_of(tree, categories={2: mark})) == []


def test_work_after_the_end_of_the_execution_is_not_part_of_its_wall_time():
    tree = tree_of((None, 0, 10), (0, 5, 30), (1, 6, 8), (1, 20, 30))
    assert gaps_of(coverage_of(tree)) == [(0, 0, 5), (1, 5, 6), (1, 8, 10)]


def test_an_execution_that_took_no_time_is_covered():
    assert coverage_of(tree_of((None, 5, 5))).share == 1.0


@st.composite
def cases(draw: st.DrawFn) -> tuple[Tree, list[str], list[bool]]:
    """A tree with categories, and which of its spans are agents; the top may be a step."""
    tree = draw(trees())
    kinds = st.sampled_from(["processing", "tool", "llm", "retry", "blocked_loop"])
    return tree, [draw(kinds) for _ in tree.ids], [draw(st.booleans()) for _ in tree.ids]


def unexplained_slowly(tree: Tree, categories: list[str], is_agent: list[bool]) -> dict[int, set[int]]:
    """Per span the moments of the top's time in which it ran and nothing explains it: every moment is looked at."""
    found: dict[int, set[int]] = {}
    for node in tree.below(0):
        parts = [child for child in tree.children[node] if categories[child] not in MARKS]
        if not is_agent[node] and (categories[node] == "llm" or not parts):
            continue
        own = set(range(tree.starts[node], tree.ends[node])) & set(range(tree.starts[0], tree.ends[0]))
        for child in tree.children[node]:
            own -= set(range(tree.starts[child], tree.ends[child]))
        if own:
            found[node] = own
    return found


@given(cases())
def test_a_slow_and_obvious_version_agrees(case: tuple[Tree, list[str], list[bool]]):
    tree, categories, is_agent = case
    coverage = measure_coverage(tree, 0, categories=categories, is_agent=is_agent)
    found: dict[int, set[int]] = {}
    for gap in coverage.gaps:
        moments = set(range(gap.started_ns, gap.ended_ns))
        assert not moments & found.get(gap.inside, set())
        found.setdefault(gap.inside, set()).update(moments)
    slow = unexplained_slowly(tree, categories, is_agent)
    assert found == slow
    assert coverage.unexplained_ns == len(set[int]().union(*slow.values()))


@given(cases())
def test_gaps_are_merged_and_lie_between_the_steps_that_they_name(case: tuple[Tree, list[str], list[bool]]):
    tree, categories, is_agent = case
    coverage = measure_coverage(tree, 0, categories=categories, is_agent=is_agent)
    last_end: dict[int, int] = {}
    for gap in coverage.gaps:
        assert gap.duration_ns > 0
        assert last_end.get(gap.inside, -1) < gap.started_ns
        last_end[gap.inside] = gap.ended_ns
        for neighbour in (gap.before, gap.after):
            assert neighbour is None or tree.parents[neighbour] == gap.inside
        assert gap.before is None or tree.ends[gap.before] == gap.started_ns
        assert gap.after is None or tree.starts[gap.after] == gap.ended_ns
    assert [gap.started_ns for gap in coverage.gaps] == sorted(gap.started_ns for gap in coverage.gaps)


@given(cases())
def test_the_share_lies_between_0_and_1_and_is_1_only_without_gaps(case: tuple[Tree, list[str], list[bool]]):
    tree, categories, is_agent = case
    coverage = measure_coverage(tree, 0, categories=categories, is_agent=is_agent)
    assert 0 <= coverage.share <= 1
    assert (coverage.share == 1) == (coverage.gaps == [])


def test_fifty_thousand_steps_take_less_than_a_second():
    count = 50_000
    chain = tree_of((None, 0, 2 * count), *((i, i, 2 * count - i) for i in range(count - 1)))
    flat = tree_of((None, 0, 20 * count), *((0, 20 * i, 20 * i + 15) for i in range(count - 1)))
    for tree in (chain, flat):
        began = time.process_time()
        coverage_of(tree, agents=())
        assert time.process_time() - began < 1
