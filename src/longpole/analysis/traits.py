"""The keys and values of inputs and attributes, and which of them executions have in common.

A *trait* is something that an input has or has not: a key, a key with a value, a number in the largest quarter or
tenth. Values are only compared for equality, so that hashed ones do as well. `trait_claims` tests them.
"""

from collections import Counter, defaultdict
from collections.abc import Hashable, Mapping, Sequence
from typing import NamedTuple, cast

from msgspec import Struct

LEAST_WITH = 20
"""A trait that fewer executions of the sample have, or lack, is not tested."""

MOST_LEAVES = 60
MOST_VALUES = 40
"""Different values of one key that are tested, the most frequent ones."""

_LONGEST_VALUE = 80
_DEEPEST = 5
_FEW_NUMBERS = 12

PRESENT, ABSENT, LARGE, SMALL = "is there", "is missing", "is at least", "is at most"


class Trait(NamedTuple):
    """What an input may have: its key, how (`=`, `is there`, `is missing`, `is at least`, `is at most`), the value."""

    key: str
    relation: str
    value: str


Members = Mapping[Trait, Sequence[int]]
"""The places of the samples that have a trait, in order."""

_Limits = list[tuple[float, Trait]]
"""Of the numbers of a key: the largest small one, and the smallest large ones, each with its trait."""


class Sample(Struct, frozen=True, gc=False):
    """One execution: what it is compared with, whether it failed, the logarithm of its duration, and its leaves."""

    stratum: Hashable
    has_failed: bool
    log_duration: float
    weight: float
    leaves: Mapping[str, tuple[str | float, ...]]


class Claim(Struct, frozen=True, kw_only=True):
    """A trait that goes with failure or slowness. `with_it` and `without_it` are failure rates, or typical durations in
    nanoseconds; `ratio` is the one to the other among executions that are alike otherwise; `p_value` is corrected for
    the number of traits. `companions` are traits of other keys that mostly the same executions have: by themselves they
    would be claimed as well, one a key."""

    trait: Trait
    is_failure: bool
    executions: int
    with_it: float
    without_it: float
    ratio: float
    p_value: float
    companions: tuple[Trait, ...] = ()


def leaves_of(value: object, prefix: str = "") -> dict[str, tuple[str | float, ...]]:
    """The leaves of a JSON value by dotted path, at most `MOST_LEAVES` and five levels deep.

    A list is its elements under one path with `[]`, each different one once. Text over 80 characters is only known by
    its length, as `(length)`.

    >>> leaves_of({"customer": {"tier": "gold"}, "items": [{"n": 1}, {"n": 2}]})
    {'customer.tier': ('gold',), 'items[].n': (1.0, 2.0), 'items (count)': (2.0,)}
    """
    found: dict[str, list[str | float]] = {}
    _collect(value, prefix, found, _DEEPEST)
    return {path: tuple(values if len(values) == 1 else dict.fromkeys(values)) for path, values in found.items()}


def _collect(value: object, path: str, found: dict[str, list[str | float]], depth: int) -> None:
    if len(found) >= MOST_LEAVES:
        return
    if isinstance(value, str):  # the most frequent comes first
        if len(value) > _LONGEST_VALUE:
            found.setdefault(f"{path} (length)".strip(), []).append(float(len(value)))
        else:
            found.setdefault(path, []).append(value)
    elif isinstance(value, dict):
        for key, below in cast("dict[str, object]", value).items():
            if depth:
                _collect(below, f"{path}.{key}" if path else key, found, depth - 1)
    elif isinstance(value, list):
        elements = cast("list[object]", value)
        for element in elements[:8]:
            if depth:
                _collect(element, f"{path}[]", found, depth - 1)
        found.setdefault(f"{path} (count)".strip(), []).append(float(len(elements)))
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        found.setdefault(path, []).append(float(value))
    else:
        found.setdefault(path, []).append("null" if value is None else str(value).lower())


def find_traits(samples: Sequence[Sample]) -> Members:
    """Which of the samples have each trait, of those that enough have and enough lack."""
    # By equal items first: most executions say the same of a key, and then one look-up is enough.
    items: dict[tuple[str, tuple[str | float, ...]], list[int]] = defaultdict(list)
    for place, sample in enumerate(samples):
        for item in sample.leaves.items():
            items[item].append(place)
    keys: dict[str, list[int]] = defaultdict(list)
    values: dict[str, dict[str | float, list[int]]] = defaultdict(lambda: defaultdict(list))
    for (key, leaves), places in items.items():
        keys[key] += places
        for leaf in leaves:
            values[key][leaf] += places
    most = len(samples) - LEAST_WITH
    found: dict[Trait, Sequence[int]] = {}
    for key, having in keys.items():
        if LEAST_WITH <= len(having) <= most:
            found[Trait(key, PRESENT, "")] = sorted(having)
            found[Trait(key, ABSENT, "")] = sorted(set(range(len(samples))).difference(having))
        counts = {value: len(places) for value, places in values[key].items()}
        limits = _limits(key, counts)
        if limits is None:
            often = [value for value, count in Counter(counts).most_common(MOST_VALUES) if LEAST_WITH <= count <= most]
            for value in often:
                trait = Trait(key, "=", _text(value))  # the same of the text "1" and the number
                found[trait] = sorted({*found.get(trait, ()), *values[key][value]})
        else:
            found.update({trait: _beyond(values[key], limit, trait.relation) for limit, trait in limits})
    return found


def _beyond(places: Mapping[str | float, Sequence[int]], limit: float, relation: str) -> list[int]:
    """The places of the numbers that are at least, or at most, a limit."""
    having: set[int] = set()
    for value, of_value in places.items():
        if isinstance(value, float) and (value <= limit if relation == SMALL else value >= limit):
            having.update(of_value)
    return sorted(having)


def _limits(key: str, counts: Mapping[str | float, int]) -> _Limits | None:
    """Where the smallest quarter of a key's numbers ends, and the largest quarter and tenth begin; of many numbers."""
    numbers = sorted(value for value in counts if isinstance(value, float))
    if len(numbers) <= _FEW_NUMBERS or len(numbers) < len(counts):
        return None
    whole = sum(counts.values())
    limits = [(part, _quantile(numbers, counts, whole * part)) for part in (1 / 4, 3 / 4, 9 / 10)]
    return [(limit, Trait(key, SMALL if part < 1 / 2 else LARGE, _text(limit))) for part, limit in limits]


def _quantile(numbers: Sequence[float], counts: Mapping[str | float, int], limit: float) -> float:
    passed = 0
    for number in numbers:
        passed += counts[number]
        if passed > limit:
            return number
    return numbers[-1]


def _text(value: str | float) -> str:
    return value if isinstance(value, str) else f"{value:g}" if abs(value) < 1e6 else f"{value:.0f}"
