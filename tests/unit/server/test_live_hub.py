"""The live hub: only news is told, newest state wins, slow clients lose frames and hold nobody, a drop is resumed."""

import asyncio
import gc
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from itertools import pairwise
from typing import Any

import pytest
from msgspec.structs import replace

from contract.rows import WORKSPACE, joined, trace
from longpole.model.batch import Batch
from longpole.reports.live_views import LiveEvent
from longpole.server import live_channel, live_hub
from longpole.server.live_channel import MOST_WAITING, Waiting, Watch
from longpole.server.live_events import Happening
from longpole.server.live_hub import Hub
from longpole.server.live_news import News

DEADLINE_S = 10.0


class Reader:
    """A client that takes what it is sent, or is busy for as long as a test says."""

    def __init__(self) -> None:
        self.is_busy = False
        self.frames: list[dict[str, Any]] = []

    def send(self, text: str) -> None:
        self.frames.append(json.loads(text))

    @property
    def events(self) -> list[dict[str, Any]]:
        return [event for frame in self.frames for event in frame["events"]]

    def kinds(self) -> list[str]:
        return [event["kind"] for event in self.events]


def opened(number: int, *, ended_steps: int = 0, workspace: str = WORKSPACE) -> Batch:
    """The trace of this number while it runs: so many of its steps have ended, the next one is open."""
    batch = trace(number, workspace=workspace)
    execution = replace(batch.executions[0], ended_ns=None, duration_ns=None, status="running")
    steps = [
        step if place < ended_steps else replace(step, ended_ns=None, duration_ns=None, status="running")
        for place, step in enumerate(batch.steps[: ended_steps + 1])
    ]
    return Batch(executions=[execution], steps=steps)


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(DEADLINE_S):
        async for _ in turns():
            if condition():
                return


async def turns() -> AsyncIterator[None]:
    """Turns of the event loop, in which others have theirs."""
    while True:
        yield
        await asyncio.sleep(0)


def run(test: Callable[[Hub], Awaitable[None]], **options: Any) -> None:
    hub = Hub(**options)
    try:
        asyncio.run(asyncio.wait_for(test(hub), DEADLINE_S))
    finally:
        hub.close()


def kinds(news: News, batch: Batch) -> list[str]:
    return [happening.kind for happening in news.take(batch)]


def test_what_was_told_is_not_told_again_when_its_trace_is_published_again() -> None:
    news = News()

    assert kinds(news, opened(1)) == ["execution.started", "step.started"]
    assert kinds(news, opened(1)) == []
    assert kinds(news, opened(1, ended_steps=1)) == ["step.completed", "step.started"]


def test_starts_come_before_what_is_inside_and_ends_behind_it() -> None:
    told = kinds(News(), trace(1, steps=2))

    assert told[0] == "execution.started"
    assert told[1:3] == ["step.completed", "step.completed"]
    assert told[-1] == "execution.completed"
    assert "decision.made" in told


def test_a_step_whose_answer_begins_is_told_again() -> None:
    news, before = News(), opened(1)
    news.take(before)
    answering = replace(before, steps=[replace(before.steps[0], status="llm_response")])

    assert kinds(news, answering) == ["step.started"]


def test_a_step_that_came_before_the_agent_above_it_is_told_as_a_step_and_never_as_an_execution() -> None:
    news, whole = News(), trace(1, steps=1)
    early, step = whole.executions[0], whole.steps[0]
    span = {"span_id": step.step_id, "execution_id": step.trace_id + step.step_id, "parent_span_id": early.span_id}
    orphan = replace(early, **span, kind="root", settled_ns=None, ended_ns=step.ended_ns)

    assert kinds(news, Batch(executions=[orphan])) == []
    told = kinds(news, Batch(executions=whole.executions, steps=whole.steps))
    assert told == ["execution.started", "step.completed", "execution.completed"]


def test_an_event_has_its_place_in_the_tree_and_an_id_of_its_own() -> None:
    batch = trace(1)
    events = [happening.event() for happening in News().take(batch)]
    step = next(event for event in events if event.kind == "step.completed")

    assert step.step is not None
    assert step.step.offset_ns == batch.steps[0].started_ns - batch.executions[0].started_ns
    assert step.execution_id == batch.executions[0].execution_id
    assert len({event.id for event in events}) == len(events)
    assert [event.id for event in events] == [happening.event().id for happening in News().take(batch)]


def test_nothing_is_looked_at_while_nobody_listens() -> None:
    hub = Hub()
    hub.told(trace(1))
    hub.publish(LiveEvent(id="a", kind="alert.fired", at="", workspace=WORKSPACE))

    assert hub.counters.events == 0
    assert hub.seq.endswith(".0")


