"""Differences of two sets: the intervals hold what they promise, and noise is not called a change."""

import random
from collections.abc import Callable
from math import ceil
from statistics import NormalDist

import pytest
from hypothesis import given
from hypothesis import strategies as st

from longpole.analysis.two_samples import (
    Bucket,
    Histogram,
    Sums,
    clustered,
    compare_means,
    compare_quantiles,
    compare_rates,
    find_certain,
    quantile_of,
    rank_test,
    share_below,
)
from longpole.model.buckets import duration_bucket

ROUNDS = 400


def histogram(durations: list[float], weight: float = 1.0) -> Histogram:
    found: dict[int, Bucket] = {}
    for duration in durations:
        bucket = duration_bucket(round(duration))
        old = found.get(bucket, Bucket(0, 0.0, 0.0))
        found[bucket] = Bucket(old.count + 1, old.weight + weight, old.square_weight + weight**2)
    return found


def sums(values: list[float]) -> Sums:
    return Sums(len(values), len(values), len(values), sum(values), sum(value**2 for value in values))


def lognormal(chance: random.Random, count: int, scale: float = 1e9) -> list[float]:
    return [scale * chance.lognormvariate(0, 0.8) for _ in range(count)]


def coverage(is_inside: Callable[[random.Random], bool]) -> float:
    return sum(is_inside(random.Random(seed)) for seed in range(ROUNDS)) / ROUNDS


@given(
    durations=st.lists(st.integers(1, 10**12), min_size=1, max_size=60),
    share=st.sampled_from([0.01, 0.25, 0.5, 0.9, 0.95, 0.99]),
    weight=st.sampled_from([0.1, 1.0, 7.0]),
)
def test_a_quantile_is_the_first_duration_that_enough_others_do_not_exceed(
    durations: list[int], share: float, weight: float
) -> None:
    found = quantile_of(histogram([float(one) for one in durations], weight), share)
    assert found is not None
    exact = sorted(durations)[max(0, ceil(share * len(durations) - 1e-9) - 1)]
    assert found.value == pytest.approx(exact, rel=0.0101, abs=1)
    assert found.low is None or found.low <= found.value
    assert found.high is None or found.high >= found.value


@pytest.mark.parametrize("share", [0.5, 0.95])
def test_the_interval_of_a_quantiles_change_holds_the_truth_in_95_of_100(share: float) -> None:
    true = 0.3e9 * 2.718281828 ** (0.8 * NormalDist().inv_cdf(share))

    def is_inside(chance: random.Random) -> bool:
        a, b = histogram(lognormal(chance, 300)), histogram(lognormal(chance, 300, 1.3e9))
        found = compare_quantiles(a, b, share)
        assert found.low is not None
        assert found.high is not None
        return found.low <= true <= found.high

    assert 0.92 <= coverage(is_inside) <= 1


def test_the_interval_of_a_rates_change_holds_the_truth_in_95_of_100() -> None:
    def is_inside(chance: random.Random) -> bool:
        good = [sum(chance.random() < rate for _ in range(150)) for rate in (0.97, 0.9)]
        found = compare_rates(good[0], 150, good[1], 150)
        assert found.low is not None
        assert found.high is not None
        return found.low <= -0.07 <= found.high

    assert 0.92 <= coverage(is_inside) <= 1


def test_the_interval_of_a_means_change_holds_the_truth_in_95_of_100() -> None:
    def is_inside(chance: random.Random) -> bool:
        a, b = ([chance.expovariate(1 / mean) for _ in range(200)] for mean in (10, 12))
        found = compare_means(sums(a), sums(b))
        assert found.low is not None
        assert found.high is not None
        return found.low <= 2 <= found.high

    assert 0.92 <= coverage(is_inside) <= 0.98


def test_two_sets_of_one_kind_are_rarely_called_different() -> None:
    def is_alarm(chance: random.Random) -> bool:
        a, b = histogram(lognormal(chance, 200)), histogram(lognormal(chance, 200))
        return compare_quantiles(a, b, 0.5).is_certain

    assert coverage(is_alarm) <= 0.02


def test_the_rank_test_gives_small_chances_as_rarely_as_it_says_and_finds_a_shift() -> None:
    def is_small(chance: random.Random) -> bool:
        found = rank_test(histogram(lognormal(chance, 60)), histogram(lognormal(chance, 80)))
        assert found is not None
        return found < 0.05

    def is_found(chance: random.Random) -> bool:
        found = rank_test(histogram(lognormal(chance, 300)), histogram(lognormal(chance, 300, 1.4e9)))
        assert found is not None
        return found < 0.01

    assert coverage(is_small) <= 0.08
    assert coverage(is_found) >= 0.95


def test_of_many_steps_without_a_change_none_is_called_changed() -> None:
    chance = random.Random(3)
    chances = [rank_test(histogram(lognormal(chance, 50)), histogram(lognormal(chance, 50))) for _ in range(200)]
    assert sum(find_certain(chances)) <= 1
    assert find_certain([*chances, 1e-9])[-1]
    assert find_certain([None, None]) == [False, False]


def test_timings_that_come_together_are_as_certain_as_the_executions_that_they_are_of() -> None:
    together = 10

    def in_loops(chance: random.Random) -> Histogram:
        durations: list[float] = []
        for _ in range(40):
            network = chance.lognormvariate(0, 0.8)
            durations += [1e9 * network * chance.lognormvariate(0, 0.1) for _ in range(together)]
        return histogram(durations)

    def is_alarm(chance: random.Random, factor: float) -> bool:
        found = rank_test(clustered(in_loops(chance), factor), clustered(in_loops(chance), factor))
        assert found is not None
        return found < 0.05

    assert coverage(lambda chance: is_alarm(chance, together)) <= 0.08
    assert coverage(lambda chance: is_alarm(chance, 1.0)) > 0.3
    assert rank_test(clustered(in_loops(random.Random(1)), 21), histogram([1e9] * 50)) is None


def test_too_few_are_told_to_be_too_few() -> None:
    few = histogram([1e9] * 19)
    many = histogram([1e9] * 100)
    found = compare_quantiles(few, many, 0.5)
    assert (found.change, found.low, found.is_certain) == (None, None, False)
    assert rank_test(few, many) is None
    assert share_below(few, 5) is None
    assert compare_quantiles({}, many, 0.5).a is None
    assert compare_means(sums([]), sums([1.0])).a is None
    assert compare_rates(0, 0, 5, 100).a is None


def test_the_end_of_an_interval_that_nothing_supports_is_unknown() -> None:
    found = quantile_of(histogram(lognormal(random.Random(1), 30)), 0.95)
    assert found is not None
    assert found.low is not None
    assert found.high is None


def test_sampled_timings_count_for_those_that_they_stand_for_and_are_no_more_certain() -> None:
    chance = random.Random(2)
    durations = lognormal(chance, 200)
    once, tenfold = (quantile_of(histogram(durations, weight), 0.5) for weight in (1.0, 10.0))
    assert once == tenfold


def test_the_share_below_counts_those_as_long_half() -> None:
    found = histogram([1e9] * 50 + [2e9] * 50)
    assert share_below(found, duration_bucket(1_000_000_000)) == 0.25
    assert share_below(found, duration_bucket(5_000_000_000)) == 1.0
