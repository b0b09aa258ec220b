"""Points in time as text and back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from longpole.model.clock import from_rfc3339, steady_ns, to_rfc3339

YEAR_9999_NS = 253_402_300_799 * 1_000_000_000


@given(st.integers(0, YEAR_9999_NS))
def test_a_time_survives_as_text_to_the_microsecond(time_ns: int) -> None:
    assert from_rfc3339(to_rfc3339(time_ns)) == time_ns // 1000 * 1000


@given(st.integers(0, YEAR_9999_NS), st.integers(0, YEAR_9999_NS))
def test_texts_sort_as_their_times_do(one: int, other: int) -> None:
    assert (to_rfc3339(one) < to_rfc3339(other)) == (one // 1000 < other // 1000)


@pytest.mark.parametrize(
    ("text", "time_ns"),
    [
        ("1970-01-01T00:00:01Z", 1_000_000_000),
        ("1970-01-01T01:00:01+01:00", 1_000_000_000),
        ("1970-01-01T00:00:01", 1_000_000_000),
        ("1970-01-01", 0),
    ],
)
def test_zones_are_followed_and_a_time_without_one_is_utc(text: str, time_ns: int) -> None:
    assert from_rfc3339(text) == time_ns


def test_the_clock_of_durations_never_runs_backwards() -> None:
    readings = [steady_ns() for _ in range(1000)]
    assert readings == sorted(readings)
