"""A stream loses nothing, waits for its reader, and ends when the reader goes."""

import asyncio
import json
import re
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

import httpx
import pytest
import uvicorn
import websockets
from hypothesis import given
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.responses import StreamingResponse
from starlette.routing import Route

import longpole
from longpole.model.errors import SettingsError
from longpole.remedies import send_events, server_sent, stream
from longpole.remedies.stream_boundaries import Boundary, cutter
from longpole.remedies.streams import StreamEvent, StreamEventKind
from unit.record.conftest import Recorded
from virtual_time import run_virtually

# What cutters look at, and other letters, in any order.
TEXTS = st.text(alphabet=st.sampled_from(list(" \n\t.!?…\"'`~{}[]\\,:a1é。"))) | st.text()
PROSE = "First find out. Then write! Is 3.14 pi? Yes.\nSee:\n```python\nx = 1. \nprint(x)\n```\nDone. Bye"


async def source(pieces: list[str], seconds: float = 0.0) -> AsyncGenerator[str]:
    for piece in pieces:
        await asyncio.sleep(seconds)
        yield piece


@given(st.lists(TEXTS), st.sampled_from(Boundary), st.integers(1, 40), st.integers(1, 4))
def test_the_chunks_joined_are_the_pieces_joined(pieces: list[str], boundary: Boundary, most: int, room: int):
    async def program() -> list[StreamEvent]:
        reading = stream(source(pieces), boundary=boundary, most_characters=most, most_waiting=room)
        return [event async for event in reading]

    events = run_virtually(program())
    assert "".join(event.text for event in events) == "".join(pieces)
    assert [events[0].kind, events[-1].kind] == [StreamEventKind.TYPING, StreamEventKind.END]
    assert all(event.text for event in events[1:-1])


@given(TEXTS, st.sampled_from(Boundary), st.data())
def test_how_a_text_is_cut_does_not_depend_on_how_it_comes(text: str, boundary: Boundary, data: st.DataObject):
    """But for `piece`; and chunks may be joined where several became complete at once."""
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)))))
    pieces = [text[begin:end] for begin, end in zip([0, *cuts], [*cuts, len(text)], strict=True)]
    whole, parts = cutter(boundary), cutter(boundary)
    at_once = [*whole.take(text), whole.rest()]
    bit_by_bit = [chunk for piece in pieces for chunk in parts.take(piece)]
    bit_by_bit.append(parts.rest())
    assert "".join(bit_by_bit) == "".join(at_once) == text
    if boundary is Boundary.JSON:
        assert bit_by_bit == at_once


@pytest.mark.parametrize(
    ("boundary", "chunks"),
    [
        ("word", ["First ", "find ", "out. "]),
        ("sentence", ["First find out. ", "Then write! ", "Is 3.14 pi? "]),
        ("line", ["First find out. Then write! Is 3.14 pi? Yes.\n", "See:\n"]),
        ("code", ["First find out. ", "Then write! ", "Is 3.14 pi? ", "Yes.\n", "See:\n"]),
    ],
)
def test_chunks_end_where_a_reader_pauses(boundary: str, chunks: list[str]):
    cuts = cutter(boundary)
    given_ = [chunk for letter in PROSE for chunk in cuts.take(letter)]
    # White space belongs to the chunk before it, and may come one letter at a time.
    assert given_[: len(chunks)] == chunks


def test_a_code_fence_comes_as_a_whole():
    cuts = cutter("code")
    chunks = [*(chunk for letter in PROSE for chunk in cuts.take(letter)), cuts.rest()]
    assert "```python\nx = 1. \nprint(x)\n```\n" in chunks
    assert chunks[-2:] == ["Done. ", "Bye"]


def test_values_of_json_come_one_by_one():
    cuts = cutter("json")
    text = '{"a": "}{", "b": [1, {"c": "\\""}]}[2]\n"x"'
    chunks = [*(chunk for letter in text for chunk in cuts.take(letter)), cuts.rest()]
    assert [json.loads(chunk) for chunk in chunks if chunk.strip()] == [{"a": "}{", "b": [1, {"c": '"'}]}, [2], "x"]


def test_a_slow_reader_makes_the_source_wait():
    fetched, read = list[int](), list[int]()

    async def pieces() -> AsyncGenerator[str]:
        for number in range(20):
            fetched.append(number)
            yield "word "

    async def program() -> None:
        async for event in stream(pieces(), boundary="piece", most_waiting=3):
            if event.text:
                read.append(len(fetched) - len(read))
                await asyncio.sleep(1)

    run_virtually(program())
    assert len(read) == 20
    assert max(read) <= 3 + 2  # those that wait, the one that is read, the one that waits for room


def test_the_source_is_closed_when_the_reader_goes_and_nothing_stays_behind():
    closed = list[str]()

    async def pieces() -> AsyncGenerator[str]:
        try:
            while True:
                await asyncio.sleep(1)
                yield "word "
        finally:
            closed.append("source")

    async def leaves_early() -> None:
        async with aclosing(stream(pieces(), boundary="word", most_waiting=1)) as reading:
            async for event in reading:
                if event.text:
                    await asyncio.sleep(10)
                    return

    async def is_cancelled() -> None:
        reading = asyncio.create_task(leaves_early())
        await asyncio.sleep(0.5)
        reading.cancel()
        await asyncio.wait([reading])

    run_virtually(leaves_early())
    run_virtually(is_cancelled())
    assert closed == ["source", "source"]


