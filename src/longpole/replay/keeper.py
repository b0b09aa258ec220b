"""Keeps what comes back from outside exactly: results and failures of decorated functions, items of streams, answers to
requests. It makes every call; what it adds stands on the call's own step and is sent with it."""

from asyncio import CancelledError
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Generator, Iterator
from typing import Any

import msgspec

from longpole.model.clock import steady_ns
from longpole.record.current import STARTED, Record, current
from longpole.record.recorder import recorder
from longpole.record.site import Site
from longpole.record.stand_in import Given
from longpole.record.trouble import complain
from longpole.replay.answer import KeptAnswer
from longpole.replay.httpx_door import asked_of, async_stream_of, site_of, stream_of
from longpole.replay.places import OUTSIDE, note
from longpole.replay.plain import EXACT, as_plain, error_text, why_lost
from longpole.wire import longpole_names as names

CANCELLED = "it was cancelled"
_to_json = msgspec.json.Encoder().encode


class Keeper:
    """A stand-in that makes the calls and keeps what comes back; a handler that does so with requests.

    Args:
        on_call: told of the step of every call, when it begins.
    """

    def __init__(self, on_call: Callable[[Record], None]) -> None:
        self._on_call = on_call

    def call(self, site: Site, record: Record, given: Given, function: Callable[[], Any]) -> Any:
        """Calls the function."""
        self._on_call(record)
        if site.category not in OUTSIDE:
            return function()
        try:
            result = function()
        except BaseException as error:
            keep_error(record, error)
            raise
        keep_result(record, result, function)
        return result

    async def call_async(
        self,
        site: Site,
        record: Record,
        given: Given,
        function: Callable[[], Awaitable[Any]],
    ) -> Any:
        """Awaits the function."""
        self._on_call(record)
        if site.category not in OUTSIDE:
            return await function()
        try:
            result = await function()
        except BaseException as error:
            keep_error(record, error)
            raise
        keep_result(record, result, function)
        return result

    def stream(
        self,
        site: Site,
        record: Record,
        given: Given,
        function: Callable[[], Generator[Any, Any, Any]],
    ) -> Generator[Any, Any, Any]:
        """The items of the function's generator."""
        self._on_call(record)
        if site.category not in OUTSIDE:
            return (yield from function())
        source, items = function(), _KeptItems(record)
        resume: Callable[[Any], Any] = source.send
        value: Any = None
        try:
            while True:
                try:
                    item = resume(value)
                except StopIteration as stop:
                    return stop.value
                items.add(item)
                try:
                    value = yield item
                    resume = source.send
                except GeneratorExit:
                    raise
                except BaseException as error:
                    resume, value = source.throw, error
        except BaseException as error:
            items.fail(error)
            raise
        finally:
            source.close()
            items.keep()

    async def stream_async(
        self,
        site: Site,
        record: Record,
        given: Given,
        function: Callable[[], AsyncGenerator[Any, Any]],
    ) -> AsyncGenerator[Any, Any]:
        """The items of the function's asynchronous generator."""
        self._on_call(record)
        source, items = function(), _KeptItems(record if site.category in OUTSIDE else None)
        resume: Callable[[Any], Awaitable[Any]] = source.asend
        value: Any = None
        try:
            while True:
                try:
                    item = await resume(value)
                except StopAsyncIteration:
                    return
                items.add(item)
                try:
                    value = yield item
                    resume = source.asend
                except GeneratorExit:
                    raise
                except BaseException as error:
                    resume, value = source.athrow, error
        except BaseException as error:
            items.fail(error)
            raise
        finally:
            await source.aclose()
            items.keep()

    def exchange(self, library: Any, request: Any, send: Callable[[], Any]) -> Any:
        """Sends a request of a step and keeps the answer; one outside of any step is only sent."""
        kept = begin_exchange(request)
        if kept is None:
            return send()
        self._on_call(kept.record)
        return kept.send(library, request, send)

    async def exchange_async(self, library: Any, request: Any, send: Callable[[], Awaitable[Any]]) -> Any:
        """The same for an asynchronous client."""
        kept = begin_exchange(request)
        if kept is None:
            return await send()
        self._on_call(kept.record)
        return await kept.send_async(library, request, send)


def begin_exchange(request: Any) -> "Exchange | None":
    """A step for the request below the one that runs here; nothing outside of any."""
    here = current.get()
    if here is None or not recorder.is_on:
        return None
    return Exchange(here, asked_of(request))


