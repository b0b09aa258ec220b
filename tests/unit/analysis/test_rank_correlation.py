"""Series that rise together are told apart from those that do not. Expected values are those of SciPy 1.16."""

import random

import pytest

from longpole.analysis.rank_correlation import chance_of_larger, correlate_ranks


def test_the_correlation_is_that_of_the_books_with_ties_as_well() -> None:
    chance = random.Random(2)
    first = [chance.randrange(20) for _ in range(200)]
    second = [one + chance.randrange(30) for one in first]
    found = correlate_ranks(first, second)
    assert found is not None
    assert found.value == pytest.approx(0.5224071607853255)
    assert found.p_value == pytest.approx(2.121864747778e-15, rel=1e-5)


def test_constant_and_short_series_have_no_correlation() -> None:
    assert correlate_ranks([1.0] * 30, list(range(30))) is None
    assert correlate_ranks([1, 2, 3], [1, 2, 3]) is None


def test_the_same_order_is_one() -> None:
    found = correlate_ranks(list(range(30)), list(range(30)))
    assert found is not None
    assert (found.value, found.p_value) == (pytest.approx(1.0), pytest.approx(0.0, abs=1e-9))


def test_the_larger_group_is_that_of_the_books() -> None:
    chance = random.Random(3)
    ours, theirs = [chance.randrange(5, 25) for _ in range(60)], [chance.randrange(20) for _ in range(80)]
    found = chance_of_larger({v: float(ours.count(v)) for v in ours}, {v: float(theirs.count(v)) for v in theirs})
    assert found is not None
    assert found.value == pytest.approx(0.5202083333333334)
    assert found.p_value == pytest.approx(1.4122158463947e-07, rel=1e-6)
    assert chance_of_larger({1: 3.0}, {1: 50.0}) is None