def test_a_subscription_hears_what_it_asked_for_and_nothing_else() -> None:
    async def test(hub: Hub) -> None:
        mine, ends, theirs = Reader(), Reader(), Reader()
        row = trace(1).executions[0]
        hub.subscribe("a", mine, Watch(workspace=WORKSPACE, execution=row.execution_id))
        hub.subscribe("a", ends, Watch(kinds=frozenset(["execution.completed"])))
        hub.subscribe("a", theirs, Watch(workspace="other"))
        hub.told(trace(1))
        hub.told(trace(2))
        hub.told(trace(3, workspace="other"))
        await until(lambda: theirs.frames and len(ends.events) == 3)

        assert {event["execution_id"] for event in mine.events} == {row.execution_id}
        assert set(ends.kinds()) == {"execution.completed"}
        assert {event["workspace"] for event in theirs.events} == {"other"}

    run(test)


def test_a_client_that_joins_others_is_not_told_what_happened_before() -> None:
    async def test(hub: Hub) -> None:
        early, late = Reader(), Reader()
        hub.subscribe("a", early, Watch())
        hub.told(opened(1))
        await until(lambda: early.frames)
        hub.told(opened(1, ended_steps=1))  # waits for the next frame
        await until(lambda: hub.counters.events == 4)
        hub.subscribe("a", late, Watch())
        hub.told(opened(1, ended_steps=2))
        await until(lambda: late.frames and early.events[-1]["id"] == late.events[-1]["id"])

        second, third = (step.step_id for step in opened(1, ended_steps=2).steps[1:])
        assert [(event["kind"], event["step"]["step_id"]) for event in late.events] == [
            ("step.completed", second),
            ("step.started", third),
        ]

    run(test)


def test_the_first_change_goes_at_once_and_a_thing_that_changes_often_is_told_as_it_is_last() -> None:
    async def test(hub: Hub) -> None:
        reader = Reader()
        hub.subscribe("a", reader, Watch())
        began = asyncio.get_running_loop().time()
        hub.told(opened(1))
        await until(lambda: reader.frames)
        first = asyncio.get_running_loop().time() - began
        for ended in (1, 2, 3):
            hub.told(opened(1, ended_steps=ended))
        await until(lambda: hub.counters.events == 8)
        await until(lambda: len(reader.events) >= 6)

        assert first < 0.03
        states = {event["step"]["step_id"]: event["kind"] for event in reader.events if "step" in event}
        assert list(states.values()).count("step.completed") == 3
        assert len(reader.frames) <= 4

    run(test)


def test_a_slow_client_misses_frames_is_told_how_many_and_has_the_newest_state_then() -> None:
    async def test(hub: Hub) -> None:
        slow, quick = Reader(), Reader()
        subscription = hub.subscribe("a", slow, Watch())
        hub.subscribe("a", quick, Watch())
        slow.is_busy = True
        for ended in range(4):
            hub.told(opened(1, ended_steps=ended))
            await until(lambda ended=ended: quick.kinds().count("step.completed") >= ended)
        assert slow.frames == []

        slow.is_busy = False
        subscription.catch_up()

        assert slow.frames[0]["missed_frames"] == len(quick.frames)
        assert "lost" not in slow.frames[0]
        assert slow.kinds().count("step.completed") == 3
        assert slow.frames[0]["seq"] == quick.frames[-1]["seq"]

    run(test)


