from collections.abc import Callable
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from execution_trees import tree_of, trees, well_nested
from lines_run import grows_in_step
from longpole.analysis.critical_path import find_critical_path
from longpole.analysis.what_if import Change, Deed, Outcome, Simulator
from longpole.model.tree import Tree, grow_tree


def simulator(tree: Tree, labels: str = "", first_token_ns: list[int | None] | None = None) -> Simulator:
    """Of a tree whose labels are the letters given, else all different."""
    return Simulator(tree, 0, list(labels) or list(map(str, range(len(tree)))), first_token_ns or ())


def faster(*nodes: int, factor: float = 2.0) -> Change:
    return Change(deed=Deed.FASTER, nodes=nodes, factor=factor)


def without(*nodes: int) -> Change:
    return Change(deed=Deed.REMOVE, nodes=nodes)


def cached(*nodes: int) -> Change:
    return Change(deed=Deed.CACHE, nodes=nodes)


def at_once(*nodes: int) -> Change:
    return Change(deed=Deed.PARALLEL, nodes=nodes)


def times(outcome: Outcome) -> dict[int, tuple[int, int]]:
    """From when to when each span runs after the change."""
    return {node: (outcome.tree.starts[place], outcome.tree.ends[place]) for place, node in enumerate(outcome.nodes)}


IN_SEQUENCE = tree_of((None, 0, 100), (0, 5, 30), (0, 32, 60), (0, 61, 90))
FAN_OUT = tree_of((None, 0, 100), (0, 0, 50), (0, 0, 40), (0, 0, 30), (0, 51, 90))


def test_a_faster_step_brings_forward_what_follows_it():
    assert times(simulator(IN_SEQUENCE).simulate([faster(2)])) == {0: (0, 86), 1: (5, 30), 2: (32, 46), 3: (47, 76)}


def test_a_step_can_be_given_a_new_duration():
    change = Change(deed=Deed.FASTER, nodes=(1,), duration_ns=3)
    assert simulator(IN_SEQUENCE).duration_after([change]) == 100 - 25 + 3


def test_without_a_step_what_follows_begins_when_it_began():
    outcome = simulator(IN_SEQUENCE).simulate([without(1)])
    assert times(outcome) == {0: (0, 75), 2: (7, 35), 3: (36, 65)}


def test_of_a_fan_out_only_the_lead_of_the_slowest_is_won():
    assert simulator(FAN_OUT).duration_after([faster(1, factor=50)]) == 90
    assert simulator(FAN_OUT).duration_after([faster(2, 3)]) == 100


def test_what_is_slower_uses_its_slack_first():
    assert simulator(FAN_OUT).duration_after([faster(2, factor=0.8)]) == 100
    assert simulator(FAN_OUT).duration_after([faster(2, factor=0.5)]) == 130


def test_steps_in_parallel_begin_together_and_what_follows_waits_for_the_longer():
    outcome = simulator(IN_SEQUENCE).simulate([at_once(1, 2)])
    # The parent's own two nanoseconds between the two are before both now.
    assert times(outcome) == {0: (0, 75), 1: (7, 32), 2: (7, 35), 3: (36, 65)}


def test_what_stood_between_two_steps_that_run_at_once_is_still_waited_for():
    outcome = simulator(tree_of((None, 0, 60), (0, 0, 20), (0, 20, 40), (0, 40, 50), (0, 50, 60))).simulate(
        [at_once(1, 3)]
    )
    assert times(outcome) == {0: (0, 50), 1: (0, 20), 2: (20, 40), 3: (0, 10), 4: (40, 50)}


def test_of_cached_calls_the_first_stays_and_those_that_began_before_its_end():
    tree = tree_of((None, 0, 100), (0, 0, 20), (0, 10, 30), (0, 40, 60), (0, 70, 90))
    assert times(simulator(tree).simulate([cached(1, 2, 3, 4)])) == {0: (0, 60), 1: (0, 20), 2: (10, 30)}


