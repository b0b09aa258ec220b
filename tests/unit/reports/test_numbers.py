"""Numbers as people read them, at the edges where they are usually wrong."""

import doctest

import pytest
from hypothesis import given
from hypothesis import strategies as some

from longpole.reports import numbers
from longpole.reports.numbers import cost_text, duration_text, share_text, share_texts


def test_the_examples_in_the_docstrings_hold() -> None:
    assert doctest.testmod(numbers).failed == 0


@pytest.mark.parametrize(
    ("duration_ns", "text"),
    [
        (0, "0 s"),
        (999_400, "999 µs"),
        (999_500, "1 ms"),
        (999_499_999, "999 ms"),
        (999_500_000, "1.00 s"),
        (9_995_000_000, "10.0 s"),
        (99_949_000_000, "99.9 s"),
        (99_950_000_000, "1 min 40 s"),
        (3_599_600_000_000, "1 h"),
        (-2_400_000_000, "−2.40 s"),
    ],
)
def test_rounding_never_prints_a_unit_too_long(duration_ns: int, text: str) -> None:
    assert duration_text(duration_ns).replace("\u202f", " ") == text


@pytest.mark.parametrize(
    ("cost_usd", "text"), [(1234.5, "$1,234.50"), (0.0995, "$0.100"), (0.0042, "$0.0042"), (0.012345, "$0.012")]
)
def test_a_small_cost_keeps_two_figures(cost_usd: float, text: str) -> None:
    assert cost_text(cost_usd) == text


def test_nearly_all_is_not_all() -> None:
    assert share_text(0.9999).startswith("99.9")
    assert share_text(0.00001).startswith("0.1")


@given(some.dictionaries(some.text(max_size=3), some.integers(1, 10**12), min_size=1, max_size=12))
def test_shares_sum_to_exactly_one_hundred(parts: dict[str, int]) -> None:
    tenths = [int(text.split("\u202f")[0].replace(".", "")) for text in share_texts(parts).values()]
    assert sum(tenths) == 1000
