"""Errors that are alike get one message; what came before a failure and what healed it is seen in the steps."""

import pytest
from msgspec.structs import replace

from longpole.analysis.failures import MESSAGE_LIMIT, Beat, look_around, normalise_message


@pytest.mark.parametrize(
    ("one", "other", "normalised"),
    [
        ("order 4711 not found", "order 9 not found", "order <n> not found"),
        ("no user 'ann'", "no user 'bob smith'", "no user <text>"),
        ("12.5 s on http://a.b:80/x?y=1", "30 s on https://c/z", "<n> s on <url>"),
        ("550e8400-e29b-41d4-a716-446655440000 gone", "650e8400-e29b-41d4-a716-446655440011 gone", "<id> gone"),
        ("at 0x7f1b2c", "at 0xAA01", "at <id>"),
        ("cannot open /srv/app/one.json", "cannot open /home/x/two.json", "cannot open <path>"),
        ("mail to a.b@example.org failed", "mail to c@example.com failed", "mail to <email> failed"),
        ("broken\nat line 3", "broken\nat line 4", "broken"),
    ],
)  # fmt: skip
def test_messages_that_differ_in_names_and_numbers_are_one(one: str, other: str, normalised: str) -> None:
    assert normalise_message(one) == normalise_message(other) == normalised


@pytest.mark.parametrize("message", ["it doesn't work and can't", "decade facade failed", "read/write conflict"])
def test_plain_words_stay(message: str) -> None:
    assert normalise_message(message) == message


def test_a_message_of_many_megabytes_is_cut_before_it_is_read() -> None:
    assert len(normalise_message("word " * 1_000_000)) == MESSAGE_LIMIT


def beat(name: str, start: int, *, status: str = "success", parent: str = "top", end: int | None = None) -> Beat:
    return Beat(f"{name} {start}", parent, "e", name, status, start, start + 5 if end is None else end)


def test_the_steps_before_a_failure_are_named_in_order_without_those_around_it() -> None:
    steps = [
        beat("plan", 0), beat("search", 10), beat("read", 20), beat("write", 30, end=99),
        beat("ask", 40, parent="write 30"), beat("save", 50, status="failed", parent="write 30"), beat("later", 60),
    ]  # fmt: skip
    around = look_around(steps, "save 50", "e", 50)
    assert around.before == ("search", "read", "ask")
    assert not around.is_retried


def test_a_later_success_of_the_same_step_at_the_same_place_is_a_retry() -> None:
    failed = beat("save", 50, status="failed")
    assert look_around([failed, beat("save", 60)], "save 50", "e", 50).is_retried
    assert not look_around([failed, beat("save", 60, status="failed")], "save 50", "e", 50).is_retried
    assert not look_around([failed, beat("save", 60, parent="elsewhere")], "save 50", "e", 50).is_retried
    assert not look_around([beat("save", 40), failed], "save 50", "e", 50).is_retried


def test_another_call_of_the_same_name_is_no_retry() -> None:
    failed = replace(beat("ask", 50, status="failed"), argument_hash="a")
    assert not look_around([failed, replace(beat("ask", 60), argument_hash="b")], "ask 50", "e", 50).is_retried
    later = [beat("plan", 60), replace(beat("ask", 70), argument_hash="a")]
    assert look_around([failed, *later], "ask 50", "e", 50).is_retried
    unknown = beat("ask", 50, status="failed")
    assert not look_around([unknown, beat("plan", 60), beat("ask", 70)], "ask 50", "e", 50).is_retried
    again = beat("ask", 60, status="failed")
    assert look_around([unknown, again, beat("ask", 70)], "ask 50", "e", 50).is_retried


def test_parents_in_a_ring_end() -> None:
    ring = [beat("a", 0, parent="b 1"), beat("b", 1, parent="a 0", status="failed")]
    assert look_around(ring, "b 1", "e", 1).before == ()


def test_a_failure_of_the_execution_itself_has_what_ended_before_it() -> None:
    assert look_around([beat("plan", 0), beat("read", 10)], "", "e", 90).before == ("plan", "read")
