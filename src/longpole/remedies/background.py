"""Work that nobody waits for, done properly: tasks that are kept, bounded, counted, and finished at the end.

    async with Background() as background:
        background.start(store_metrics, answer)

`asyncio.create_task` alone keeps no task: one whose reference is dropped may vanish in the middle, its exception
is told when it is too late, and nothing bounds how many there are.
"""

import asyncio
import contextvars
from collections import deque
from collections.abc import Callable, Coroutine
from types import TracebackType
from typing import Any, Literal, Self

from msgspec import Struct

from longpole.model.clock import steady_ns
from longpole.model.errors import RemedyFull
from longpole.record.trouble import warn_once
from longpole.remedies.remedy_step import tell_wait
from longpole.wire import longpole_names as names

WhenFull = Literal["raise", "drop_oldest", "drop"]
CLOSE_S = 10.0


class BackgroundFigures(Struct):
    """What became of the work so far."""

    started: int = 0
    done: int = 0
    failed: int = 0
    dropped: int = 0
    """Never begun, for want of room or of time at the end."""
    most_waiting: int = 0


class _Job(Struct, frozen=True):
    function: Callable[..., Coroutine[Any, Any, Any]]
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    context: contextvars.Context
    told_ns: int


class Background:
    """Runs coroutine functions beside the program, in the order in which they were given, in one event loop.

    Args:
        name: for the steps that tell how long work has waited.
        at_once: how many run at the same time.
        most_waiting: how many may wait for their turn.
        when_full: raise `RemedyFull`, or drop the oldest that waits, or the new one. What is dropped is counted.
        on_error: is told of each exception; by default the first of its kind goes to the log.
    """

    def __init__(
        self,
        name: str = "background",
        *,
        at_once: int = 8,
        most_waiting: int = 1000,
        when_full: WhenFull = "raise",
        on_error: Callable[[BaseException], None] | None = None,
    ) -> None:
        self.figures = BackgroundFigures()
        self._name, self._at_once, self._most_waiting = name, at_once, most_waiting
        self._when_full: WhenFull = when_full
        self._on_error = on_error
        self._waiting: deque[_Job] = deque()
        self._running: set[asyncio.Task[None]] = set()
        self._is_closed = False

    def start(self, function: Callable[..., Coroutine[Any, Any, Any]], *args: Any, **kwargs: Any) -> bool:
        """Takes work and returns at once. Call it in the event loop.

        Returns:
            Whether it was taken; `False` if it was dropped.

        Raises:
            RemedyFull: too much waits, and it was asked to raise then; or it is closed.
        """
        if self._is_closed:
            raise RemedyFull(f"The background work {self._name!r} is closed. Expected work before the end. Await it.")
        if len(self._waiting) >= self._most_waiting and not self._make_room():
            return False
        self.figures.started += 1
        self._waiting.append(_Job(function, args, kwargs, contextvars.copy_context(), steady_ns()))
        self.figures.most_waiting = max(self.figures.most_waiting, len(self._waiting))
        self._begin()
        return True

    async def close(self, timeout_s: float = CLOSE_S) -> bool:
        """Finishes what was taken; what is not done in time is cancelled and counted as dropped.

        Returns:
            Whether everything was done.
        """
        self._is_closed = True
        dropped = self.figures.dropped
        try:
            async with asyncio.timeout(timeout_s):
                while self._running:
                    await asyncio.wait(self._running)
        except TimeoutError:
            self.figures.dropped += len(self._waiting)
            self._waiting.clear()
            for task in [*self._running]:
                task.cancel()
            await asyncio.gather(*self._running, return_exceptions=True)
        return self.figures.dropped == dropped

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None
    ) -> None:
        await self.close()

    def _make_room(self) -> bool:
        if self._when_full == "raise":
            raise RemedyFull(
                f"The background work {self._name!r} has {self._most_waiting} calls that wait. Expected fewer: more "
                "comes than is done. Start less, let more run at once, or choose what is dropped with `when_full`."
            )
        self.figures.dropped += 1
        if self._when_full == "drop":
            return False
        self._waiting.popleft()
        return True

    def _begin(self) -> None:
        while self._waiting and len(self._running) < self._at_once:
            job = self._waiting.popleft()
            task = asyncio.get_running_loop().create_task(self._run(job), context=job.context)
            self._running.add(task)
            task.add_done_callback(self._end)

    async def _run(self, job: _Job) -> None:
        tell_wait(f"wait for {self._name}", job.told_ns, {names.QUEUE_POOL: self._name})
        await job.function(*job.args, **job.kwargs)

    def _end(self, task: "asyncio.Task[None]") -> None:
        self._running.discard(task)
        if task.cancelled():
            self.figures.dropped += 1
        elif (error := task.exception()) is not None:
            self.figures.failed += 1
            self._tell(error)
        else:
            self.figures.done += 1
        self._begin()

    def _tell(self, error: BaseException) -> None:
        if self._on_error is not None:
            self._on_error(error)
        else:
            warn_once(f"Background work of {self._name!r} failed: {type(error).__name__}: {error}. The others go on.")
