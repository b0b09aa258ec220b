"""Answers that are shown while they are made: pieces of a model put together to what a reader takes in at once.

    async for event in stream(model.stream(prompt), boundary="sentence", working_every_s=2):
        await show(event)

The chunks joined are the pieces joined. A reader who is slow makes the model wait, a reader who goes away ends it. The
time of the first piece, the longest gap and how long the reader was waited for stand in a step of the execution.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator
from enum import StrEnum
from typing import Any

from msgspec import Struct

from longpole.model.category import Category
from longpole.model.clock import steady_ns
from longpole.model.errors import SettingsError
from longpole.remedies.remedy_step import RemedyStep, named_site
from longpole.remedies.stream_boundaries import MOST_CHARACTERS, Boundary, Cutter, cutter
from longpole.wire import longpole_names as names

MOST_WAITING = 64
_END, _FLUSH, _STILL_WORKING = object(), object(), object()


class StreamEventKind(StrEnum):
    """What a reader is told."""

    TYPING = "typing"
    """Once, before the first piece: somebody works on an answer."""
    TEXT = "text"
    WORKING = "working"
    """Nothing has come for a while, and it still goes on."""
    END = "end"


class StreamEvent(Struct, frozen=True):
    """One thing for the reader. `text` is empty but for the kind `text`; `after_ns` is the time since the start."""

    kind: StreamEventKind
    text: str = ""
    after_ns: int = 0


async def stream(
    pieces: AsyncIterable[str],
    *,
    boundary: Boundary | str = Boundary.SENTENCE,
    name: str = "stream",
    longest_wait_s: float | None = 1.0,
    working_every_s: float | None = None,
    most_waiting: int = MOST_WAITING,
    most_characters: int = MOST_CHARACTERS,
) -> AsyncGenerator[StreamEvent]:
    """What the reader is told, piece after piece: `typing`, `text` and `working`, and `end`.

    What the source raises is raised here, after what had come. Whoever stops reading early should close it
    (`contextlib.aclosing`): then the source is closed too.

    Args:
        pieces: the source, such as an async generator of a model's client.
        boundary: after what a chunk may end: "piece", "word", "sentence", "line", "code" or "json".
        name: of the step that tells how it went.
        longest_wait_s: after so long without a boundary, what has come is given all the same; `None` waits. It does not
            cut code fences and JSON.
        working_every_s: how often `working` is told while nothing comes; `None` never.
        most_waiting: how many pieces may wait for the reader before the source has to.
        most_characters: the longest chunk.
    """
    if most_waiting < 1:
        raise SettingsError(
            f"`most_waiting` is {most_waiting}. Expected: 1 or more. Change it where stream() is called."
        )
    flush_s = None if boundary in (Boundary.CODE, Boundary.JSON) else longest_wait_s
    reading = _Reading(pieces, cutter(boundary, most_characters), most_waiting, flush_s, working_every_s)
    with RemedyStep(named_site(name, Category.PROCESSING, "stream")) as step:
        reading.start()
        step.step_aside()  # what the reader does between two events is not below the stream
        try:
            async for event in reading.events():
                yield event
        finally:
            await reading.stop()
            reading.tell(step)


class _Reading:
    """One stream: a task that fetches the pieces, and what is made of them."""

    def __init__(
        self,
        pieces: AsyncIterable[str],
        cuts: Cutter,
        most_waiting: int,
        flush_s: float | None,
        working_s: float | None,
    ) -> None:
        self._source, self._cuts = pieces, cuts
        self._flush_s, self._working_s = flush_s, working_s
        self._queue: asyncio.Queue[Any] = asyncio.Queue(most_waiting)
        self._loop = asyncio.get_running_loop()
        self._pump: asyncio.Task[None] | None = None
        self._began_ns = steady_ns()
        self._told_at = self._rest_since = self._loop.time()
        self._outcome = "closed_by_reader"
        self._pieces = self._chunks = self._longest_gap_ns = self._reader_ns = self._last_ns = 0
        self._first_ns: int | None = None

    def start(self) -> None:
        """Begins to fetch."""
        self._pump = asyncio.create_task(self._fetch())

    async def stop(self) -> None:
        """Ends the fetching, and the source with it."""
        if self._pump is None:
            return
        if not self._pump.done():
            self._pump.cancel()
            await asyncio.wait([self._pump])
        if not self._pump.cancelled():
            self._pump.exception()  # told already, or for a reader who is gone

    async def events(self) -> AsyncIterator[StreamEvent]:
        """Everything for the reader."""
        yield self._event(StreamEventKind.TYPING)
        has_rest = False
        while (got := await self._next(has_rest)) is not _END:
            now = self._loop.time()
            if got is _STILL_WORKING:
                yield self._event(StreamEventKind.WORKING)
                continue
            chunks = [self._cuts.rest()] if got is _FLUSH else self._cuts.take(got)
            if chunks or not has_rest:
                self._rest_since = now
            has_rest = got is not _FLUSH
            for text in chunks:
                if text:
                    yield self._event(StreamEventKind.TEXT, text)
        if text := self._cuts.rest():
            yield self._event(StreamEventKind.TEXT, text)
        self._outcome = "failed"
        if self._pump is not None:
            await self._pump
        self._outcome = "complete"
        yield self._event(StreamEventKind.END)

    def tell(self, step: RemedyStep) -> None:
        """Says in the step how it went."""
        if self._first_ns is not None:
            step.first_token(self._first_ns)
        step.add(
            {
                names.REMEDY_OUTCOME: self._outcome,
                names.STREAM_PIECES: self._pieces,
                names.STREAM_CHUNKS: self._chunks,
                names.STREAM_LONGEST_GAP_NS: self._longest_gap_ns if self._pieces > 1 else None,
                names.STREAM_READER_NS: self._reader_ns,
            }
        )

    def _event(self, kind: StreamEventKind, text: str = "") -> StreamEvent:
        self._told_at = self._loop.time()
        self._chunks += bool(text)
        return StreamEvent(kind, text, steady_ns() - self._began_ns)

    async def _next(self, has_rest: bool) -> Any:
        """The next piece; or what else is to be done first, `_FLUSH` or `_STILL_WORKING`."""
        if not self._queue.empty():
            return self._queue.get_nowait()
        times: dict[object, float] = {}
        if has_rest and self._flush_s is not None:
            times[_FLUSH] = self._rest_since + self._flush_s
        if self._working_s is not None:
            times[_STILL_WORKING] = self._told_at + self._working_s
        first = min(times, key=times.__getitem__, default=None)
        try:
            async with asyncio.timeout_at(None if first is None else times[first]):
                return await self._queue.get()
        except TimeoutError:
            return first

    async def _fetch(self) -> None:
        """Fetches pieces while there is room for them."""
        try:
            await self._fetch_pieces()
        except asyncio.CancelledError:
            raise  # nobody reads any more
        except BaseException:
            await self._queue.put(_END)
            raise
        await self._queue.put(_END)

    async def _fetch_pieces(self) -> None:
        try:
            async for piece in self._source:
                came_ns = steady_ns()
                if self._first_ns is None:
                    self._first_ns = came_ns - self._began_ns
                else:
                    self._longest_gap_ns = max(self._longest_gap_ns, came_ns - self._last_ns)
                self._pieces += 1
                await self._queue.put(piece)
                self._last_ns = steady_ns()
                self._reader_ns += self._last_ns - came_ns
        finally:
            close = getattr(self._source, "aclose", None)
            if close is not None:
                await close()