def test_an_error_of_the_source_comes_after_what_it_gave():
    async def pieces() -> AsyncGenerator[str]:
        yield "One sentence. And "
        raise ConnectionError("the model is gone")

    seen = list[str]()

    async def program() -> None:
        async for event in stream(pieces()):
            seen.append(event.text)

    with pytest.raises(ConnectionError, match="the model is gone"):
        run_virtually(program())
    assert "".join(seen) == "One sentence. And "


def test_while_nothing_comes_the_reader_is_told_that_work_goes_on():
    async def pieces() -> AsyncGenerator[str]:
        await asyncio.sleep(5)
        yield "Half a "
        await asyncio.sleep(4)
        yield "sentence."

    async def program() -> list[tuple[str, str, float]]:
        loop = asyncio.get_running_loop()
        return [
            (event.kind.value, event.text, loop.time())
            async for event in stream(pieces(), working_every_s=2, longest_wait_s=1)
        ]

    assert run_virtually(program()) == [
        ("typing", "", 0),
        ("working", "", 2),
        ("working", "", 4),
        ("text", "Half a ", 6),
        ("working", "", 8),
        ("text", "sentence.", 9),
        ("end", "", 9),
    ]


def test_the_step_says_how_the_stream_went(recorded: Recorded):
    @longpole.timing_step(category="llm")
    async def model() -> AsyncGenerator[str]:
        yield "One. "
        yield "Two."

    @longpole.agent
    async def lead() -> None:
        async for event in stream(model(), name="answer"):
            with longpole.time_step(f"show {event.kind}"):
                pass

    asyncio.run(lead())
    told = recorded.span("answer").attributes
    assert (told["longpole.stream.pieces"], told["longpole.stream.chunks"]) == (2, 2)
    assert told["longpole.remedy.outcome"] == "complete"
    assert told["longpole.first_token_ns"] > 0
    assert told["longpole.stream.longest_gap_ns"] >= 0
    assert (recorded.parent_of("model"), recorded.parent_of("show end")) == ("answer", "lead")


def test_a_stream_without_room_is_refused():
    async def program() -> None:
        async for _ in stream(source(["a"]), most_waiting=0):
            pass

    with pytest.raises(SettingsError, match="most_waiting"):
        asyncio.run(program())


class Served:
    """Starlette in uvicorn, on a free port, in this loop."""

    def __init__(self, pieces: Any) -> None:
        async def answer(_: Any) -> StreamingResponse:
            return StreamingResponse(server_sent(stream(pieces)), media_type="text/event-stream")

        app = Starlette(routes=[Route("/", answer)])
        self.server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error", lifespan="off"))

    async def __aenter__(self) -> str:
        self.task = asyncio.create_task(self.server.serve())
        while not self.server.started:  # noqa: ASYNC110 - uvicorn has no event for it
            await asyncio.sleep(0.005)
        port = self.server.servers[0].sockets[0].getsockname()[1]
        return f"http://127.0.0.1:{port}"

    async def __aexit__(self, *_: object) -> None:
        self.server.should_exit = True
        await self.task


def test_a_browser_gets_every_letter_as_server_sent_events():
    async def program() -> str:
        async with Served(source(list(PROSE))) as url, httpx.AsyncClient() as client:
            return (await client.get(url)).text

    body = asyncio.run(program())
    found = re.findall(r"event: (\w+)\ndata: (.*)\n\n", body)
    assert [found[0], found[-1]] == [("typing", ""), ("end", "")]
    assert "".join(json.loads(data) for kind, data in found if kind == "text") == PROSE


def test_the_source_is_closed_when_the_browser_goes():
    async def program() -> None:
        closed = asyncio.Event()

        async def endless() -> AsyncGenerator[str]:
            try:
                while True:
                    await asyncio.sleep(0.005)
                    yield "One sentence. "
            finally:
                closed.set()

        async with Served(endless()) as url, httpx.AsyncClient() as client:
            async with client.stream("GET", url) as response:
                async for _ in response.aiter_text():
                    break
            await asyncio.wait_for(closed.wait(), 10)

    asyncio.run(program())


def test_the_same_goes_over_a_websocket():
    async def program() -> tuple[list[dict[str, str]], bool]:
        closed = asyncio.Event()

        async def endless() -> AsyncGenerator[str]:
            try:
                while True:
                    await asyncio.sleep(0.005)
                    yield "One sentence. "
            finally:
                closed.set()

        async def serve(connection: websockets.ServerConnection) -> None:
            await send_events(stream(source(list(PROSE))), connection.send)
            with pytest.raises(websockets.ConnectionClosed):
                await send_events(stream(endless()), connection.send)

        seen = list[dict[str, str]]()
        async with websockets.serve(serve, "127.0.0.1", 0) as server:
            port = next(iter(server.sockets)).getsockname()[1]
            async with websockets.connect(f"ws://127.0.0.1:{port}") as connection:
                async for message in connection:
                    seen.append(json.loads(message))
                    if seen[-1]["kind"] == "end":
                        break
            await asyncio.wait_for(closed.wait(), 10)
        return seen, closed.is_set()

    seen, is_closed = asyncio.run(program())
    assert "".join(each["text"] for each in seen) == PROSE
    assert is_closed


def test_whoever_watches_is_told_that_the_source_failed():
    async def pieces() -> AsyncGenerator[str]:
        yield "One. "
        raise ConnectionError("secret address")

    async def program() -> list[bytes]:
        sent = list[bytes]()
        try:
            async for part in server_sent(stream(pieces())):
                sent.append(part)
        except ConnectionError:
            return sent
        raise AssertionError("the error was not raised")

    sent = asyncio.run(program())
    assert sent[-1] == b"event: failed\ndata: \n\n"
    assert b"secret" not in b"".join(sent)