def test_a_faster_step_made_of_steps_shrinks_as_a_whole():
    tree = tree_of((None, 0, 100), (0, 0, 80), (1, 10, 30), (1, 40, 80))
    assert times(simulator(tree).simulate([faster(1)])) == {0: (0, 60), 1: (0, 40), 2: (5, 15), 3: (20, 40)}


def test_what_nobody_waits_for_does_not_matter():
    tree = tree_of((None, 0, 100), (0, 0, 90), (0, 10, 400))
    assert simulator(tree).duration_after([without(2)]) == 100
    assert simulator(tree).duration_after([faster(1, factor=9)]) == 20


def test_the_reader_of_a_stream_keeps_its_pace_when_the_stream_is_faster():
    # The stream gives pieces at 20, 50 and 80 and ends at 100; its reader takes ten for each.
    tree = tree_of((None, 0, 100), (0, 0, 100), (0, 20, 30), (0, 50, 60), (0, 80, 90))
    stream = simulator(tree, first_token_ns=[None, 20, None, None, None])
    assert stream.duration_after([faster(1)]) == (20 + 20 + 20 + 10) / 2 + 30
    assert stream.duration_after([faster(2, 3, 4)]) == 100 - 15
    assert times(stream.simulate([faster(1)]))[3] == (30, 40)


def test_steps_beside_a_stream_that_began_before_its_first_piece_do_not_read_it():
    tree = tree_of((None, 0, 100), (0, 0, 100), (0, 10, 30), (0, 50, 60))
    assert simulator(tree, first_token_ns=[None, 20, None, None]).duration_after([faster(1)]) == 60


def test_the_path_after_a_change_names_the_recorded_spans():
    outcome = simulator(FAN_OUT).simulate([faster(1, factor=50)])
    assert [part.node for part in outcome.path] == [2, 0, 4, 0]
    assert sum(part.duration_ns for part in outcome.path) == outcome.after_ns == 90


def test_several_changes_of_one_parent_are_made_together():
    tree = tree_of((None, 0, 40), (0, 0, 10), (0, 10, 20), (0, 20, 30), (0, 30, 40))
    both = simulator(tree).simulate([at_once(1, 2), at_once(3, 4)])
    assert times(both) == {0: (0, 20), 1: (0, 10), 2: (0, 10), 3: (10, 20), 4: (10, 20)}


@given(trees())
def test_a_what_if_of_nothing_changes_nothing(tree: Tree):
    outcome = simulator(tree, "aab" * 4).simulate([])
    assert outcome.before_ns == outcome.after_ns
    assert times(outcome) == {node: (tree.starts[node], tree.ends[node]) for node in tree.below(0)}
    assert outcome.path == find_critical_path(tree, 0)


CHANGES = st.lists(
    st.builds(
        Change,
        deed=st.sampled_from(list(Deed)),
        nodes=st.lists(st.integers(1, 9), min_size=1, max_size=4, unique=True).map(tuple),
        factor=st.sampled_from([1.0, 2.0, 10.0]),
    ),
    max_size=3,
)


def kept(tree: Tree, changes: list[Change]) -> list[Change]:
    """The changes of spans that the tree has."""
    return [
        Change(deed=change.deed, nodes=nodes, factor=change.factor)
        for change in changes
        if (nodes := tuple(node for node in change.nodes if node < len(tree)))
    ]


@given(trees(), CHANGES)
def test_both_ways_to_ask_give_the_same_duration(tree: Tree, changes: list[Change]):
    changes = kept(tree, changes)
    bench = simulator(tree, "abc" * 4)
    assert bench.simulate(changes).after_ns == bench.duration_after(changes)


@given(well_nested(), CHANGES)
def test_a_change_never_makes_it_longer_and_is_never_longer_with_another(tree: Tree, changes: list[Change]):
    bench = simulator(tree)
    changes = kept(tree, changes)
    together = bench.duration_after(changes)
    assert all(together <= bench.duration_after([change]) + 1 <= bench.before_ns + 1 for change in changes)


@given(well_nested())
def test_without_a_step_of_a_sequence_exactly_its_time_is_saved(tree: Tree):
    bench = simulator(tree)
    for node in range(1, len(tree)):
        assert bench.before_ns - bench.duration_after([without(node)]) == tree.ends[node] - tree.starts[node]


