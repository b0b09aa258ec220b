"""Listeners hear the latest of everything, and nothing is made for nobody."""

import asyncio
import json
from itertools import pairwise
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

import longpole
from longpole.remedies import Notifier, estimated_bytes
from unit.record.conftest import Recorded
from virtual_time import run_virtually

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**12), 10**12)
    | st.text(st.characters(min_codepoint=32, max_codepoint=126)),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=8), inner, max_size=5),
    max_leaves=30,
)  # fmt: skip


class Listener:
    """Keeps what it hears, with the time."""

    def __init__(self, seconds: float = 0.0, fails_at: int | None = None) -> None:
        self.heard: list[tuple[float, Any]] = []
        self._seconds, self._fails_at = seconds, fails_at

    async def send(self, message: dict[str, Any]) -> None:
        await asyncio.sleep(self._seconds)
        if len(self.heard) == self._fails_at:
            raise ConnectionError("gone")
        self.heard.append((asyncio.get_running_loop().time(), message))


@given(st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 30)), max_size=30))
def test_the_last_message_of_every_key_arrives_and_none_comes_after_a_later_one(told: list[tuple[str, int]]):
    listener = Listener()

    async def program() -> None:
        async with Notifier(interval_s=5) as notifier:
            notifier.listen(listener.send)
            for number, (key, pause) in enumerate(told):
                notifier.tell(key, number)
                await asyncio.sleep(pause)

    run_virtually(program())
    for key in {key for key, _ in told}:
        heard = [message["message"] for _, message in listener.heard if message["key"] == key]
        sent = [number for number, (each, _) in enumerate(told) if each == key]
        assert heard == sorted(heard)
        assert heard[-1] == sent[-1]
    times = sorted({time for time, _ in listener.heard})
    assert all(later - earlier >= 5 for earlier, later in pairwise(times[:-1]))


def test_a_thousand_changes_are_a_few_messages():
    listener = Listener()

    async def program() -> Notifier:
        async with Notifier(interval_s=0.1) as notifier:
            notifier.listen(listener.send)
            for done in range(1000):
                notifier.tell("progress", {"done": done})
                await asyncio.sleep(0.001)
        return notifier

    notifier = run_virtually(program())
    assert len(listener.heard) <= 12
    assert listener.heard[0][0] == 0  # the first goes at once
    assert listener.heard[-1][1] == {"key": "progress", "message": {"done": 999}}
    assert notifier.figures.sent + notifier.figures.replaced == notifier.figures.told == 1000


def test_a_message_is_not_even_made_while_nobody_listens():
    made = list[int]()

    async def program() -> None:
        async with Notifier() as notifier:
            notifier.tell("state", lambda: made.append(1))
            assert (notifier.is_heard, notifier.figures.unheard) == (False, 1)
            stop = notifier.listen(Listener().send)
            notifier.tell("state", lambda: made.append(2))
            stop()
            notifier.tell("state", lambda: made.append(3))

    run_virtually(program())
    assert made == [2]


def test_a_listener_that_is_slow_or_gone_does_not_hold_up_the_others():
    good, slow, gone = Listener(), Listener(seconds=100), Listener(fails_at=1)

    async def program() -> Notifier:
        async with Notifier(interval_s=1) as notifier:
            for each in (good, slow, gone):
                notifier.listen(each.send)
            for number in range(10):
                notifier.tell("state", number)
                await asyncio.sleep(2)
        return notifier

    notifier = run_virtually(program())
    assert [message["message"] for _, message in good.heard] == list(range(10))
    assert (len(slow.heard), len(gone.heard), notifier.figures.failed) == (0, 1, 2)


def test_what_is_too_big_goes_without_its_content():
    listener = Listener()

    async def program() -> None:
        async with Notifier(most_bytes=1000) as notifier:
            notifier.listen(listener.send)
            notifier.tell("page", {"text": "x" * 5000})

    run_virtually(program())
    [(_, message)] = listener.heard
    assert (message["key"], message["is_too_big"]) == ("page", True)
    assert 2500 <= message["bytes"] <= 10_000


@given(JSON)
def test_the_size_is_estimated_between_half_and_twice_of_what_it_is(value: Any):
    size = len(json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode())
    escapes = json.dumps(value).count("\\")
    assert (size - escapes) / 2 - 2 <= estimated_bytes(value) <= 2 * size + 8


def test_a_long_list_is_estimated_from_its_beginning():
    value = [{"name": "Lisbon", "inhabitants": 550_000}] * 100_000
    assert 0.5 < estimated_bytes(value) / len(json.dumps(value)) < 2


def test_the_execution_is_told_how_many_were_sent(recorded: Recorded):
    @longpole.agent
    async def lead() -> None:
        async with Notifier(interval_s=10) as notifier:
            notifier.listen(Listener().send)
            for number in range(50):
                notifier.tell("state", number)

    run_virtually(lead())
    told = recorded.span("notify").attributes
    assert recorded.parent_of("notify") == "lead"
    assert told["longpole.notify.told"] == 50
    assert told["longpole.notify.sent"] == 1