def test_a_client_that_takes_nothing_holds_a_bounded_number_of_states_and_is_told_what_it_lost() -> None:
    async def test(hub: Hub) -> None:
        slow = Reader()
        slow.is_busy = True
        subscription = hub.subscribe("a", slow, Watch())
        for first in range(0, MOST_WAITING // 4, 50):  # seldom: the hub drops what it cannot look through
            hub.told(joined([trace(number) for number in range(first, first + 50)]))
        await until(lambda: hub.counters.events > MOST_WAITING + 1000)
        await until(lambda: len(subscription.waiting) == MOST_WAITING)
        slow.is_busy = False
        subscription.catch_up()

        assert slow.frames[0]["lost"] > 0

    run(test)


def test_a_flood_is_told_in_several_rounds_of_the_loop_and_the_newest_state_wins(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(live_hub, "MOST_SPREAD", 10)

    async def test(hub: Hub) -> None:
        slow = Reader()
        slow.is_busy = True
        subscription = hub.subscribe("a", slow, Watch())
        begun, ended = (joined([make(number) for number in range(50)]) for make in (opened, trace))
        news = News()
        things = {happening.key for batch in (begun, ended) for happening in news.take(batch)}
        hub.told(begun)
        hub.told(ended)
        sizes = set[int]()
        await until(lambda: sizes.add(len(subscription.waiting)) or len(subscription.waiting) == len(things))
        slow.is_busy = False
        while subscription.catch_up():
            pass

        assert len(sizes) > 3
        assert slow.kinds().count("execution.completed") == 50
        assert "execution.started" not in slow.kinds()

    run(test)


def test_of_a_flood_the_newest_are_kept_and_what_is_lost_is_counted() -> None:
    [one] = News().take(Batch(executions=opened(1).executions))
    many = [Happening(one.kind, one.place, f"{one.key}{number}", one.row) for number in range(4 * MOST_WAITING)]
    waiting = Waiting()
    waiting.add(many)
    assert len(waiting) == MOST_WAITING
    assert waiting.lost == len(many) - MOST_WAITING
    assert waiting.take(1)[0].key == many[-MOST_WAITING].key


def test_a_long_frame_is_given_to_many_clients_in_several_rounds_of_the_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_channel, "BYTES_AT_ONCE", 1)

    async def test(hub: Hub) -> None:
        readers = [Reader() for _ in range(5)]
        subscriptions = [hub.subscribe(f"s{at}", reader, Watch()) for at, reader in enumerate(readers)]
        hub.told(opened(1))
        await until(lambda: readers[0].frames)
        assert [len(reader.frames) for reader in readers] == [1, 0, 0, 0, 0]
        subscriptions[2].leave()
        hub.told(opened(1, ended_steps=2))
        await until(lambda: all("step.completed" in each.kinds() for at, each in enumerate(readers) if at != 2))

        assert readers[2].frames == []
        assert readers[4].kinds() == readers[0].kinds()

    run(test)


def test_a_long_frame_is_made_in_several_rounds_of_the_loop_and_told_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_channel, "TEXTS_AT_ONCE", 4)
    made, rounds = 0, list[int]()

    def counted(happening: Happening, text: Callable[[Happening], str] = Happening.text) -> str:
        nonlocal made
        made += happening._text is None
        return text(happening)

    monkeypatch.setattr(Happening, "text", counted)

    async def test(hub: Hub) -> None:
        reader = Reader()
        hub.subscribe("a", reader, Watch())
        hub.told(joined([trace(number) for number in range(5)]))
        await until(lambda: rounds.append(made) or reader.frames)

        assert len(reader.frames) == 1
        assert len(reader.events) == made > 20
        assert max(after - before for before, after in pairwise(rounds)) == 4

    run(test)


def test_the_garbage_collector_has_nothing_to_look_at_in_what_waits_to_be_told_once_more() -> None:
    happenings = News().take(trace(1))
    assert all(happening.text() for happening in happenings)
    parts = [part for one in happenings for part in (one, one.key, one.place, one.row, one.event(), one.event().step)]
    assert [part for part in parts if gc.is_tracked(part)] == []


def test_a_client_that_comes_back_gets_what_it_missed_once() -> None:
    async def test(hub: Hub) -> None:
        before = Reader()
        subscription = hub.subscribe("a", before, Watch())
        hub.told(opened(1))
        await until(lambda: before.frames)
        subscription.leave()
        hub.told(opened(1, ended_steps=2))
        await until(lambda: hub.counters.events == 5)

        after = Reader()
        again = hub.subscribe("a", after, Watch())
        assert hub.resume(again, before.frames[-1]["seq"])
        again.catch_up()

        assert after.kinds() == ["step.completed", "step.completed", "step.started"]

    run(test)


def test_a_place_that_is_too_old_or_of_another_server_is_not_resumed() -> None:
    async def test(hub: Hub) -> None:
        reader = Reader()
        subscription = hub.subscribe("a", reader, Watch())
        oldest = hub.seq
        for number in range(8):
            hub.told(trace(number))
        await until(lambda: hub.counters.events > 20)

        assert not hub.resume(subscription, oldest)
        assert not hub.resume(subscription, "0badcafe.3")
        assert not hub.resume(subscription, "nonsense")
        assert hub.counters.resets == 3

    run(test, ring_events=10)


def test_when_nobody_has_listened_for_a_while_what_happens_is_not_looked_at_and_no_place_is_resumed() -> None:
    async def test(hub: Hub) -> None:
        reader = Reader()
        subscription = hub.subscribe("a", reader, Watch())
        hub.told(trace(1))
        await until(lambda: reader.frames)
        seq, seen = hub.seq, hub.counters.events
        subscription.leave()
        await until(lambda: hub.seq != seq)  # it has let go
        hub.told(trace(2))

        again = hub.subscribe("a", reader, Watch())
        assert not hub.resume(again, seq)
        assert hub.counters.events == seen

    run(test, linger_s=0.0)


def test_an_event_of_another_kind_of_news_goes_the_same_way() -> None:
    async def test(hub: Hub) -> None:
        reader = Reader()
        hub.subscribe("a", reader, Watch(kinds=frozenset(["alert.fired"])))
        hub.publish(LiveEvent(id="x", kind="alert.fired", at="now", workspace=WORKSPACE, alert={"rule": "slow"}))
        await until(lambda: reader.frames)

        assert reader.events[0]["alert"] == {"rule": "slow"}

    run(test)
