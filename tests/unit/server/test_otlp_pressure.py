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
from longpole.server.otlp import DoorLimits, OtlpDoor
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
