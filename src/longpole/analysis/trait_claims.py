"""Which keys and values of inputs and attributes go with failure or slowness.

Each trait is tested within *strata* (one agent in one stretch of time), so that an agent that fails often, or an
outage, does not make its inputs look bad: for failure by Cochran, Mantel and Haenszel (J. Natl. Cancer Inst. 22, 1959),
for slowness by the mean difference of the logarithms of durations. Of traits that go together the strongest is kept and
the others are tested again beside it.
"""

from collections.abc import Hashable, Mapping, Sequence
from math import exp, sqrt
from typing import NamedTuple

import numpy as np
from msgspec.structs import replace
from numpy.typing import NDArray

from longpole.analysis.significance import corrected, normal_p, poisson_tail
from longpole.analysis.traits import LEAST_WITH, Claim, Members, Sample, Trait

CLAIMED_BELOW = 0.001
"""The corrected p-value up to which a trait is claimed."""

FAILING_RATIO = 1.5
"""How many times as often an execution with the trait fails, at least."""

SLOW_RATIO = 1.15
"""How many times as long an execution with the trait takes, at least."""

MOST_CLAIMS = 8

COMPANION_OVERLAP = 0.5
"""How many of the executions that have either of two traits have both, for one to go along with the other (Jaccard)."""

_LEAST_CASES = 5.0

Places = NDArray[np.int64]
Numbers = NDArray[np.float64]
_Places = Mapping[Trait, Places]


class _Tested(NamedTuple):
    p_value: float
    ratio: float


def claim_failures(samples: Sequence[Sample], traits: Members) -> list[Claim]:
    """The traits that go with failure, the strongest first. Failed ones may be in the sample more often than not: rates
    take the weights into account, the tests do not need to."""
    return _claims(samples, _arrays(traits), is_failure=True)[0]


def claim_differences(samples: Sequence[Sample], traits: Members) -> tuple[list[Claim], set[str]]:
    """What `claim_failures` says, and the keys of all traits that go with failing or with not failing by themselves."""
    return _claims(samples, _arrays(traits), is_failure=True)


def claim_slowness(samples: Sequence[Sample], traits: Members) -> list[Claim]:
    """The traits that go with longer durations, the strongest first; failed executions are left out."""
    is_kept = np.array([not sample.has_failed for sample in samples], dtype=bool)
    new_places = np.cumsum(is_kept) - 1
    kept = {trait: new_places[places[is_kept[places]]] for trait, places in _arrays(traits).items()}
    return _claims([sample for sample in samples if not sample.has_failed], kept, is_failure=False)[0]


def _arrays(traits: Members) -> dict[Trait, Places]:
    return {trait: np.array(places, dtype=np.int64) for trait, places in traits.items()}


def _claims(samples: Sequence[Sample], traits: _Places, *, is_failure: bool) -> tuple[list[Claim], set[str]]:
    most = len(samples) - LEAST_WITH
    members = {trait: places for trait, places in traits.items() if LEAST_WITH <= len(places) <= most}
    numbers: dict[Hashable, int] = {}
    strata = np.array([numbers.setdefault(sample.stratum, len(numbers)) for sample in samples], dtype=np.int64)
    values = np.array([sample.has_failed if is_failure else sample.log_duration for sample in samples], dtype=float)
    weights = np.array([sample.weight for sample in samples], dtype=float)
    claims: list[Claim] = []
    alone: dict[Trait, float] = {}  # the p-value of what would be claimed if it were the only trait
    differing: set[str] = set()
    least = FAILING_RATIO if is_failure else SLOW_RATIO
    while members and len(claims) < MOST_CLAIMS:
        tests = _tested(strata, values, members, is_failure=is_failure)
        p_values = dict(zip(tests, corrected([test.p_value for test in tests.values()]), strict=True))
        worse = [trait for trait, test in tests.items() if p_values[trait] < CLAIMED_BELOW and test.ratio >= least]
        if not claims:
            differing = {trait.key for trait, p_value in p_values.items() if p_value < CLAIMED_BELOW}
            alone = {trait: tests[trait].p_value for trait in worse}
        if not worse:
            break
        # Of traits that the same executions have the one that says most: a value rather than that the key is there.
        best = min(worse, key=lambda trait: (tests[trait].p_value, trait.relation != "=", trait))
        having = np.zeros(len(samples), dtype=np.int64)
        having[members.pop(best)] = 1
        with_it, without_it = (_mean(values[having == has], weights[having == has]) for has in (1, 0))
        claims.append(
            Claim(
                trait=best,
                is_failure=is_failure,
                executions=int(having.sum()),
                with_it=with_it if is_failure else exp(with_it),
                without_it=without_it if is_failure else exp(without_it),
                ratio=tests[best].ratio,
                p_value=p_values[best],
            )
        )
        strata = 2 * strata + having
        members = {trait: members[trait] for trait in worse if trait in members}
    return _with_companions(claims, alone, traits), differing


