"""Two executions side by side: which step of one is which step of the other, and what there is only in one."""

from collections.abc import Callable, Hashable, Sequence

from msgspec import Struct

from longpole.model.tree import Tree

MOST_CELLS = 4_000_000
"""Up to so many pairs of siblings are held against each other; beyond it the n-th of a name is the other n-th."""

Key = Callable[[int], Hashable]
"""What two steps must share to be the same step, by position in their tree."""


class Pair(Struct, frozen=True):
    """A step that both have, or that only one has (the other is `None`); `depth` counts from the two tops.

    `is_moved`: both have it, among the same steps, in another order.
    """

    a: int | None
    b: int | None
    depth: int
    is_moved: bool = False


def align(a: Tree, top_a: int, b: Tree, top_b: int, *, key_a: Key, key_b: Key) -> list[Pair]:
    """Every step below two tops, with them: each once, parents before children, otherwise in the order of `b`.

    The tops are taken for one another. Of every two steps that are, the children are aligned by the longest common
    sequence of their keys: turns of a loop that one has more, and steps that were added or removed, stand alone then.
    What is left on both sides of one key is the same step in another place. Below what stands alone, all does. Cost:
    siblings times siblings, at most `MOST_CELLS`; 1 us each.
    """
    pairs: list[Pair] = []
    waiting: list[Pair] = [Pair(top_a, top_b, 0)]
    while waiting:
        pair = waiting.pop()
        pairs.append(pair)
        below_a = () if pair.a is None else a.children[pair.a]
        below_b = () if pair.b is None else b.children[pair.b]
        found = align_siblings(below_a, below_b, key_a=key_a, key_b=key_b)
        waiting.extend(Pair(one, other, pair.depth + 1, is_moved) for one, other, is_moved in reversed(found))
    return pairs


def align_siblings(
    a: Sequence[int], b: Sequence[int], *, key_a: Key, key_b: Key
) -> list[tuple[int | None, int | None, bool]]:
    """Two rows of siblings as one: pairs, whether a pair is out of order, and what stands alone, in its place."""
    if not (a and b):
        return [*((one, None, False) for one in a), *((None, other, False) for other in b)]
    keys_a, keys_b = [key_a(node) for node in a], [key_b(node) for node in b]
    partner = _in_order(keys_a, keys_b)
    of_b = dict.fromkeys(range(len(b))) | {place: one for one, place in partner.items()}
    is_moved = _moved(keys_a, keys_b, partner, of_b)
    merged: list[tuple[int | None, int | None, bool]] = []
    done = 0
    for place, node in enumerate(b):
        one = of_b[place]
        if one is not None and one not in is_moved:
            merged += [(a[left], None, False) for left in range(done, one) if left not in partner]
            done = one + 1
        merged.append((None if one is None else a[one], node, one in is_moved))
    merged += [(a[left], None, False) for left in range(done, len(a)) if left not in partner]
    return merged


def _moved(
    keys_a: Sequence[Hashable], keys_b: Sequence[Hashable], partner: dict[int, int], of_b: dict[int, int | None]
) -> set[int]:
    """Pair up what is left of the same key on both sides, in `partner` and `of_b`; the places in `a` of those."""
    left: dict[Hashable, list[int]] = {}
    for place in range(len(keys_b) - 1, -1, -1):
        if of_b[place] is None:
            left.setdefault(keys_b[place], []).append(place)
    moved: set[int] = set()
    for one, key in enumerate(keys_a):
        if one not in partner and left.get(key):
            place = left[key].pop()
            partner[one], of_b[place] = place, one
            moved.add(one)
    return moved


def _in_order(keys_a: Sequence[Hashable], keys_b: Sequence[Hashable]) -> dict[int, int]:
    """Places in `a` and their partners in `b`, both rising: a longest common subsequence."""
    start = 0
    while start < min(len(keys_a), len(keys_b)) and keys_a[start] == keys_b[start]:
        start += 1
    end = 0
    while end < min(len(keys_a), len(keys_b)) - start and keys_a[-1 - end] == keys_b[-1 - end]:
        end += 1
    size_a, size_b = len(keys_a), len(keys_b)
    found = {place: place for place in range(start)}
    found |= {size_a - 1 - place: size_b - 1 - place for place in range(end)}
    middle_a, middle_b = keys_a[start : size_a - end], keys_b[start : size_b - end]
    if len(middle_a) * len(middle_b) <= MOST_CELLS:
        found |= {one + start: other + start for one, other in _longest_common(middle_a, middle_b)}
    return found  # the rest is paired by key, out of order


def _longest_common(a: Sequence[Hashable], b: Sequence[Hashable]) -> list[tuple[int, int]]:
    """A longest common subsequence as pairs of places, the earliest partners first."""
    lengths = [[0] * (len(b) + 1) for _ in range(len(a) + 1)]
    for i in range(len(a) - 1, -1, -1):
        row, below = lengths[i], lengths[i + 1]
        for j in range(len(b) - 1, -1, -1):
            row[j] = below[j + 1] + 1 if a[i] == b[j] else max(below[j], row[j + 1])
    pairs: list[tuple[int, int]] = []
    i = j = 0
    while i < len(a) and j < len(b):
        if a[i] == b[j]:
            pairs.append((i, j))
            i, j = i + 1, j + 1
        elif lengths[i + 1][j] >= lengths[i][j + 1]:
            i += 1
        else:
            j += 1
    return pairs
