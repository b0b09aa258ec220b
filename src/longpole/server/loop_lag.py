"""How late the event loop is: a timer that should fire at a time, and notes when it does.

What blocks the loop for longer shows as a delay, shorter than the block by the period at most. Two clocks tell why. How
long the loop's thread waited for a core, the system knows (Linux): that part a machine made that has too much to do.
What is left is the server's: the loop's own work, for which it has used CPU time, or another thread of the server that
held the interpreter.

To wake a loop that sleeps costs 0.1 ms here, one that is awake next to nothing: so every 20 ms while requests come, and
every 100 ms while none do. Measured: 0.14 % of a core when idle; under 1,000 turns a second not to be told from none.
"""

import asyncio
import os
import time
from collections.abc import Callable

from longpole.model.durations import Durations

BUSY_S = 0.02
IDLE_S = 0.1
_WAITS = "/proc/thread-self/schedstat"


class CoreWaits:
    """How long this thread has waited for a core in all. A look costs 1.3 us."""

    def __init__(self) -> None:
        try:
            self._file: int | None = os.open(_WAITS, os.O_RDONLY | os.O_CLOEXEC)
        except OSError:  # no Linux, or one that does not tell: then the machine's part counts as the server's
            self._file = None

    def seconds(self) -> float:
        """The seconds so far; 0 where the system does not tell."""
        return 0.0 if self._file is None else int(os.pread(self._file, 100, 0).split()[1]) / 1e9

    def close(self) -> None:
        """Look no more."""
        if self._file is not None:
            os.close(self._file)
            self._file = None


class LoopLag:
    """The delays of the loop that `start` was called in."""

    def __init__(self, activity: Callable[[], int] = lambda: 0, *, busy_s: float = BUSY_S, idle_s: float = IDLE_S):
        """Nothing is watched until `start`.

        Args:
            activity: a number that changes while the loop has something to do.
            busy_s: seconds until the timer is to fire after it has changed.
            idle_s: the same where it has not.
        """
        self.delays = Durations()
        self.stalls = Durations()
        """Of every delay the part that the loop's thread did not wait for a core."""
        self.blocks = Durations()
        """Of every delay the part that the loop's thread was computing."""
        self._activity = activity
        self._busy_s = busy_s
        self._idle_s = idle_s
        self._before = 0
        self._due_s = self._cpu_s = self._waited_s = 0.0
        self._waits: CoreWaits | None = None
        self._timer: asyncio.TimerHandle | None = None

    def start(self, waits: CoreWaits | None = None) -> None:
        """Begin; to be called in the loop. `waits` are those of its thread."""
        self._before = self._activity()
        self._waits = waits or CoreWaits()
        self._expect(asyncio.get_running_loop(), self._waits)

    def stop(self) -> None:
        """End; to be called in the loop, or when it has ended."""
        if self._timer is not None:
            self._timer.cancel()
        if self._waits is not None:
            self._waits.close()

    def _expect(self, loop: asyncio.AbstractEventLoop, waits: CoreWaits) -> None:
        now = self._activity()
        wait_s = self._idle_s if now == self._before else self._busy_s
        self._before = now
        # The loop's own clock is that of the beginning of its round, in whole milliseconds with uvloop.
        self._due_s, self._cpu_s, self._waited_s = time.monotonic() + wait_s, time.thread_time(), waits.seconds()
        self._timer = loop.call_later(wait_s, self._note, loop, waits)

    def _note(self, loop: asyncio.AbstractEventLoop, waits: CoreWaits) -> None:
        delay_s = max(0.0, time.monotonic() - self._due_s)
        self.delays.add(delay_s)
        self.stalls.add(max(0.0, delay_s - (waits.seconds() - self._waited_s)))
        self.blocks.add(min(delay_s, time.thread_time() - self._cpu_s))
        self._expect(loop, waits)