def _with_companions(claims: Sequence[Claim], alone: Mapping[Trait, float], traits: _Places) -> list[Claim]:
    """Each claim with the traits of keys that are claimed nowhere: of each key the strongest, at its nearest claim."""
    found: dict[Trait, list[Trait]] = {claim.trait: [] for claim in claims}
    seen = {claim.trait.key for claim in claims}
    for trait in sorted(alone, key=lambda one: (alone[one], one.relation != "=", one)):
        if trait.key not in seen:
            seen.add(trait.key)
            overlaps = {claimed: _overlap(traits[trait], traits[claimed]) for claimed in found}
            nearest = max(overlaps, key=overlaps.__getitem__)
            if overlaps[nearest] >= COMPANION_OVERLAP:
                found[nearest].append(trait)
    return [replace(claim, companions=tuple(found[claim.trait])) for claim in claims]


def _overlap(some: Places, others: Places) -> float:
    both = len(np.intersect1d(some, others, assume_unique=True))
    return both / (len(some) + len(others) - both)


def _mean(values: Numbers, weights: Numbers) -> float:
    return float(values @ weights / weights.sum())


def _tested(
    strata: Places, values: Numbers, members: Mapping[Trait, Places], *, is_failure: bool
) -> dict[Trait, _Tested]:
    # Claims split strata in two, and most of the parts are empty: those that are not are numbered anew.
    numbers, strata = np.unique(strata, return_inverse=True)
    sums = _Sums(len(numbers), strata, values)
    found: dict[Trait, _Tested] = {}
    for trait, places in members.items():
        part = _Sums(len(numbers), strata[places], values[places])
        test = _mantel_haenszel(part, sums) if is_failure else _mean_difference(part, sums)
        if test is not None:
            found[trait] = test
    return found


class _Sums:
    """By stratum, how many executions there are, and the sums of their values and of the squares of these."""

    def __init__(self, count: int, strata: Places, values: Numbers) -> None:
        self.size = np.bincount(strata, minlength=count).astype(float)
        self.total = np.bincount(strata, weights=values, minlength=count)
        self.squares = np.bincount(strata, weights=values * values, minlength=count)


def _mantel_haenszel(part: _Sums, whole: _Sums) -> _Tested | None:
    """The p-value and the common odds ratio of failing with the trait, over all strata."""
    told = whole.size >= 2
    size, failed = whole.size[told], whole.total[told]
    having, failed_having = part.size[told], part.total[told]
    seen = float(failed_having.sum())
    expected = float((having * failed / size).sum())
    variance = float((having * (size - having) * failed * (size - failed) / (size * size * (size - 1))).sum())
    over = float((failed_having * (size - having - failed + failed_having) / size).sum())
    under = float(((having - failed_having) * (failed - failed_having) / size).sum())
    if variance <= 0 or max(seen, expected) < _LEAST_CASES:
        return None
    p_value = normal_p(max(0.0, abs(seen - expected) - 0.5) / sqrt(variance))
    if expected < 2 * _LEAST_CASES and seen > expected:
        p_value = max(p_value, min(1.0, 2 * poisson_tail(seen, expected)))
    return _Tested(p_value, over / under if under > 0 else (float("inf") if over > 0 else 1.0))


def _mean_difference(part: _Sums, whole: _Sums) -> _Tested | None:
    """The p-value, and how many times as long executions with the trait take, over all strata."""
    told = (part.size > 0) & (part.size < whole.size)
    size, having, lacking = whole.size[told], part.size[told], (whole.size - part.size)[told]
    mean_with, mean_without = part.total[told] / having, (whole.total - part.total)[told] / lacking
    weight = having * lacking / size
    score, information = float((weight * (mean_with - mean_without)).sum()), float(weight.sum())
    rest = float(np.maximum(0.0, whole.squares[told] - having * mean_with**2 - lacking * mean_without**2).sum())
    freedom = float((size - 2).sum())
    if information < _LEAST_CASES or freedom < LEAST_WITH:
        return None
    difference, variance = score / information, rest / freedom
    if variance <= 0:
        return _Tested(1.0 if difference == 0 else 0.0, exp(difference))
    return _Tested(normal_p(difference / sqrt(variance / information)), exp(difference))
