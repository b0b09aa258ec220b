"""What the door does when there is too much: 429 and 503, with a word on when to come again."""

import asyncio
import errno
import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from longpole.ingest.spool import START, Spool
from longpole.server.asgi import Message
from longpole.server.otlp import BIG_BODIES_AT_ONCE, THREAD_FROM_BYTES, DoorLimits, OtlpDoor
from otlp_bodies import body, span

BODY = body(span(1, 1))


@pytest.fixture
def spool(tmp_path: Path) -> Iterator[Spool]:
    opened = Spool.open(tmp_path, max_bytes=1000)
    yield opened
    opened.close()


def post(door: OtlpDoor, content: Any = BODY) -> httpx.Response:
    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(app=door)  # pyright: ignore[reportArgumentType]
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            return await client.post("/v1/traces", content=content, headers={"content-type": "application/x-protobuf"})

    return asyncio.run(ask())


def test_above_the_backlog_senders_are_told_to_wait_and_nothing_is_taken(spool: Spool) -> None:
    waiting = 0
    door = OtlpDoor(spool, lambda: waiting, DoorLimits(backlog_bytes=100))
    assert post(door).status_code == 200
    waiting = 101
    response = post(door)
    assert response.status_code == 429
    assert int(response.headers["retry-after"]) > 0
    assert "101 bytes wait" in response.json()["detail"]
    assert len(spool.read(START)) == 1
    waiting = 100
    assert post(door).status_code == 200
    assert door.counters.refused == {"429": 1}


def test_a_spool_at_its_limit_tells_senders_to_wait(spool: Spool) -> None:
    door = OtlpDoor(spool, lambda: 0)
    answers = [post(door) for _ in range(20)]
    assert {answer.status_code for answer in answers} == {200, 429}
    assert "Expected at most 1000 in all" in answers[-1].json()["detail"]
    assert int(answers[-1].headers["retry-after"]) > 0
    assert len(spool.read(START)) == sum(answer.status_code == 200 for answer in answers)


def test_a_spool_that_cannot_be_written_is_the_only_503(spool: Spool, monkeypatch: pytest.MonkeyPatch) -> None:
    door = OtlpDoor(spool, lambda: 0)

    def full(file: int, content: bytes) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patched:
        patched.setattr(os, "write", full)
        refused = post(door)
        assert spool.trouble is not None
    assert (refused.status_code, int(refused.headers["retry-after"]) > 0) == (503, True)
    assert "No space left on device. Expected a disk with room" in refused.json()["detail"]
    assert post(door).status_code == 200
    assert spool.trouble is None


def test_bodies_in_flight_are_bounded_and_given_back(spool: Spool) -> None:
    async def ask_twice() -> list[int]:
        door = OtlpDoor(spool, lambda: 0, DoorLimits(in_flight_bytes=len(BODY) + 10))
        transport = httpx.ASGITransport(app=door)  # pyright: ignore[reportArgumentType]
        is_open = asyncio.Event()
        is_held = asyncio.Event()

        async def slow() -> AsyncIterator[bytes]:
            yield BODY[:20]
            is_held.set()
            await is_open.wait()
            yield BODY[20:]

        headers = {"content-type": "application/x-protobuf"}
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            first = asyncio.create_task(client.post("/v1/traces", content=slow(), headers=headers))
            await is_held.wait()
            # A body is read on demand: the door must have asked for the second piece, hence holds the first.
            refused = await client.post("/v1/traces", content=BODY, headers=headers)
            is_open.set()
            taken = await first
            again = await client.post("/v1/traces", content=BODY, headers=headers)
            return [refused.status_code, taken.status_code, again.status_code]

    assert asyncio.run(ask_twice()) == [429, 200, 200]


def test_few_big_bodies_are_read_at_a_time_and_those_that_stall_keep_nobody_waiting(tmp_path: Path) -> None:
    """Twelve senders announce a megabyte; half of them send nothing of it, the others in pieces."""
    size = 2 * THREAD_FROM_BYTES

    async def ask() -> tuple[list[int], int]:
        door = OtlpDoor(spool, lambda: 0)
        is_over = asyncio.Event()
        reading = most = 0

        async def send(number: int) -> int:
            left, status = 4, 0

            async def receive() -> Message:
                nonlocal left, reading, most
                if number % 2:
                    await is_over.wait()
                    return {"type": "http.disconnect"}
                reading += 1
                most = max(most, reading)
                await asyncio.sleep(0)
                reading -= 1
                left -= 1
                return {"type": "http.request", "body": b"\xff" * (size // 4), "more_body": left > 0}

            async def answer(message: Message) -> None:
                nonlocal status
                status = message.get("status", status)

            headers = [(b"content-type", b"application/x-protobuf"), (b"content-length", b"%d" % size)]
            await door({"method": "POST", "path": "/v1/traces", "headers": headers}, receive, answer)
            return status

        senders = [asyncio.create_task(send(number)) for number in range(12)]
        taken = await asyncio.gather(*senders[::2])
        is_over.set()
        await asyncio.gather(*senders)
        return taken, most

    spool = Spool.open(tmp_path, max_bytes=100 * size)
    taken, most = asyncio.run(ask())
    spool.close()
    assert taken == [400] * 6  # read whole, and no OTLP
    assert most <= BIG_BODIES_AT_ONCE
