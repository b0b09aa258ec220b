"""The W3C header in and out."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from longpole.wire.traceparent import Traceparent, format_traceparent, parse_traceparent

GOOD = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


@given(st.integers(1, 2**128 - 1), st.integers(1, 2**64 - 1), st.booleans())
def test_what_is_written_is_read(trace: int, span: int, is_sampled: bool) -> None:
    place = Traceparent(f"{trace:032x}", f"{span:016x}", is_sampled)
    assert parse_traceparent(format_traceparent(place)) == place


@pytest.mark.parametrize(
    "header",
    [
        "",
        "nonsense",
        GOOD + "-more",
        GOOD.replace("00-", "ff-", 1),
        GOOD.upper(),
        GOOD.replace("0af7651916cd43dd8448eb211c80319c", "0" * 32),
        GOOD.replace("b7ad6b7169203331", "0" * 16),
        GOOD[:-1],
    ],
)
def test_a_broken_header_is_no_place(header: str) -> None:
    assert parse_traceparent(header) is None


def test_a_later_version_may_say_more() -> None:
    assert parse_traceparent("cc" + GOOD[2:] + "-what-the-future-brings") == parse_traceparent(GOOD)
