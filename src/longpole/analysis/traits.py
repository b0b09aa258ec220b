"""Which keys and values of inputs and attributes go with failure or slowness.

A *trait* is something that an input has or has not: a key, a key with a value, a number in the largest quarter or
tenth. Each is tested within *strata* (one agent in one stretch of time), so that an agent that fails often, or an
outage, does not make its inputs look bad: for failure by Cochran, Mantel and Haenszel (J. Natl. Cancer Inst. 22, 1959),
for slowness by the mean difference of the logarithms of durations. Of traits that go together the strongest is kept and
the others are tested again beside it. Values are only compared for equality, so that hashed ones do as well.
"""

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence
from math import exp, sqrt
from typing import NamedTuple, cast

from msgspec import Struct

from longpole.analysis.significance import corrected, normal_p, poisson_tail

CLAIMED_BELOW = 0.001
"""The corrected p-value up to which a trait is claimed."""

LEAST_WITH = 20
"""A trait that fewer executions of the sample have, or lack, is not tested."""

FAILING_RATIO = 1.5
"""How many times as often an execution with the trait fails, at least."""

SLOW_RATIO = 1.15
"""How many times as long an execution with the trait takes, at least."""

MOST_CLAIMS = 8
MOST_LEAVES = 60
MOST_VALUES = 40
"""Different values of one key that are tested, the most frequent ones."""

_LONGEST_VALUE = 80
_DEEPEST = 5
_FEW_NUMBERS = 12
_LEAST_CASES = 5.0

PRESENT, ABSENT, LARGE, SMALL = "is there", "is missing", "is at least", "is at most"


