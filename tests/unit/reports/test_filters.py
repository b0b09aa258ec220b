"""Filters as users write them: what is taken, and what the message says when it is not."""

import pytest

from longpole.model.errors import InvalidInput
from longpole.reports.filter_values import LATEST_NS, read_duration_ns, read_scope
from longpole.reports.filters import Place, read_execution_filters, write_cursor


def test_without_filters_everything_stored_is_meant_newest_first() -> None:
    filters = read_execution_filters([])
    assert (filters.from_ns, filters.to_ns) == (0, LATEST_NS)
    assert (filters.sort, filters.is_descending, filters.limit) == ("started", True, 50)


def test_an_unknown_filter_is_answered_with_the_nearest_one() -> None:
    with pytest.raises(InvalidInput, match="Did you mean 'session'"):
        read_execution_filters([("sesion", "1")])


def test_an_empty_filter_filters_nothing() -> None:
    assert read_execution_filters([("agent", "")]).agent is None


def test_statuses_come_repeated_or_with_commas() -> None:
    filters = read_execution_filters([("status", "failed,timeout"), ("status", "crashed")])
    assert filters.statuses == ("failed", "timeout", "crashed")


def test_a_filter_given_twice_is_refused_because_only_one_would_count() -> None:
    with pytest.raises(InvalidInput, match="'agent' was given 2 times"):
        read_execution_filters([("agent", "a"), ("agent", "b")])


@pytest.mark.parametrize(
    ("name", "text", "expected_ns"),
    [
        ("min_duration", "1.5s", 1_500_000_000),
        ("min_duration", "2 min", 120_000_000_000),
        ("min_duration_ns", "17", 17),
        ("min_duration_ms", "2.5", 2_500_000),
    ],
)
def test_a_least_duration_has_a_unit(name: str, text: str, expected_ns: int) -> None:
    assert read_execution_filters([(name, text)]).min_duration_ns == expected_ns


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("limit", "0"),
        ("limit", "1001"),
        ("limit", "ten"),
        ("limit", "9" * 5000),
        ("cursor", "nonsense"),
        ("cursor", "ä"),
        ("from", "yesterday"),
        ("to", "2026-13-01"),
        ("status", "done"),
        ("sort", "speed"),
        ("order", "up"),
        ("attribute", "tenant"),
        ("min_duration", "12"),
        ("min_duration", "9" * 400 + "s"),
        ("min_duration_ns", "-1"),
    ],
)
def test_a_value_that_cannot_be_read_is_named_in_the_message(name: str, text: str) -> None:
    with pytest.raises(InvalidInput, match=rf"'{name}' is .*Expected .*\."):
        read_execution_filters([(name, text)])


def test_a_plus_sign_that_arrived_as_a_space_is_a_time_zone_still() -> None:
    pairs = [("from", "2026-11-21T02:00:00 02:00")]
    assert read_scope(pairs) == read_scope([("from", "2026-11-21T00:00:00Z")])


def test_a_range_that_ends_before_it_begins_is_refused() -> None:
    with pytest.raises(InvalidInput, match="a time after 'from'"):
        read_scope([("from", "2026-11-21"), ("to", "2026-11-20")])


def test_a_cursor_of_another_sort_is_refused() -> None:
    place = Place(
        sort="duration",
        is_descending=True,
        number=5,
        text=None,
        execution_id="e",
        trace_id="t",
        span_id="s",
        workspace="w",
    )
    cursor = write_cursor(place)
    assert read_execution_filters([("sort", "duration"), ("cursor", cursor)]).after == place
    with pytest.raises(InvalidInput, match="sorted by duration desc, this one is sorted by started"):
        read_execution_filters([("cursor", cursor)])


@pytest.mark.parametrize(("text", "seconds"), [("90s", 90), ("1.5h", 5400), ("7d", 604_800), ("2w", 1_209_600)])
def test_a_duration_may_be_days_and_weeks(text: str, seconds: int) -> None:
    assert read_duration_ns("since", text) == seconds * 10**9
