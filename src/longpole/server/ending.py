"""The end of a server takes a bounded time, whatever runs when it is told to stop.

Requests have a while to finish; then what they ask the store is cancelled. Each part is closed within the time that is
left. If that does not do, because a database neither answers nor lets itself be cancelled, the process ends where it
is, as a killed one would: nothing acknowledged is lost by that, since the spool holds what is not stored.
"""

import logging
import os
import sys
import threading
import time
from collections.abc import Callable
from types import TracebackType

from longpole.store.cancel import Cancellation

END_S = 8.0
"""So long it takes at most from the signal to the end of the process."""

REQUESTS_END_S = 3
_CANCEL_EVERY_S = 0.1
_WATCH_END_S = 1.0

_log = logging.getLogger("longpole.server")


class Ending:
    """Bounds the end of the block that it is the `with` of, from `begin` on.

    Args:
        end_s: seconds until the process is ended.
        leave: ends the process without waiting for anything.
    """

    def __init__(self, end_s: float = END_S, leave: Callable[[int], object] = os._exit) -> None:
        self.requests = Cancellation()
        self._end_s = end_s
        self._leave = leave
        self._ends_at: float | None = None
        self._told: list[Callable[[], object]] = []
        self._is_over = threading.Event()
        self._watch = threading.Thread(target=self._bound, name="longpole-ending", daemon=True)

    def on_begin(self, tell: Callable[[], object]) -> None:
        """Have something called when the end begins, by who begins it."""
        self._told.append(tell)

    def begin(self) -> None:
        """The time runs from now on."""
        if self._ends_at is None:
            self._ends_at = time.monotonic() + self._end_s
            self._watch.start()
            for tell in self._told:
                tell()

    def left_s(self, spared_s: float = 0.0) -> float:
        """Seconds that are left, without `spared_s` for what comes after; never less than a tenth."""
        ends_at = time.monotonic() + self._end_s if self._ends_at is None else self._ends_at
        return max(0.1, ends_at - time.monotonic() - spared_s)

    def __enter__(self) -> "Ending":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._is_over.set()
        if self._watch.is_alive():
            self._watch.join(_WATCH_END_S)  # else the interpreter's end may find it holding what it was to tell

    def _bound(self) -> None:
        self._is_over.wait(min(REQUESTS_END_S, self._end_s))
        while not self._is_over.wait(min(_CANCEL_EVERY_S, self.left_s())):
            if self.left_s() <= _CANCEL_EVERY_S:
                self._give_up()
                return
            self.requests.cancel()

    def _give_up(self) -> None:
        running = sorted({thread.name for thread in threading.enumerate() if thread is not self._watch})
        _log.error(
            "the server ends after %g s although some of it has not: %s. What is not stored waits in the spool",
            self._end_s,
            ", ".join(running),
        )
        sys.stdout.flush()
        self._leave(0)
