"""Several servers: what happens at one is told at the other by a real Redis, which may vanish and return."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from socket import socket
from typing import Any

import pytest

from contract.rows import trace
from database_servers import RedisServer
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
    """The live part of one server."""

    def __init__(self, address: str) -> None:
        self.hub = Hub()
        self.relay = Relay(address, self.hub, lambda: self.hub.has_clients)
        self.relay.start()

    def close(self) -> None:
        self.relay.close()
        self.hub.close()


@pytest.fixture
def redis_server(tmp_path: Path) -> Iterator[RedisServer]:
    with socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = RedisServer(tmp_path, port)
    server.start()
    yield server
    server.stop()


async def until(condition: Callable[[], Any]) -> None:
    async with asyncio.timeout(DEADLINE_S):
        for _ in range(10**6):
            if condition():
                return
            await asyncio.sleep(0.01)


def run(address: str, test: Callable[[Server, Server], Awaitable[None]]) -> None:
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

        redis_server.start()
        await until(lambda: here.relay.trouble is None)
        numbers = iter(range(3, 10**6))
        sent: list[int] = []

        def again() -> bool:
            sent.append(next(numbers))
            there.hub.told(trace(sent[-1]))
            return any(reader.has(number) for number in sent)

        await until(again)

    run(redis_server.address, test)


def test_without_a_redis_a_server_goes_on(tmp_path: Path) -> None:
    async def test(here: Server, _there: Server) -> None:
        reader = Reader()
        here.hub.subscribe("a", reader, Watch())
        here.hub.told(trace(1))
        await until(lambda: reader.has(1))
        await until(lambda: here.relay.trouble is not None)

    run("redis://127.0.0.1:1/0", test)
