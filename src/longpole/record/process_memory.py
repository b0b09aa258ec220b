"""Memory while a step runs: of the whole process, because nothing finer can be had at this price.

Two steps at the same time see each other's memory. The resident set is read at the start and the end of a step (15 us
each, by psutil), and every 10 ms by one background thread while any such step is open; a peak between two readings is
missed. Without psutil nothing is known.
"""

from collections.abc import Callable
from logging import getLogger
from threading import RLock, Thread
from time import sleep
from typing import NamedTuple

from longpole.model.bell import Bell

SAMPLE_S = 0.01
_log = getLogger("longpole")


class MemoryUse(NamedTuple):
    """What the process grew by between start and end of a step (negative: it shrank), and the highest seen."""

    delta_bytes: int
    peak_bytes: int


class MemoryWatch:
    """An open step whose memory is looked at."""

    __slots__ = ("peak_bytes", "start_bytes")

    def __init__(self, start_bytes: int) -> None:
        self.start_bytes = start_bytes
        self.peak_bytes = start_bytes


class MemorySampler:
    """Reads the process's resident set while watches are open.

    Args:
        read_bytes: gives the resident set in bytes, or `None` where it cannot be known; by default psutil's.
    """

    def __init__(self, read_bytes: Callable[[], int | None] | None = None) -> None:
        self._given = read_bytes
        self._read = read_bytes or resident_reader()
        self._open: set[MemoryWatch] = set()
        self._lock = RLock()
        self._wake = Bell()
        self._thread: Thread | None = None

    def start(self) -> MemoryWatch | None:
        """An open watch, or `None` where memory cannot be known."""
        resident = self._resident()
        if resident is None:
            return None
        watch = MemoryWatch(resident)
        with self._lock:
            self._open.add(watch)
            if self._thread is None:
                self._thread = Thread(target=self._run, name="longpole-memory", daemon=True)
                self._thread.start()
        self._wake.set()
        return watch

    def stop(self, watch: MemoryWatch) -> MemoryUse | None:
        """What the process's memory did while the watch was open; `None` if it could not be read any more."""
        resident = self._resident()
        with self._lock:
            self._open.discard(watch)
        if resident is None:
            return None
        return MemoryUse(resident - watch.start_bytes, max(resident, watch.peak_bytes))

    def sample(self) -> bool:
        """One look for all open watches; whether there are any."""
        with self._lock:
            watches = list(self._open)
        resident = self._resident() if watches else None
        for watch in watches:
            if resident is not None and resident > watch.peak_bytes:
                watch.peak_bytes = resident
        return bool(watches)

    def reset_after_fork(self) -> None:
        """In a new child: another process with other numbers, and the thread is not there."""
        self.__init__(self._given)

    def _resident(self) -> int | None:
        try:
            return self._read()
        except Exception:  # /proc may be closed to us
            return None

    def _run(self) -> None:
        while True:
            self._wake.wait()
            self._wake.clear()
            while self.sample():
                sleep(SAMPLE_S)


def resident_reader() -> Callable[[], int | None]:
    """Gives the resident set of this process in bytes; `None` without psutil, which is told once in the log."""
    try:
        import psutil  # noqa: PLC0415 - optional, and 10 ms that only those pay who track memory
    except ImportError:
        _log.warning(
            "Memory is not tracked: psutil is not installed. Expected the package psutil. Run: pip install psutil"
        )
        return _unknown
    memory = psutil.Process().memory_info
    return lambda: memory().rss


def _unknown() -> int | None:
    return None
