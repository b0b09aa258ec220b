"""Since when an event loop has been busy without turning round, told at a price of 0.2 us a turn.

asyncio's own loops end every turn by asking their selector for news. That call is wrapped: what lies between two of
them is one turn. uvloop has no selector in Python; there a timer beats, and a beat that is overdue tells the same, less
exactly: the beginning of a block is then known to within half a beat.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Any, Protocol

from longpole.model.clock import steady_ns

GRAIN_NS = 1_500_000  # timers of uvloop have one of a millisecond
Turn = tuple[int, int]
"""Steady start and end of a turn that took long."""


class Turns(Protocol):
    """How the watcher asks a loop. `long_turns` are those that took `limit_ns` or more."""

    limit_ns: int
    long_turns: deque[Turn]
    is_asleep: bool
    can_wake: bool

    def busy_since(self, now: int) -> int | None:
        """Steady time since when the loop has not turned, or `None` while it waits for news."""
        ...

    def rest(self, now: int) -> None:
        """The loop does not run at present: what passes until it runs again is no turn."""
        ...

    def remove(self) -> None:
        """Leaves the loop as it was."""
        ...


def watch_turns(loop: asyncio.AbstractEventLoop, limit_ns: int, wake: Callable[[], None]) -> Turns:
    """The way that fits this loop. To be called in the loop's own thread.

    Args:
        loop: the loop that is to be watched.
        limit_ns: from how many nanoseconds a turn is worth noting.
        wake: called when the loop turns while `is_asleep`.
    """
    selector: Any = getattr(loop, "_selector", None)
    if selector is not None and callable(getattr(selector, "select", None)):
        return SelectorTurns(selector, limit_ns, wake)
    return BeatTurns(loop, limit_ns, wake)


class SelectorTurns:
    """Turns of a loop that asks a selector."""

    __slots__ = ("_select", "_selector", "_since", "can_wake", "is_asleep", "limit_ns", "long_turns", "wake")

    def __init__(self, selector: Any, limit_ns: int, wake: Callable[[], None]) -> None:
        self.limit_ns = limit_ns
        self.long_turns: deque[Turn] = deque(maxlen=64)
        self.is_asleep = False
        self.can_wake = True
        self.wake = wake
        self._since = steady_ns()
        self._selector = selector
        self._select = self._wrapped(selector.select)
        selector.select = self._select

    def busy_since(self, now: int) -> int | None:
        """See `Turns`."""
        return self._since or None

    def rest(self, now: int) -> None:
        """See `Turns`."""
        self._since = 0

    def remove(self) -> None:
        """Takes the wrapper off, if nobody has put another one over it."""
        self._since = 0
        if vars(self._selector).get("select") is self._select:
            del self._selector.select

    def _wrapped(self, select: Callable[..., Any]) -> Callable[..., Any]:
        def longpole_select(timeout: float | None = None) -> Any:
            now = steady_ns()
            since = self._since
            if since and now - since >= self.limit_ns:
                self.long_turns.append((since, now))
                self._call()
            self._since = 0
            try:
                return select(timeout)
            finally:
                self._since = steady_ns()
                if self.is_asleep:
                    self._call()

        return longpole_select

    def _call(self) -> None:
        if self.is_asleep:
            self.is_asleep = False
            self.wake()


class BeatTurns:
    """Turns of any loop, by a timer of its own."""

    __slots__ = (
        "_beat_at",
        "_handle",
        "_interval_ns",
        "_loop",
        "can_wake",
        "is_asleep",
        "limit_ns",
        "long_turns",
        "wake",
    )

    def __init__(self, loop: asyncio.AbstractEventLoop, limit_ns: int, wake: Callable[[], None]) -> None:
        self.limit_ns = limit_ns
        self.long_turns: deque[Turn] = deque(maxlen=64)
        self.is_asleep = False
        self.can_wake = False
        self.wake = wake
        self._loop = loop
        self._interval_ns = max(limit_ns // 4, 1_000_000)
        self._beat_at = steady_ns()
        self._handle = loop.call_later(self._interval_ns / 1e9, self._beat)

    def busy_since(self, now: int) -> int | None:
        """See `Turns`. The block began between the last beat and the time at which the next one was due."""
        start = self._beat_at + self._interval_ns // 2
        is_due = now - start >= self._interval_ns // 2 + GRAIN_NS
        return start if is_due or (now > start and asyncio.current_task(self._loop) is not None) else None

    def rest(self, now: int) -> None:
        """See `Turns`."""
        self._beat_at = now

    def remove(self) -> None:
        """Stops the timer."""
        self._handle.cancel()

    def _beat(self) -> None:
        now = steady_ns()
        start = self._beat_at + self._interval_ns // 2
        if now - start >= self.limit_ns:
            self.long_turns.append((start, now))
        if self.is_asleep:
            self.is_asleep = False
            self.wake()
        self._beat_at = now
        self._handle = self._loop.call_later(self._interval_ns / 1e9, self._beat)
