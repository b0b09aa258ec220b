"""Which stretches of a period are looked at: about as many rows as wanted, of all hours of the day."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from longpole.model.clock import DAY_NS
from longpole.reports.filter_values import Scope
from longpole.reports.period import Period, stretches_of


def period(length_ns: int) -> Period:
    return Period(scope=Scope(from_ns=1000, to_ns=1000 + length_ns))


@given(length_ns=st.integers(10**9, 400 * DAY_NS), rows=st.integers(0, 10**9), most=st.integers(1, 10**6))
def test_stretches_are_a_power_of_two_apart_and_tell_their_share(length_ns: int, rows: int, most: int) -> None:
    found = stretches_of(period(length_ns), rows, most)
    assert found.every_ns & (found.every_ns - 1) == 0
    assert 61 <= length_ns / found.every_ns < 123
    if rows <= most:
        assert (found.part_ns, found.share) == (found.every_ns, 1.0)
        return
    starts = range(0, length_ns, found.every_ns)
    looked_ns = sum(min(found.part_ns, length_ns - start_ns) for start_ns in starts)
    assert found.share == pytest.approx(looked_ns / length_ns)
    assert found.share <= 1
    if found.part_ns > 1:
        assert found.share == pytest.approx(most / rows, rel=0.02, abs=1e-6)


@pytest.mark.parametrize("days", [3, 7, 14, 30, 60, 90, 365])
def test_stretches_of_some_days_are_of_all_hours(days: int) -> None:
    found = stretches_of(period(days * DAY_NS), 10**8, 10**6)
    hours = {start_ns % DAY_NS * 24 // DAY_NS for start_ns in range(0, days * DAY_NS, found.every_ns)}
    assert hours == set(range(24))
