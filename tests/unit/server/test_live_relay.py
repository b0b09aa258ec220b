"""Several servers: what happens at one is told at the other by a real Redis, which may vanish and return."""

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from contract.rows import trace
from database_servers import RedisServer, free_port
from longpole.server.live_channel import Watch
from longpole.server.live_hub import Hub
from longpole.server.live_relay import Relay

DEADLINE_S = 30.0


class Reader:
    """A client that takes what it is sent."""

    is_busy = False

    def __init__(self) -> None:
        self.frames: list[str] = []

    def send(self, text: str) -> None:
        self.frames.append(text)

    def has(self, number: int) -> bool:
        return any(trace(number).executions[0].execution_id in frame for frame in self.frames)


class Server:
    """The live part of one server. `missed` counts how often its clients are told to begin anew."""

    def __init__(self, address: str) -> None:
        self.hub = Hub()
        self.missed = 0
        self.hub.attend(self)
        self.relay = Relay(address, self.hub, lambda: self.hub.has_clients)
        self.relay.start()

    def miss(self) -> None:
        self.missed += 1

    def close(self) -> None:
        self.relay.close()
        self.hub.close()


@pytest.fixture
def redis_server(tmp_path: Path) -> Iterator[RedisServer]:
    server = RedisServer(tmp_path, free_port())
    server.start()
    yield server
    server.stop()


async def until(condition: Callable[[], Any]) -> None:
    async with asyncio.timeout(DEADLINE_S):
        for _ in range(10**6):
            if condition():
                return
            await asyncio.sleep(0.01)


async def until_heard(reader: Reader, there: Server) -> None:
    """One new trace of another server after the other, until one is heard."""
    sent: list[int] = []

    def again() -> bool:
        sent.append(3 + len(sent))
        there.hub.told(trace(sent[-1]))
        return any(reader.has(number) for number in sent)

    await until(again)


def run(address: str, test: Callable[[Server, Server], Coroutine[Any, Any, None]]) -> None:
    with ExitStack() as stack:
        here, there = Server(address), Server(address)
        stack.callback(here.close)
        stack.callback(there.close)
        asyncio.run(test(here, there))


def test_who_listens_at_one_server_hears_what_happens_at_the_other_once(redis_server: RedisServer) -> None:
    async def test(here: Server, there: Server) -> None:
        reader, heard = Reader(), list[str]()
        here.hub.subscribe("a", reader, Watch(kinds=frozenset(["execution.completed"])))
        await until(lambda: there.hub.told(trace(1)) or reader.has(1))
        there.hub.told(trace(2))
        here.hub.listen(lambda found: heard.extend(one.kind for one in found))
        await until(lambda: reader.has(2))

        assert sum(trace(2).executions[0].execution_id in frame for frame in reader.frames) == 1
        assert heard == []  # a webhook here does not tell what the other server tells

    run(redis_server.address, test)


def test_while_nobody_listens_anywhere_nothing_is_looked_at_or_sent(redis_server: RedisServer) -> None:
    async def test(here: Server, there: Server) -> None:
        await until(lambda: redis_server.listeners() == 2)
        here.hub.told(trace(1))
        there.hub.told(trace(2))

        assert (here.hub.counters.events, there.hub.counters.events) == (0, 0)

    run(redis_server.address, test)


def test_when_redis_vanishes_only_the_other_server_is_not_heard_and_is_again_when_it_returns(
    redis_server: RedisServer,
) -> None:
    async def test(here: Server, there: Server) -> None:
        reader = Reader()
        here.hub.subscribe("a", reader, Watch())
        await until(lambda: there.hub.told(trace(1)) or reader.has(1))

        redis_server.kill()
        await until(lambda: here.relay.trouble is not None)
        here.hub.told(trace(2))
        await until(lambda: reader.has(2))

        missed = here.missed
        redis_server.start()
        await until(lambda: here.relay.trouble is None)
        await until(lambda: here.missed > missed)
        await until_heard(reader, there)

    run(redis_server.address, test)


def test_when_another_server_begins_to_tell_clients_begin_anew_and_hear_what_follows(
    redis_server: RedisServer,
) -> None:
    async def test(here: Server, there: Server) -> None:
        await until(lambda: redis_server.listeners() == 2)
        reader = Reader()
        here.hub.subscribe("a", reader, Watch())
        await until(lambda: here.missed)
        there.hub.told(trace(1))
        await until(lambda: reader.has(1))

    run(redis_server.address, test)


def test_a_server_that_lost_only_its_ear_hears_again_and_its_clients_begin_anew(redis_server: RedisServer) -> None:
    async def test(here: Server, there: Server) -> None:
        reader = Reader()
        here.hub.subscribe("a", reader, Watch())
        await until(lambda: there.hub.told(trace(1)) or reader.has(1))
        await until(lambda: here.missed)
        missed = here.missed
        redis_server.end_listening()
        await until(lambda: here.missed > missed)
        await until_heard(reader, there)

    run(redis_server.address, test)


def test_a_place_before_what_was_missed_is_not_resumed(redis_server: RedisServer) -> None:
    async def test(here: Server, there: Server) -> None:
        await until(lambda: redis_server.listeners() == 2)
        reader = Reader()
        subscription = here.hub.subscribe("a", reader, Watch())
        await until(lambda: there.hub.told(trace(1)) or reader.has(1))
        seq = here.hub.seq
        assert here.hub.resume(subscription, seq)
        redis_server.end_listening()
        await until(lambda: not here.hub.resume(subscription, seq))

    run(redis_server.address, test)


def test_a_redis_that_hangs_is_told_as_soon_as_a_server_does_not_hear_itself(
    redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("longpole.server.live_relay.SAY_EVERY_S", 0.2)
    monkeypatch.setattr("longpole.server.live_relay.DEAF_S", 1.0)

    async def test(here: Server, _there: Server) -> None:
        await until(lambda: redis_server.listeners() == 2)
        redis_server.hang()
        await until(lambda: here.relay.trouble is not None)
        assert here.relay.trouble is not None
        assert "not heard" in here.relay.trouble.reason
        redis_server.go_on()
        await until(lambda: here.relay.trouble is None)

    run(redis_server.address, test)


def test_without_a_redis_a_server_goes_on(tmp_path: Path) -> None:
    async def test(here: Server, _there: Server) -> None:
        reader = Reader()
        here.hub.subscribe("a", reader, Watch())
        here.hub.told(trace(1))
        await until(lambda: reader.has(1))
        await until(lambda: here.relay.trouble is not None)

    run("redis://127.0.0.1:1/0", test)
