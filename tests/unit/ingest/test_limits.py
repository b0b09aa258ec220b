"""The rules for ids, times and sizes, each on its own."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from longpole.ingest.limits import (
    MAX_TIME_NS,
    MAX_VALUE_CHARS,
    TRUNCATED,
    Checked,
    Rejected,
    event_time,
    explain,
    is_span_id,
    log_time,
    parent_of,
    parent_warning,
    shorten,
    span_fault,
    trim,
    workspace_of,
)
from longpole.ingest.log_levels import level_of

TRACE, SPAN = "0a" * 16, "0b" * 8


@given(st.integers(-(2**70), 2**70), st.integers(-(2**70), 2**70), st.booleans())
def test_times_are_taken_exactly_when_they_fit_and_are_in_order(started_ns: int, ended_ns: int, is_open: bool) -> None:
    fits = 0 < started_ns <= MAX_TIME_NS and (started_ns <= ended_ns <= MAX_TIME_NS or (ended_ns == 0 and is_open))
    assert (span_fault(TRACE, SPAN, started_ns, ended_ns, is_open) is None) == fits


@given(st.text(max_size=40))
def test_no_text_but_hexadecimal_of_the_right_length_is_an_id(text: str) -> None:
    is_id = len(text) == 16 and all(letter in "0123456789abcdefABCDEF" for letter in text) and text.strip("0") != ""
    assert is_span_id(text) == is_id


@pytest.mark.parametrize("text", ["0b" * 7 + " b", "0b 0b 0b 0b 0b 0", "٠" * 16, "0x" + "0b" * 7, "0b" * 8 + "\n"])
def test_what_python_would_read_as_hexadecimal_is_not_always_an_id(text: str) -> None:
    assert not is_span_id(text)


@pytest.mark.parametrize(
    ("parent", "taken"), [("0c" * 8, "0c" * 8), ("", None), ("0" * 16, None), (SPAN, None), ("0c" * 7, None)]
)
def test_a_parent_is_a_span_id_that_is_not_ones_own(parent: str, taken: str | None) -> None:
    assert parent_of(parent, SPAN) == taken


def test_only_an_impossible_parent_is_told_to_the_sender() -> None:
    assert parent_warning("", SPAN) is parent_warning("0" * 16, SPAN) is parent_warning("0c" * 8, SPAN) is None
    assert "'0c0c'" in str(parent_warning("0c0c", SPAN))


def test_an_events_time_that_cannot_be_is_its_spans_start() -> None:
    assert [event_time(time, 7) for time in (0, -1, 2**63, 9)] == [7, 7, 7, 9]
    assert [log_time(*times, 7) for times in ((9, 8), (0, 8), (2**63, 0))] == [9, 8, 7]


def test_a_short_value_is_left_as_it_is_and_a_long_one_named() -> None:
    attributes = {"short": "x", "long": "y" * (MAX_VALUE_CHARS + 1), "nested": [{"k": "z" * MAX_VALUE_CHARS}], "n": 1}
    trim(attributes)
    assert (attributes["short"], attributes["n"]) == ("x", 1)
    assert len(attributes["long"]) == MAX_VALUE_CHARS
    assert attributes["nested"] == f"(a value of {MAX_VALUE_CHARS + 2} characters was not kept)"
    assert [note.partition(":")[0] for note in attributes[TRUNCATED]] == ["long", "nested"]


def test_a_shortened_text_keeps_the_limit_and_has_no_nul() -> None:
    assert shorten("ab\0", 10) == "ab\ufffd"
    assert shorten("abcdef", 4) == "abc…"


def test_a_message_names_the_first_and_counts_the_rest() -> None:
    rejected = [Rejected(number, SPAN, "name", "rule", "its reason") for number in range(30)]
    message = explain(Checked(30, rejected, ["a warning"]))
    assert message.startswith(f"'name' (number 0, id {SPAN}): its reason; ")
    assert message.endswith("; and 21 more")
    assert explain(Checked(5, [], [])) == ""


def test_a_workspace_that_is_no_text_is_the_default_one() -> None:
    assert [workspace_of({"w": value}, None, "w") for value in ("ours", "", 5, None)] == ["ours", *["default"] * 3]


@pytest.mark.parametrize(
    ("number", "text", "level"),
    [(9, "", "info"), (24, "x", "fatal"), (0, "WARN", "warning"), (0, "what", None), (99, "", None)],
)
def test_a_level_is_read_from_number_or_text(number: int, text: str, level: str | None) -> None:
    assert level_of(number, text) == level
