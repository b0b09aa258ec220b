"""Gives a program what was recorded instead of making its calls, and notes where it asks for something else.

Every step is recorded as always, so that the run is an execution of its own; it names the one it was given.
"""

import asyncio
import json
import time
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Generator, Iterator
from threading import Lock
from typing import Any, NamedTuple

import msgspec
from msgspec.structs import replace

from longpole.model.category import Category
from longpole.model.clock import steady_ns
from longpole.model.errors import ReplayDiverged
from longpole.record.current import ENDED, MORE, PARENT, SITE, STARTED, Record, ids_of
from longpole.record.foreign import FOREIGN
from longpole.record.more import add_attributes
from longpole.record.render import Renderer
from longpole.record.site import Site
from longpole.record.snapshot import pack, pack_hard
from longpole.record.stand_in import Given, stand_ins
from longpole.replay.answer import pieces_of
from longpole.replay.divergence import Divergence, asked_in_vain, cannot_be_given
from longpole.replay.httpx_door import async_stream_of, stream_of
from longpole.replay.keeper import CANCELLED, Exchange, Keeper, begin_exchange
from longpole.replay.matching import Calls
from longpole.replay.places import OUTSIDE, Agents, agents_above, name_of_place, note, top_of
from longpole.replay.plain import EXACT, NOTHING, error_from, given_back, has_return_type
from longpole.replay.plan import Outcome, Plan
from longpole.replay.recordings import EXCHANGE, STEP, Call
from longpole.wire import longpole_names as names

MOST_DIVERGENCES = 100
_LIMIT = 64 * 1024 * 1024
_PATIENCE_NS = 5_000_000_000


class _Asked(NamedTuple):
    """A call that is made now; a request has no function."""

    kind: str
    name: str
    agents: Agents
    arguments: Any
    function: Callable[[], Any] | None
    is_stream: bool = False