class Exchange:
    """One request, its step, and the answer to come."""

    def __init__(self, here: Record, asked: dict[str, Any]) -> None:
        self.asked = asked
        self.site = site_of(asked["method"], asked["host"], asked["path"].partition("?")[0])
        self.record = recorder.start(self.site, here, ((asked,), None))
        self._here = here
        self._answer: KeptAnswer | None = None
        note(self.record, names.REPLAY_EXCHANGE, True)

    def send(self, library: Any, request: Any, send: Callable[[], Any]) -> Any:
        """Sends it; the step ends with the answer's last byte."""
        request.headers["accept-encoding"] = "identity"  # what is compressed cannot be looked through for secrets
        current.set(self.record)
        try:
            response = send()
        except BaseException as error:
            self.fail(error)
            raise
        finally:
            current.set(self._here)
        source = self._begin_answer(response)
        response.stream = stream_of(library, self._pieces(source), lambda: self._close(source))
        return response

    async def send_async(self, library: Any, request: Any, send: Callable[[], Awaitable[Any]]) -> Any:
        """The same for an asynchronous client."""
        request.headers["accept-encoding"] = "identity"
        current.set(self.record)
        try:
            response = await send()
        except BaseException as error:
            self.fail(error)
            raise
        finally:
            current.set(self._here)
        source = self._begin_answer(response)
        response.stream = async_stream_of(library, self._async_pieces(source), lambda: self._aclose(source))
        return response

    def fail(self, error: BaseException) -> None:
        """It ends without an answer."""
        keep_error(self.record, error)
        recorder.fail(self.record, error)

    def finish(self, output: dict[str, Any], mark: str) -> None:
        """It ends with an answer."""
        note(self.record, names.REPLAY_RESULT, mark)
        note(self.record, "http.response.status_code", output["status"])
        recorder.finish(self.record, output)

    def _begin_answer(self, response: Any) -> Any:
        self._answer = KeptAnswer(self.record[STARTED], response.status_code, response.headers)
        return response.stream

    def _pieces(self, source: Any) -> Iterator[bytes]:
        try:
            for piece in source:
                self._add(piece)
                yield piece
        except GeneratorExit:
            raise
        except BaseException as error:
            self._answer = None
            self.fail(error)
            raise
        self._end(is_whole=True)

    async def _async_pieces(self, source: Any) -> AsyncIterator[bytes]:
        try:
            async for piece in source:
                self._add(piece)
                yield piece
        except GeneratorExit:
            raise
        except BaseException as error:
            self._answer = None
            self.fail(error)
            raise
        self._end(is_whole=True)

    def _close(self, source: Any) -> None:
        try:
            source.close()
        finally:
            self._end(is_whole=False)

    async def _aclose(self, source: Any) -> None:
        try:
            await source.aclose()
        finally:
            self._end(is_whole=False)

    def _add(self, piece: bytes) -> None:
        if self._answer is not None:
            self._answer.add(piece)

    def _end(self, *, is_whole: bool) -> None:
        """Once: at the last byte, or where the reader leaves."""
        answer, self._answer = self._answer, None
        if answer is None:
            return
        try:
            if is_whole:
                answer.end()
            self.finish(*answer.output())
        except Exception as error:
            complain("replay", error)


class _KeptItems:
    """The items of one stream, each with its time; of no stream without a record."""

    def __init__(self, record: Record | None) -> None:
        self._record = record
        self._started_ns = steady_ns()
        self._items: list[tuple[int, Any]] = []
        self._lost = ""

    def add(self, item: Any) -> None:
        if self._record is None or self._lost:
            return
        try:
            plain = as_plain(item)
            if type(plain) is not type(item) or plain != item:
                self._lost = f"an item of its stream is a {type(item).__qualname__}, which JSON does not give back"
            self._items.append((steady_ns() - self._started_ns, plain))
        except Exception as error:
            self._lost = f"an item of its stream cannot be kept as JSON: {type(error).__name__}"

    def fail(self, error: BaseException) -> None:
        if self._record is not None and not isinstance(error, GeneratorExit):
            keep_error(self._record, error)

    def keep(self) -> None:
        if self._record is None:
            return
        note(self._record, names.REPLAY_RESULT, self._lost or EXACT)
        note(self._record, names.REPLAY_ITEMS, _to_json(self._items).decode())


def keep_result(record: Record, result: Any, function: Callable[..., Any]) -> None:
    """Says on a step whether its output gives the result back. Never raises."""
    try:
        note(record, names.REPLAY_RESULT, why_lost(result, function))
    except Exception as error:
        complain("replay", error)


def keep_error(record: Record, error: BaseException) -> None:
    """Keeps on a step the exception that leaves it. Never raises."""
    try:
        note(record, names.REPLAY_RESULT, CANCELLED if isinstance(error, CancelledError | GeneratorExit) else EXACT)
        note(record, names.REPLAY_ERROR, error_text(error))
    except Exception as second:
        complain("replay", second)