class Trait(NamedTuple):
    """What an input may have: its key, how (`=`, `is there`, `is missing`, `is at least`, `is at most`), the value."""

    key: str
    relation: str
    value: str


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
    the number of traits."""

    trait: Trait
    is_failure: bool
    executions: int
    with_it: float
    without_it: float
    ratio: float
    p_value: float


class _Tested(NamedTuple):
    p_value: float
    ratio: float


def leaves_of(value: object, prefix: str = "") -> dict[str, tuple[str | float, ...]]:
    """The leaves of a JSON value by dotted path, at most `MOST_LEAVES` and five levels deep.

    A list is its elements under one path with `[]`, each different one once. Text over 80 characters is only known by
    its length, as `(length)`.

    >>> leaves_of({"customer": {"tier": "gold"}, "items": [{"n": 1}, {"n": 2}]})
    {'customer.tier': ('gold',), 'items[].n': (1.0, 2.0), 'items (count)': (2.0,)}
    """
    found: dict[str, list[str | float]] = {}
    _collect(value, prefix, found, _DEEPEST)
    return {path: tuple(dict.fromkeys(values)) for path, values in found.items()}


def _collect(value: object, path: str, found: dict[str, list[str | float]], depth: int) -> None:
    if len(found) >= MOST_LEAVES:
        return
    if isinstance(value, dict):
        for key, below in cast("dict[str, object]", value).items():
            if depth:
                _collect(below, f"{path}.{key}" if path else key, found, depth - 1)
    elif isinstance(value, list):
        elements = cast("list[object]", value)
        for element in elements[:8]:
            if depth:
                _collect(element, f"{path}[]", found, depth - 1)
        found.setdefault(f"{path} (count)".strip(), []).append(float(len(elements)))
    elif isinstance(value, bool) or value is None:
        found.setdefault(path, []).append("null" if value is None else str(value).lower())
    elif isinstance(value, (int, float)):
        found.setdefault(path, []).append(float(value))
    else:
        text = str(value)
        if len(text) > _LONGEST_VALUE:
            found.setdefault(f"{path} (length)".strip(), []).append(float(len(text)))
        else:
            found.setdefault(path, []).append(text)


def find_traits(samples: Sequence[Sample]) -> list[set[Trait]]:
    """Which traits each of the samples has, of those that enough have and enough lack."""
    keys: Counter[str] = Counter()
    values: dict[str, dict[str | float, int]] = {}
    for sample in samples:
        for key, leaves in sample.leaves.items():
            keys[key] += 1
            counts = values.setdefault(key, {})
            for leaf in leaves:
                counts[leaf] = counts.get(leaf, 0) + 1
    most = len(samples) - LEAST_WITH
    of_keys = {
        key: (Trait(key, PRESENT, ""), Trait(key, ABSENT, ""))
        for key, count in keys.items()
        if LEAST_WITH <= count <= most
    }
    limits = {key: limits for key, counts in values.items() if (limits := _limits(key, counts)) is not None}
    tested = {
        (key, value): Trait(key, "=", _text(value))
        for key, counts in values.items()
        if key not in limits
        for value, count in Counter(counts).most_common(MOST_VALUES)
        if LEAST_WITH <= count <= most
    }
    return [_traits_of(sample, of_keys, tested, limits) for sample in samples]


def _traits_of(
    sample: Sample,
    of_keys: Mapping[str, tuple[Trait, Trait]],
    tested: Mapping[tuple[str, str | float], Trait],
    limits: Mapping[str, _Limits],
) -> set[Trait]:
    found = {present if key in sample.leaves else absent for key, (present, absent) in of_keys.items()}
    for key, leaves in sample.leaves.items():
        of_numbers = limits.get(key)
        if of_numbers is None:
            found.update([trait for value in leaves if (trait := tested.get((key, value))) is not None])
            continue
        numbers = [value for value in leaves if isinstance(value, float)]
        if numbers:
            small, *large = of_numbers
            if min(numbers) <= small[0]:
                found.add(small[1])
            found.update([trait for limit, trait in large if max(numbers) >= limit])
    return found


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


def claim_failures(samples: Sequence[Sample], traits: Sequence[set[Trait]]) -> list[Claim]:
    """The traits that go with failure, the strongest first. Failed ones may be in the sample more often than not: rates
    take the weights into account, the tests do not need to."""
    return _claims(samples, traits, is_failure=True)


def claim_slowness(samples: Sequence[Sample], traits: Sequence[set[Trait]]) -> list[Claim]:
    """The traits that go with longer durations, the strongest first; failed executions are left out."""
    kept = [place for place, sample in enumerate(samples) if not sample.has_failed]
    return _claims([samples[place] for place in kept], [traits[place] for place in kept], is_failure=False)


def _claims(samples: Sequence[Sample], traits: Sequence[set[Trait]], *, is_failure: bool) -> list[Claim]:
    members: dict[Trait, list[int]] = {}
    for place, of_sample in enumerate(traits):
        for trait in of_sample:
            members.setdefault(trait, []).append(place)
    members = {
        trait: places for trait, places in members.items() if LEAST_WITH <= len(places) <= len(samples) - LEAST_WITH
    }
    strata: list[Hashable] = [sample.stratum for sample in samples]
    claims: list[Claim] = []
    claimed: list[Trait] = []
    least = FAILING_RATIO if is_failure else SLOW_RATIO
    while members and len(claims) < MOST_CLAIMS:
        tests = _tested(samples, strata, members, is_failure=is_failure)
        p_values = dict(zip(tests, corrected([test.p_value for test in tests.values()]), strict=True))
        worse = [trait for trait, test in tests.items() if p_values[trait] < CLAIMED_BELOW and test.ratio >= least]
        if not worse:
            break
        # Of traits that the same executions have the one that says most: a value rather than that the key is there.
        best = min(worse, key=lambda trait: (tests[trait].p_value, trait.relation != "=", trait))
        claims.append(_claim(samples, best, members[best], tests[best].ratio, p_values[best], is_failure=is_failure))
        claimed.append(best)
        having = set(members.pop(best))
        strata = [(stratum, place in having) for place, stratum in enumerate(strata)]
        members = {trait: members[trait] for trait in worse if trait in members}
    return claims


def _tested(
    samples: Sequence[Sample], strata: Sequence[Hashable], members: Mapping[Trait, Sequence[int]], *, is_failure: bool
) -> dict[Trait, _Tested]:
    values = [float(sample.has_failed) if is_failure else sample.log_duration for sample in samples]
    wholes: dict[Hashable, list[float]] = {}
    for stratum, value in zip(strata, values, strict=True):
        whole = wholes.setdefault(stratum, [0.0, 0.0, 0.0])
        whole[0] += 1
        whole[1] += value
        whole[2] += value * value
    found: dict[Trait, _Tested] = {}
    for trait, places in members.items():
        parts: dict[Hashable, list[float]] = {}
        for place in places:
            part = parts.setdefault(strata[place], [0.0, 0.0])
            part[0] += 1
            part[1] += values[place]
        test = _mantel_haenszel(parts, wholes) if is_failure else _mean_difference(parts, wholes)
        if test is not None:
            found[trait] = test
    return found


def _mantel_haenszel(
    parts: Mapping[Hashable, Sequence[float]], wholes: Mapping[Hashable, Sequence[float]]
) -> _Tested | None:
    """The p-value and the common odds ratio of failing with the trait, over all strata."""
    seen = expected = variance = over = under = 0.0
    for stratum, (having, failed_having) in parts.items():
        size, failed, _ = wholes[stratum]
        if size < 2:
            continue
        seen += failed_having
        expected += having * failed / size
        variance += having * (size - having) * failed * (size - failed) / (size * size * (size - 1))
        over += failed_having * (size - having - failed + failed_having) / size
        under += (having - failed_having) * (failed - failed_having) / size
    if variance <= 0 or max(seen, expected) < _LEAST_CASES:
        return None
    p_value = normal_p(max(0.0, abs(seen - expected) - 0.5) / sqrt(variance))
    if expected < 2 * _LEAST_CASES and seen > expected:
        p_value = max(p_value, min(1.0, 2 * poisson_tail(seen, expected)))
    return _Tested(p_value, over / under if under > 0 else (float("inf") if over > 0 else 1.0))


def _mean_difference(
    parts: Mapping[Hashable, Sequence[float]], wholes: Mapping[Hashable, Sequence[float]]
) -> _Tested | None:
    """The p-value, and how many times as long executions with the trait take, over all strata."""
    score = information = rest = 0.0
    freedom = 0.0
    for stratum, (size, total, squares) in wholes.items():
        having, total_having = parts.get(stratum, (0.0, 0.0))
        lacking = size - having
        if having and lacking:
            weight = having * lacking / size
            mean_with, mean_without = total_having / having, (total - total_having) / lacking
            score += weight * (mean_with - mean_without)
            information += weight
            rest += max(0.0, squares - having * mean_with**2 - lacking * mean_without**2)
            freedom += size - 2
    if information < _LEAST_CASES or freedom < LEAST_WITH:
        return None
    difference, variance = score / information, rest / freedom
    if variance <= 0:
        return _Tested(1.0 if difference == 0 else 0.0, exp(difference))
    return _Tested(normal_p(difference / sqrt(variance / information)), exp(difference))


def _claim(
    samples: Sequence[Sample], trait: Trait, places: Iterable[int], ratio: float, p_value: float, *, is_failure: bool
) -> Claim:
    having = set(places)
    sums = {True: [0.0, 0.0], False: [0.0, 0.0]}
    for place, sample in enumerate(samples):
        part = sums[place in having]
        part[0] += sample.weight
        part[1] += sample.weight * (float(sample.has_failed) if is_failure else sample.log_duration)
    with_it, without_it = (part[1] / part[0] for part in (sums[True], sums[False]))
    if not is_failure:
        with_it, without_it = exp(with_it), exp(without_it)
    return Claim(
        trait=trait,
        is_failure=is_failure,
        executions=len(having),
        with_it=with_it,
        without_it=without_it,
        ratio=ratio,
        p_value=p_value,
    )
