"""Two executions side by side: every step once, the same ones together, whatever was added, removed or moved."""

import random
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from longpole.analysis import alignment
from longpole.analysis.alignment import Pair, align, align_siblings
from longpole.model.tree import Tree, grow_tree

Shape = list[tuple[str, "Shape"]]


def tree_of(shape: Shape) -> tuple[Tree, list[str]]:
    """A tree of nested names below a top, and the name of every span by position."""
    ids, names = ["top"], ["top"]
    parents: list[str | None] = [None]
    waiting = [("top", shape)]
    for above, below in waiting:
        for name, more in below:
            ids.append(f"{len(ids):04d}")
            parents.append(above)
            names.append(name)
            waiting.append((ids[-1], more))
    starts = list(range(len(ids)))
    return grow_tree(ids, parents, starts, [start + 1 for start in starts]), names


def aligned(a: Shape, b: Shape) -> list[tuple[str | None, str | None, int, bool]]:
    tree_a, names_a = tree_of(a)
    tree_b, names_b = tree_of(b)
    pairs = align(tree_a, 0, tree_b, 0, key_a=names_a.__getitem__, key_b=names_b.__getitem__)
    return [
        (
            None if pair.a is None else names_a[pair.a],
            None if pair.b is None else names_b[pair.b],
            pair.depth,
            pair.is_moved,
        )
        for pair in pairs
    ]


def leaves(*names: str) -> Shape:
    return [(name, []) for name in names]


def test_an_execution_beside_itself_is_the_same_step_by_step() -> None:
    shape: Shape = [("plan", leaves("llm")), ("search", []), ("write", leaves("llm", "check"))]
    assert all(a == b and not is_moved for a, b, _, is_moved in aligned(shape, shape))


def test_a_step_that_was_added_or_removed_stands_alone_in_its_place_with_all_below_it() -> None:
    a: Shape = [("plan", []), ("search", leaves("http")), ("write", [])]
    b: Shape = [("plan", []), ("write", []), ("review", leaves("llm"))]
    assert aligned(a, b) == [
        ("top", "top", 0, False),
        ("plan", "plan", 1, False),
        ("search", None, 1, False),
        ("http", None, 2, False),
        ("write", "write", 1, False),
        (None, "review", 1, False),
        (None, "llm", 2, False),
    ]


def test_one_more_turn_of_a_loop_is_one_turn_more() -> None:
    turn = ("llm", "tool")
    found = aligned(leaves(*turn, *turn, "end"), leaves(*turn, *turn, *turn, "end"))
    alone = [(a, b) for a, b, _, _ in found if a is None or b is None]
    assert sorted(alone, key=repr) == [(None, "llm"), (None, "tool")]


def test_parallel_steps_in_another_order_are_the_same_steps() -> None:
    found = aligned(leaves("a", "b", "c"), leaves("c", "a", "b"))
    assert [(a, is_moved) for a, _, _, is_moved in found[1:]] == [("c", True), ("a", False), ("b", False)]
    assert all(a == b for a, b, _, _ in found)


def test_very_many_siblings_are_paired_by_name_in_their_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(alignment, "MOST_CELLS", 8)
    found = align_siblings(range(5), range(5), key_a="xabcy".__getitem__, key_b="xcaby".__getitem__)
    assert sorted((a, b) for a, b, _ in found if a is not None and b is not None) == [
        (0, 0), (1, 2), (2, 3), (3, 1), (4, 4),
    ]  # fmt: skip


NAMES = st.lists(st.sampled_from("abc"), max_size=7)


@given(NAMES, NAMES)
def test_siblings_in_order_are_a_longest_common_sequence(a: list[str], b: list[str]) -> None:
    found = align_siblings(range(len(a)), range(len(b)), key_a=a.__getitem__, key_b=b.__getitem__)
    kept = [(one, other) for one, other, is_moved in found if one is not None and other is not None and not is_moved]
    assert all(a[one] == b[other] for one, other in kept)
    assert kept == sorted(kept)
    assert [other for _, other in kept] == sorted(other for _, other in kept)
    assert len(kept) == longest_by_trying(a, b)


def longest_by_trying(a: list[str], b: list[str]) -> int:
    """The slow and obvious way: every part of the one, the longest first, looked for in the other."""
    for size in range(len(a), 0, -1):
        for part in combinations(a, size):
            rest = iter(b)
            if all(letter in rest for letter in part):
                return size
    return 0


@given(st.integers(0, 10_000))
def test_every_step_of_both_is_told_once_and_parents_come_first(seed: int) -> None:
    chance = random.Random(seed)

    def grow(depth: int) -> Shape:
        below = chance.randrange(4) if depth < 4 else 0
        return [(chance.choice("abc"), grow(depth + 1)) for _ in range(below)]

    (tree_a, names_a), (tree_b, names_b) = tree_of(grow(0)), tree_of(grow(0))
    pairs = align(tree_a, 0, tree_b, 0, key_a=names_a.__getitem__, key_b=names_b.__getitem__)
    assert sorted(pair.a for pair in pairs if pair.a is not None) == list(range(len(names_a)))
    assert sorted(pair.b for pair in pairs if pair.b is not None) == list(range(len(names_b)))
    place = {("a", pair.a): i for i, pair in enumerate(pairs)} | {("b", pair.b): i for i, pair in enumerate(pairs)}
    assert all(place["a", tree_a.parents[pair.a]] < place["a", pair.a] for pair in pairs if pair.a)
    assert all(place["b", tree_b.parents[pair.b]] < place["b", pair.b] for pair in pairs if pair.b)
    assert pairs[0] == Pair(0, 0, 0)


def test_a_level_of_two_thousand_siblings_on_both_sides_is_aligned() -> None:
    chance = random.Random(4)
    a = [chance.choice("abcdef") for _ in range(1500)]
    b = [letter for letter in a if chance.random() > 0.01]
    found = align_siblings(range(len(a)), range(len(b)), key_a=a.__getitem__, key_b=b.__getitem__)
    assert sum(other is None for _, other, _ in found) == len(a) - len(b)
