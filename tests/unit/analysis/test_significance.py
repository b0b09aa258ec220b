"""Differences that are more than noise are told apart from those that are not."""

import random

import pytest

from longpole.analysis.significance import (
    Cell,
    compare_values,
    contrast,
    corrected,
    poisson_tail,
    pool,
    student_p,
)


def rate_cell(cases: int, size: int) -> Cell:
    return Cell(size, size, size, cases, cases)


def drawn(chance: random.Random, rate: float, size: int, cells: int, spread: float = 0.0) -> list[Cell]:
    """Cells whose rates scatter around one rate by so much of it."""
    found: list[Cell] = []
    for _ in range(cells):
        own = min(1.0, max(0.0, rate * (1 + spread * chance.gauss(0, 1))))
        found.append(rate_cell(sum(chance.random() < own for _ in range(size)), size))
    return found


# Expected values are those of SciPy 1.16 (scipy.stats: t, poisson, false_discovery_control).
@pytest.mark.parametrize(
    ("freedom", "score", "p_value"),
    [
        (1, 0.1, 0.93654897), (1, 2.5, 0.24223788), (1, 6.0, 0.10513691), (2, 2.5, 0.12961172),
        (6, 2.5, 0.046528232), (6, 6.0, 0.00096453519), (30, 2.5, 0.018115649), (30, 6.0, 1.3942769e-06),
        (200, 0.1, 0.92044449), (200, 6.0, 9.1151203e-09),
    ],
)  # fmt: skip
def test_the_t_distribution_is_that_of_the_books(freedom: int, score: float, p_value: float) -> None:
    assert student_p(score, freedom) == pytest.approx(p_value, rel=1e-6)
    assert student_p(-score, freedom) == student_p(score, freedom)


def test_the_tail_of_few_cases_is_that_of_the_books() -> None:
    found = [poisson_tail(seen, expected) for seen, expected in ((3, 0.4), (1, 2.0), (12, 9.5))]
    assert found == pytest.approx([0.007926331867, 0.8646647168, 0.2480103904], rel=1e-9)


def test_the_correction_for_many_tests_is_that_of_the_books() -> None:
    found = corrected([0.001, 0.04, 0.03, 0.2, 0.9, 0.012])
    assert found == pytest.approx([0.006, 0.06, 0.06, 0.24, 0.9, 0.036])
    assert corrected([]) == []


def test_groups_that_are_alike_are_rarely_called_different_even_where_cells_scatter() -> None:
    chance = random.Random(5)
    for spread in (0.0, 0.8):
        p_values = [
            found.p_value
            for _ in range(300)
            if (found := contrast(drawn(chance, 0.1, 40, 7, spread), drawn(chance, 0.1, 40, 30, spread), is_rate=True))
        ]
        assert len(p_values) == 300
        assert sum(p < 0.01 for p in p_values) <= 12


def test_a_difference_is_found_with_its_size() -> None:
    chance = random.Random(6)
    found = contrast(drawn(chance, 0.25, 40, 7, 0.3), drawn(chance, 0.05, 40, 30, 0.3), is_rate=True)
    assert found is not None
    assert found.p_value < 1e-6
    assert found.difference == pytest.approx(0.2, abs=0.06)


def test_one_day_with_an_outage_makes_no_bad_hour() -> None:
    ours = [rate_cell(2, 50)] * 6 + [rate_cell(50, 50)]
    theirs = [rate_cell(2, 50)] * 60
    found = contrast(ours, theirs, is_rate=True)
    assert found is not None
    assert found.difference > 0.1
    assert found.p_value > 0.1


def test_a_bad_hour_is_found_although_one_of_its_days_had_an_outage_too() -> None:
    ours = [rate_cell(15, 50)] * 6 + [rate_cell(50, 50)]
    found = contrast(ours, [rate_cell(2, 50)] * 60, is_rate=True)
    assert found is not None
    assert found.p_value < 1e-6


def test_outages_elsewhere_do_not_hide_a_bad_hour() -> None:
    chance = random.Random(7)
    theirs = [*drawn(chance, 0.05, 25, 300), *[rate_cell(20, 25)] * 6]
    found = contrast(drawn(chance, 0.15, 25, 14), theirs, is_rate=True)
    assert found is not None
    assert found.p_value < 1e-5


def test_too_few_values_give_no_answer() -> None:
    assert contrast([rate_cell(9, 10)], [rate_cell(1, 100)] * 9, is_rate=True) is None
    assert contrast([rate_cell(9, 100)], [rate_cell(1, 100)] * 2, is_rate=True) is None
    assert contrast([], [rate_cell(1, 100)] * 9) is None


def test_few_expected_cases_are_not_judged_by_the_bell_curve() -> None:
    found = contrast([rate_cell(3, 30)], [rate_cell(1, 100)] * 20, is_rate=True)
    assert found is not None
    assert found.p_value == pytest.approx(0.007198986366, rel=1e-6)


def test_weights_count_as_what_they_tell_not_as_what_they_stand_for() -> None:
    equal = Cell(100, 1000.0, 10_000.0, 500.0, 500.0)
    assert equal.size == pytest.approx(100)
    one_heavy = pool([Cell(99, 99.0, 99.0, 9.0, 9.0), Cell(1, 100.0, 10_000.0, 100.0, 100.0)])
    assert one_heavy.size < 4
    assert one_heavy.mean == pytest.approx(109 / 199)


def test_values_of_two_groups_are_told_apart_by_the_t_distribution() -> None:
    # Student's own data: hours of sleep gained by ten people with each of two drugs; t is -1.8608 with 18 degrees.
    first = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0]
    second = [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4]
    found = compare_values(first, second)
    assert found is not None
    assert found.difference == pytest.approx(-1.58)
    assert found.p_value == pytest.approx(0.07919, abs=1e-5)
    assert (found.low, found.high) == (pytest.approx(-3.36387, abs=1e-4), pytest.approx(0.20387, abs=1e-4))
    assert compare_values([1.0], [1.0, 1.0, 1.0]) is None
    assert compare_values([], [1.0] * 9) is None
    same = compare_values([2.0], [1.0] * 4)
    assert same is not None
    assert (same.difference, same.p_value) == (1.0, 0.0)
