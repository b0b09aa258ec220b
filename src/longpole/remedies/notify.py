"""Telling those who watch, and no more than they can see: of each key only the latest message, at most so often.

    async with Notifier() as notifier:
        notifier.listen(websocket.send_json)
        notifier.tell("progress", {"done": 3, "of": 8})     # returns at once

Nothing is made or sent while nobody watches: a listener is somebody at a screen, and what runs for a batch has none.
"""

import asyncio
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Any, Self

from msgspec import Struct

from longpole.model.category import Category
from longpole.model.clock import steady_ns
from longpole.record.current import Record, current
from longpole.record.recorder import recorder
from longpole.record.trouble import warn_once
from longpole.record.waits import add_wait
from longpole.remedies.message_size import estimated_bytes
from longpole.wire import longpole_names as names

CLOSE_S = 5.0
Send = Callable[[dict[str, Any]], Awaitable[Any]]
Told = Any | Callable[[], Any]


class NotifyFigures(Struct):
    """What was told and sent so far. `replaced` were never sent, as a later message of their key came before."""

    told: int = 0
    sent: int = 0
    replaced: int = 0
    unheard: int = 0
    """Told while nobody listened."""
    too_big: int = 0
    failed: int = 0
    """Listeners that raised, or were too slow at the end; they are told nothing more."""


class Notifier:
    """Messages to listeners, in one event loop.

    Args:
        interval_s: how long at least lies between two messages of a listener. The first goes at once.
        most_bytes: a message that is larger, as far as can be estimated, goes without its content:
            `{"key": ..., "is_too_big": true, "bytes": ...}`.
    """

    def __init__(self, *, interval_s: float = 0.1, most_bytes: int = 65_536) -> None:
        self.figures = NotifyFigures()
        self._interval_s, self._most_bytes = interval_s, most_bytes
        self._listeners: list[_Listener] = []
        self._above: Record | None = None
        self._began_ns = steady_ns()

    @property
    def is_heard(self) -> bool:
        """Whether anybody listens; if not, a message need not even be made."""
        return bool(self._listeners)

    def listen(self, send: Send) -> Callable[[], None]:
        """Adds a listener; each message is `{"key": ..., "message": ...}`. Gives what ends it."""
        listener = _Listener(send, self._interval_s, self._failed, self.figures)
        self._listeners.append(listener)
        return lambda: self._end(listener)

    def tell(self, key: str, message: Told) -> None:
        """Says what is the case now. What was told of the same key and is not sent yet is forgotten.

        Args:
            key: what the message is about; messages of several keys go in the order in which the keys were told first.
            message: what is sent, or a function that makes it, called only if somebody listens. It is read when it is
                sent: do not change it in place.
        """
        self.figures.told += 1
        if self._above is None and recorder.is_on:
            self._above, self._began_ns = current.get(), steady_ns()
        if not self._listeners:
            self.figures.unheard += 1
            return
        whole = {"key": key, "message": message() if callable(message) else message}
        size = estimated_bytes(whole)
        if size > self._most_bytes:
            self.figures.too_big += 1
            whole = {"key": key, "is_too_big": True, "bytes": size}
        for listener in self._listeners:
            listener.put(key, whole)

    async def close(self, timeout_s: float = CLOSE_S) -> None:
        """Sends what waits, at most so long, and ends all listeners."""
        listeners, self._listeners = self._listeners, []
        await asyncio.gather(*(listener.close(timeout_s) for listener in listeners))
        self._record()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None
    ) -> None:
        await self.close()

    def _end(self, listener: "_Listener") -> None:
        if listener in self._listeners:
            self._listeners.remove(listener)
        listener.cancel()

    def _failed(self, listener: "_Listener", error: Exception) -> None:
        self.figures.failed += 1
        if listener in self._listeners:
            self._listeners.remove(listener)
        warn_once(f"A listener is gone: {type(error).__name__}: {error}. It is told nothing more; the others are.")

    def _record(self) -> None:
        above, self._above = self._above, None
        if above is not None and recorder.is_on:
            attributes = {
                names.REMEDY: "notify",
                names.NOTIFY_TOLD: self.figures.told,
                names.NOTIFY_SENT: self.figures.sent,
            }
            add_wait("notify", Category.AGENT_COMM, above, self._began_ns, steady_ns(), attributes)


class _Listener:
    """One who is told: what waits for it, and the task that sends it while there is any."""

    def __init__(
        self,
        send: Send,
        interval_s: float,
        failed: "Callable[[_Listener, Exception], None]",
        figures: NotifyFigures,
    ) -> None:
        self._send, self._interval_s = send, interval_s
        self._failed, self._figures = failed, figures
        self._waiting: dict[str, dict[str, Any]] = {}
        self._task: asyncio.Task[None] | None = None
        self._hurry = asyncio.Event()

    def put(self, key: str, message: dict[str, Any]) -> None:
        self._figures.replaced += key in self._waiting
        self._waiting[key] = message
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._go())

    async def close(self, timeout_s: float) -> None:
        self._hurry.set()
        if self._task is None:
            return
        done, _ = await asyncio.wait([self._task], timeout=timeout_s)
        if not done:
            self.cancel()
            self._failed(self, TimeoutError(f"it took more than {timeout_s} s"))

    def cancel(self) -> None:
        if self._task is not None:
            self._task.cancel()

    async def _go(self) -> None:
        """Sends what waits, and rests for the interval; ends when nothing came meanwhile."""
        while self._waiting:
            waiting, self._waiting = self._waiting, {}
            for message in waiting.values():
                try:
                    await self._send(message)
                except Exception as error:
                    self._failed(self, error)
                    return
                self._figures.sent += 1
            try:
                async with asyncio.timeout(self._interval_s):
                    await self._hurry.wait()
            except TimeoutError:
                pass