def replay(tree: Tree, bench: Simulator, durations: dict[int, int], node: int) -> int:
    """How long a span takes, moment by moment: what has all it waits for counts its gap down, then runs."""
    known = bench.dependencies
    left = {child: known.gaps[child] for child in tree.children[node]}
    runs = {child: replay(tree, bench, durations, child) for child in tree.children[node]}
    over: set[int] = set()
    tail = known.tails[node] if tree.children[node] else durations[node]
    moment = 0
    while True:
        while now := {
            child
            for child in left
            if child not in over and left[child] <= 0 and runs[child] <= 0 and over.issuperset(known.after[child])
        }:
            over |= now
        if over.issuperset(known.awaited[node]):
            if tail <= 0:
                return moment
            tail -= 1
        for child in left:
            if child not in over and over.issuperset(known.after[child]):
                if left[child] > 0:
                    left[child] -= 1
                else:
                    runs[child] -= 1
        moment += 1


@st.composite
def forward(draw: st.DrawFn) -> Tree:
    """A small tree in which children run within their parents, in sequence or at once."""
    spans: list[tuple[int | None, int, int]] = [(None, 0, 24)]
    for _ in range(draw(st.integers(1, 6))):
        parent = draw(st.integers(0, min(1, len(spans) - 1)))
        _, begin, end = spans[parent]
        start = draw(st.integers(begin, end))
        spans.append((parent, start, draw(st.integers(start, end))))
    return tree_of(*spans)


@given(forward(), st.dictionaries(st.integers(1, 6), st.sampled_from([0, 1, 2, 4]), max_size=4))
def test_a_slow_replay_moment_by_moment_agrees(tree: Tree, slower: dict[int, int]):
    """Steps without steps below them made faster by a factor, or removed where it is 0, several at once."""
    bench = simulator(tree)
    durations = {one: tree.ends[one] - tree.starts[one] for one in range(len(tree))}
    changes: list[Change] = []
    for node, factor in slower.items():
        if node < len(tree) and not tree.children[node]:
            durations[node] = round(durations[node] / factor) if factor else 0
            changes.append(faster(node, factor=factor) if factor else without(node))
    assert bench.duration_after(changes) == replay(tree, bench, durations, 0)


@given(trees(), st.randoms(use_true_random=False), CHANGES)
def test_the_order_of_arrival_changes_no_what_if(tree: Tree, random: Random, changes: list[Change]):
    order = list(range(len(tree)))
    random.shuffle(order)
    place = {node: position for position, node in enumerate(order)}
    above = [None if tree.parents[node] < 0 else tree.ids[tree.parents[node]] for node in order]
    times = [(tree.starts[node], tree.ends[node]) for node in order]
    shuffled = grow_tree([tree.ids[node] for node in order], above, *zip(*times, strict=True))
    labels = "abcabcabcabc"
    there = Simulator(shuffled, place[0], [labels[node] for node in order])
    changes = kept(tree, changes)
    moved = [
        Change(deed=change.deed, nodes=tuple(place[node] for node in change.nodes), factor=change.factor)
        for change in changes
    ]
    assert there.duration_after(moved) == simulator(tree, labels).duration_after(changes)


def flat(count: int) -> Tree:
    """All one after the other below one."""
    return tree_of((None, 0, 10 * count), *((0, 10 * i, 10 * i + 9) for i in range(count - 1)))


def chain(count: int) -> Tree:
    """Each below the one before."""
    return tree_of((None, 0, 2 * count), *((i, i, 2 * count - i) for i in range(count - 1)))


@pytest.mark.parametrize("shape", [flat, chain])
@pytest.mark.parametrize("deed", list(Deed))
def test_twice_as_many_changes_are_twice_as_much_work(deed: Deed, shape: Callable[[int], Tree]):
    def change(count: int) -> Callable[[], int]:
        there = simulator(shape(count), "a" * count)
        changes = [Change(deed=deed, nodes=(i, i + 1), factor=2) for i in range(1, count - 2, 2)]
        return lambda: there.duration_after(changes)

    assert grows_in_step(change)
