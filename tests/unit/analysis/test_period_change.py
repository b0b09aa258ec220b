"""A period is compared with the one before by how much its slices scatter."""

import random

from longpole.analysis.period_change import judge_mean, judge_quantile, judge_rate, judge_together, judge_total
from longpole.analysis.significance import Cell


def rates(chance: random.Random, rate: float) -> list[Cell]:
    failed = [sum(chance.random() < rate for _ in range(100)) for _ in range(7)]
    return [Cell(100, 100, 100, cases, cases) for cases in failed]


def buckets(chance: random.Random, shift: int) -> list[dict[int, tuple[int, float, float]]]:
    slices: list[dict[int, tuple[int, float, float]]] = []
    for _ in range(7):
        found: dict[int, tuple[int, float, float]] = {}
        for _ in range(200):
            bucket = 1000 + shift + int(chance.gauss(0, 40))
            count, weight, squares = found.get(bucket, (0, 0.0, 0.0))
            found[bucket] = count + 1, weight + 1, squares + 1
        slices.append(found)
    return slices


def test_a_changed_rate_is_seen_and_an_equal_one_is_not() -> None:
    chance = random.Random(1)
    changed, equal = (
        judge_rate(rates(chance, 0.9), rates(chance, 0.97)),
        judge_rate(rates(chance, 0.9), rates(chance, 0.9)),
    )
    assert changed is not None
    assert changed.p_value < 0.01
    assert equal is not None
    assert equal.p_value > 0.05


def test_quantiles_that_moved_are_seen() -> None:
    chance = random.Random(2)
    for share in (0.5, 0.95):
        moved = judge_quantile(buckets(chance, 25), buckets(chance, 0), share)
        stayed = judge_quantile(buckets(chance, 0), buckets(chance, 0), share)
        assert moved is not None
        assert moved < 0.001
        assert stayed is not None
        assert stayed > 0.01


def test_sums_are_compared_slice_by_slice() -> None:
    assert (judge_total([9, 11, 10, 12, 9, 3, 2], [4, 5, 6, 6, 4, 1, 1]) or 1) < 0.01
    assert (judge_total([9, 11, 10, 12, 9, 3, 2], [11, 9, 12, 10, 8, 4, 1]) or 0) > 0.3
    assert judge_total([1, 2], [3, 4]) is None


def test_periods_of_few_slices_tell_nothing() -> None:
    few = [Cell(50, 50, 50, 40, 40)] * 2
    assert judge_rate(few, [Cell(50, 50, 50, 5, 5)] * 7) is None
    assert judge_mean(few, few) is None
    assert judge_quantile([{}] * 7, [{}] * 7, 0.5) is None


def test_several_figures_are_judged_together() -> None:
    found = judge_together({"a": 0.01, "b": None, "c": 0.5})
    assert found == {"a": 0.02, "b": None, "c": 0.5}
