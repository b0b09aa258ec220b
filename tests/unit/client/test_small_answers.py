"""Answers that a model can afford to read."""

import msgspec
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Struct

from longpole.client.small_answers import small


class Part(Struct):
    name: str
    self_ns: int | None
    trace_id: str = "t"


class Whole(Struct):
    message: str
    parts: list[Part]
    shares_ns: dict[str, int]
    others: list[str]


def test_times_are_words_and_what_is_unknown_is_left_out() -> None:
    whole = Whole("slow", [Part("plan", 4_112_000_000), Part("rest", None)], {"llm": 250_000_000}, [])

    assert small(whole, without=["trace_id"]) == {
        "message": "slow",
        "parts": [{"name": "plan", "self": "4.11 s"}, {"name": "rest"}],
        "shares": {"llm": "250 ms"},
        "others": [],
    }


def test_a_list_that_was_cut_says_how_many_more_there_are() -> None:
    parts = small(Whole("", [Part(str(n), n) for n in range(1234)], {}, []))["parts"]

    assert parts[-1] == f"… and {1234 - len(parts) + 1:,} more"


@given(st.lists(st.builds(Part, st.text(max_size=3000), st.integers(0, 10**12)), max_size=80))
def test_whatever_comes_it_stays_small(parts: list[Part]) -> None:
    found = small(Whole("m" * 5000, parts, {}, []), most=4000)

    assert len(msgspec.json.encode(found)) <= 4000