class Replayer:
    """A stand-in and handler that answers from a recording; what goes live is kept, as `longpole record` does.

    Args:
        plan: what is given back, and how.
        on_call: told of the step of every call, when it begins.
    """

    def __init__(self, plan: Plan, on_call: Callable[[Record], None]) -> None:
        self._plan = plan
        self._on_call = on_call
        self._calls = Calls(plan.recording.calls)
        self._open = frozenset(plan.recording.open_steps)
        self._keeper = Keeper(_nothing)
        self._lock = Lock()
        self._counts: Counter[str] = Counter()
        self._divergences: list[Divergence] = []
        self._traces: dict[str, None] = {}

    def call(self, site: Site, record: Record, given: Given, function: Callable[[], Any]) -> Any:
        """What the function gave when it was recorded."""
        found = self._find_step(site, record, given, function)
        if found is None:
            return self._keeper.call(site, record, given, function)
        self._sleep(record, found)
        return self._result(record, found, function)

    async def call_async(self, site: Site, record: Record, given: Given, function: Callable[[], Awaitable[Any]]) -> Any:
        """The same of a coroutine function."""
        found = self._find_step(site, record, given, function)
        if found is None:
            return await self._keeper.call_async(site, record, given, function)
        await self._sleep_async(record, found)
        return self._result(record, found, function)

    def stream(
        self, site: Site, record: Record, given: Given, function: Callable[[], Generator[Any, Any, Any]]
    ) -> Generator[Any, Any, Any]:
        """The items that the function's generator gave."""
        found = self._find_step(site, record, given, function, is_stream=True)
        if found is None:
            return (yield from self._keeper.stream(site, record, given, function))
        for at_ns, item in found.items or ():
            time.sleep(self._left_s(record, found, at_ns))
            yield item
        self._sleep(record, found)
        self._end_stream(record, found)
        return None

    async def stream_async(
        self, site: Site, record: Record, given: Given, function: Callable[[], AsyncGenerator[Any, Any]]
    ) -> AsyncGenerator[Any, Any]:
        """The same of an asynchronous generator."""
        found = self._find_step(site, record, given, function, is_stream=True)
        if found is None:
            source = self._keeper.stream_async(site, record, given, function)
            try:
                async for item in source:
                    yield item
            finally:
                await source.aclose()
            return
        for at_ns, item in found.items or ():
            await asyncio.sleep(self._left_s(record, found, at_ns))
            yield item
        await self._sleep_async(record, found)
        self._end_stream(record, found)

    def exchange(self, library: Any, request: Any, send: Callable[[], Any]) -> Any:
        """The answer that a request got."""
        running, found = self._find_exchange(request)
        if running is None:
            return send()
        if found is None:
            return running.send(library, request, send)
        record = running.record
        if found.error is not None:
            self._sleep(record, found)
            raise self._failure(running, found)
        time.sleep(self._left_s(record, found, found.output["headers_ns"]))
        chunks = self._chunks(running, found)
        return self._response(library, found, stream_of(library, chunks, lambda: self._finish(running, found)))

    async def exchange_async(self, library: Any, request: Any, send: Callable[[], Awaitable[Any]]) -> Any:
        """The same for an asynchronous client."""
        running, found = self._find_exchange(request)
        if running is None:
            return await send()
        if found is None:
            return await running.send_async(library, request, send)
        record = running.record
        if found.error is not None:
            await self._sleep_async(record, found)
            raise self._failure(running, found)
        await asyncio.sleep(self._left_s(record, found, found.output["headers_ns"]))

        async def close() -> None:
            self._finish(running, found)

        chunks = self._async_chunks(running, found)
        return self._response(library, found, async_stream_of(library, chunks, close))

    def outcome(self) -> Outcome:
        """What came of it so far."""
        left = [call for call in self._calls.left() if not (call.is_inside or call.is_live) and call.is_marked]
        with self._lock:
            return Outcome(
                traces=list(self._traces),
                served=self._counts["served"],
                live=self._counts["live"],
                stubbed=self._counts["stubbed"],
                redacted=self._counts["redacted"],
                divergences=list(self._divergences),
                divergences_left_out=self._counts["diverged"] - len(self._divergences),
                never_asked=[call.name for call in left],
            )

    def _find_step(
        self, site: Site, record: Record, given: Given, function: Callable[[], Any], *, is_stream: bool = False
    ) -> Call | None:
        """The recorded call of a function that reaches out; `None` if it is to be made."""
        self._mark_top(record)
        if site.category not in OUTSIDE or site.is_agent:
            return None
        arguments = self._arguments(site, given)
        return self._find(_Asked(STEP, site.name, agents_above(record), arguments, function, is_stream))

    def _find_exchange(self, request: Any) -> tuple[Exchange | None, Call | None]:
        running = begin_exchange(request)
        if running is None:
            return None, None
        self._mark_top(running.record)
        given: Given = ((running.asked,), None)
        try:
            arguments = self._arguments(running.site, given)
            asked = _Asked(EXCHANGE, running.site.name, agents_above(running.record), arguments, None)
            found = self._find(asked)
        except ReplayDiverged as error:
            running.fail(error)
            raise
        if found is not None:
            self._mark_unpaid(running)
        return running, found

    def _find(self, asked: _Asked) -> Call | None:
        kind, name, agents, arguments = asked[:4]
        if name_of_place(agents, name) in self._open:
            return None
        call = self._calls.take(kind, name, agents, arguments)
        if call is None:
            nearest = self._calls.nearest(kind, name, agents, arguments)
            left = [each.name for each in self._calls.left()]
            return self._diverge(
                asked_in_vain(kind, name, agents, arguments, nearest, left, self._plan.missing), nearest, asked
            )
        if call.is_live:
            return self._count("live")
        why = _why_not_given(call, asked)
        if why:
            return self._diverge(cannot_be_given(call, agents, why, self._plan.missing), None, asked)
        self._count("redacted" if call.is_redacted else "served")
        return call

    def _mark_unpaid(self, running: Exchange) -> None:
        """Says on the model call that a request belongs to that nothing was paid for it."""
        above: Record | None = running.record[PARENT]
        while above is not None and (FOREIGN in (above[MORE] or {}) or _is_model_call(above)):
            note(above, names.PRICE_TIER, names.REPLAY_TIER)
            above = above[PARENT]

    def _diverge(self, divergence: Divergence, nearest: Call | None, asked: _Asked) -> Call | None:
        """Notes what the recording does not answer, and does what is to be done about it.

        Raises:
            ReplayDiverged: it is to fail, or there is nothing that could stand in.
        """
        with self._lock:
            self._counts["diverged"] += 1
            if len(self._divergences) < MOST_DIVERGENCES:
                self._divergences.append(divergence)
        if self._plan.missing == "pass":
            return self._count("live")
        if self._plan.missing == "stub" and nearest is not None and not _why_not_given(nearest, asked):
            self._count("stubbed")
            return replace(nearest, is_instant=True)
        raise ReplayDiverged(
            f"{divergence.text}\nExpected what execution {self._plan.recording.execution_id} asked for. Replay with "
            "--missing pass to make such calls, or --missing stub to give them the nearest result."
        )

    def _count(self, what: str) -> None:
        with self._lock:
            self._counts[what] += 1
            if what == "redacted":
                self._counts["served"] += 1

    def _mark_top(self, record: Record) -> None:
        """Says on the outermost execution of what was recorded it runs again."""
        self._on_call(record)
        top = top_of(record)
        if top[SITE] is None:
            return  # sampling left it out
        trace = ids_of(top).trace_id
        if trace in self._traces or top[ENDED] is not None:
            return
        with self._lock:
            self._traces[trace] = None
        add_attributes(top, {names.REPLAY_OF: self._plan.recording.execution_id})

    def _arguments(self, site: Site, given: Given) -> Any:
        """The arguments as they were kept when recorded: as JSON by name, without secrets."""
        renderer = Renderer("full", b"", _LIMIT, stand_ins.redactor)
        try:
            packed = pack(given)
        except Exception:
            packed = pack_hard(given)
        return json.loads(renderer.inputs(packed, site.parameters))

    def _result(self, record: Record, found: Call, function: Callable[[], Any]) -> Any:
        self._note_given(record, found)
        if found.error is not None:
            raise error_from(found.error)
        return given_back(found.output, function)

    def _end_stream(self, record: Record, found: Call) -> None:
        self._note_given(record, found)
        note(record, names.REPLAY_ITEMS, msgspec.json.encode(found.items or []).decode())
        if found.error is not None:
            raise error_from(found.error)

    def _note_given(self, record: Record, found: Call) -> None:
        """What a recording of this run needs, and what the call has told of its model."""
        is_nothing = found.output is None and found.error is None and found.items is None
        note(record, names.REPLAY_RESULT, NOTHING if is_nothing else EXACT)
        note(record, names.REPLAY_SERVED, True)
        if found.error is not None:
            note(record, names.REPLAY_ERROR, found.error)
        add_attributes(record, found.usage)
        if found.usage:
            note(record, names.PRICE_TIER, names.REPLAY_TIER)

    def _failure(self, running: Exchange, found: Call) -> BaseException:
        note(running.record, names.REPLAY_SERVED, True)
        error = error_from(found.error or "{}")
        running.fail(error)
        return error

    def _response(self, library: Any, found: Call, stream: Any) -> Any:
        return library.Response(
            found.output["status"],
            headers=found.output.get("headers", {}),
            stream=stream,
            extensions={"http_version": b"HTTP/1.1"},
        )

    def _chunks(self, running: Exchange, found: Call) -> Iterator[bytes]:
        for at_ns, piece in pieces_of(found.output):
            time.sleep(self._left_s(running.record, found, at_ns))
            yield piece
        self._finish(running, found)

    async def _async_chunks(self, running: Exchange, found: Call) -> AsyncIterator[bytes]:
        for at_ns, piece in pieces_of(found.output):
            await asyncio.sleep(self._left_s(running.record, found, at_ns))
            yield piece
        self._finish(running, found)

    def _finish(self, running: Exchange, found: Call) -> None:
        if running.record[ENDED] is None and running.record[SITE] is not None:
            note(running.record, names.REPLAY_SERVED, True)
            running.finish(found.output, EXACT)

    def _left_s(self, record: Record, found: Call, at_ns: int) -> float:
        """Seconds from now to a moment of a call, counted from its start."""
        if found.is_instant or self._plan.wait == 0:
            return 0.0
        return max(0.0, (record[STARTED] + at_ns * self._plan.wait - steady_ns()) / 1e9)

    def _sleep(self, record: Record, found: Call) -> None:
        time.sleep(self._left_s(record, found, found.duration_ns))

    async def _sleep_async(self, record: Record, found: Call) -> None:
        if found.lost == CANCELLED:  # whoever cancelled it then will do so again
            await asyncio.sleep((found.duration_ns * 3 + _PATIENCE_NS) / 1e9)
            raise ReplayDiverged(
                f"The call {found.name!r} was cancelled when it was recorded, and nobody cancels it now. Expected that "
                "it does not come to its end. Record the program anew, or replay with --missing pass."
            )
        await asyncio.sleep(self._left_s(record, found, found.duration_ns))


def _is_model_call(record: Record) -> bool:
    return record[SITE] is not None and record[SITE].category == Category.LLM


def _nothing(record: Record) -> None:
    """The replayer has told of the step itself."""


def _why_not_given(call: Call, asked: _Asked) -> str:
    """Why a recorded result cannot be given back to who asks now; empty if it can."""
    function = asked.function
    if call.lost == CANCELLED and function is not None and not asked.is_stream:
        return ""
    if call.lost or function is None:
        return call.lost
    if call.items is None and asked.is_stream:
        return "it was no stream when it was recorded"
    if call.items is not None and not asked.is_stream:
        return "it was a stream when it was recorded"
    if call.error is not None or asked.is_stream:
        return ""
    if not call.is_marked and not has_return_type(function):
        return "it was not recorded with 'longpole record', and its function has no return annotation"
    try:
        given_back(call.output, function)
    except Exception as error:
        return f"its return annotation does not fit any more: {str(error)[:200]}"
    return ""
