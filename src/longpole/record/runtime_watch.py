"""What the process did while an execution ran: CPU, memory, threads, garbage collection, and counts of work in it.

Nothing of it is on the way of a step. A thread reads the process ten times a second (30 us each time); when an
execution has ended, what lies between the readings around it becomes attributes of it (`longpole.runtime.*`). CPU and
garbage collection between two readings are taken to have gone evenly, so that of an execution of a few milliseconds
they say little; and they are of the whole process: two executions at the same time have each other's. Counts are exact,
and of the execution itself: whoever counts (`runtime_hooks`) does so at the current one.
"""

import gc
import threading
from bisect import bisect_left, bisect_right
from collections.abc import Callable
from threading import Thread
from time import process_time_ns
from typing import Any, NamedTuple

from longpole.model.bell import Bell
from longpole.model.clock import steady_ns
from longpole.record.current import ENDED, PARENT, STARTED, Record, current, is_execution
from longpole.record.more import ATTRIBUTES, put
from longpole.record.process_memory import resident_reader
from longpole.record.recorder import recorder
from longpole.record.trouble import complain
from longpole.wire import longpole_names as names

EVERY_S = 0.1
MOST_READINGS = 36_000
"""An hour of readings, 5 MB: of an execution that is longer, what is told is of its last hour."""

MOST_COUNTED = 10_000
"""Executions that are counted in at once; beyond it those that were never sent are forgotten."""


_EVEN = (names.RUNTIME_CPU_NS, names.RUNTIME_GC_NS, names.RUNTIME_GC_PAUSES)


class Reading(NamedTuple):
    """The process at a moment; `gc_ns` and `gc_pauses` since the watch began. Memory is unknown without psutil."""

    time_ns: int
    cpu_ns: int
    gc_ns: int
    gc_pauses: int
    threads: int
    memory_bytes: int | None


class RuntimeWatch:
    """Reads the process while recording is on. `note` puts what it knows on a record that has ended.

    Args:
        read_memory: gives the resident set in bytes; by default psutil's.
    """

    def __init__(self, read_memory: Callable[[], int | None] | None = None) -> None:
        self._read_memory = read_memory or resident_reader()
        self._readings: list[Reading] = []
        self._counts: dict[int, dict[str, int]] = {}
        self._gc_ns = self._gc_pauses = 0
        self._gc_started: dict[int, int] = {}
        self._lock = threading.RLock()  # a signal handler may count in the middle of a count
        self._stopped = Bell()
        self._is_on = False

    def start(self) -> None:
        """Begins to read, in a thread of its own."""
        self._is_on = True
        gc.callbacks.append(self._on_gc)
        self.read()
        Thread(target=self._run, name="longpole-runtime", daemon=True).start()

    def stop(self) -> None:
        """Ends it."""
        self._is_on = False
        if self._on_gc in gc.callbacks:
            gc.callbacks.remove(self._on_gc)
        self._stopped.set()

    def count(self, name: str, by: int = 1, second: str = "", second_by: int = 0) -> None:
        """Adds to one or two of the numbers of the execution that runs here; outside of any nothing. From any thread.

        Costs about 1 us.
        """
        execution = _top_or_execution(current.get())
        if execution is None:
            return
        with self._lock:
            if len(self._counts) > MOST_COUNTED:
                self._counts.clear()
            counts = self._counts.setdefault(id(execution), {})
            counts[name] = counts.get(name, 0) + by
            if second:
                counts[second] = counts.get(second, 0) + second_by

    def read(self) -> Reading:
        """One reading, which is kept."""
        try:
            memory = self._read_memory()
        except Exception:  # /proc may be closed to us
            memory = None
        threads = threading.active_count()
        with self._lock:
            reading = Reading(steady_ns(), process_time_ns(), self._gc_ns, self._gc_pauses, threads, memory)
            self._readings.append(reading)
            if len(self._readings) > MOST_READINGS:
                del self._readings[: MOST_READINGS // 10]
        return reading

    def note(self, record: Record) -> None:
        """What is known of an execution that has ended, as its attributes; of a step nothing. Never raises."""
        try:
            if record[ENDED] is not None and (is_execution(record) or record[PARENT] is None):
                if record[ENDED] > self._readings[-1].time_ns:
                    self.read()
                put(record, ATTRIBUTES, self._between(record[STARTED], record[ENDED]) | self._taken(record))
        except Exception as error:
            complain("runtime_watch", error)

    def _taken(self, record: Record) -> dict[str, int]:
        with self._lock:
            return self._counts.pop(id(record), {})

    def _between(self, started_ns: int, ended_ns: int) -> dict[str, Any]:
        with self._lock:
            first = max(0, bisect_right(self._readings, started_ns, key=_time) - 1)
            last = bisect_left(self._readings, ended_ns, key=_time)
            inside = self._readings[first : last + 1]
        told: dict[str, Any] = {names.RUNTIME_THREADS: max(reading.threads for reading in inside)}
        memory = [reading.memory_bytes for reading in inside if reading.memory_bytes is not None]
        if memory:
            told[names.RUNTIME_MEMORY_PEAK_BYTES] = max(memory)
            told[names.RUNTIME_MEMORY_DELTA_BYTES] = memory[-1] - memory[0]
        before, after = _at(inside, started_ns), _at(inside, ended_ns)
        for name, then, now in zip(_EVEN, before, after, strict=True):
            told[name] = round(now - then)
        return told

    def _on_gc(self, phase: str, _: dict[str, Any]) -> None:
        thread = threading.get_ident()
        if phase == "start":
            self._gc_started[thread] = steady_ns()
            return
        started = self._gc_started.pop(thread, None)
        if started is not None:
            # Not under the lock: the collector may run while this very thread holds it.
            self._gc_ns += steady_ns() - started
            self._gc_pauses += 1

    def _run(self) -> None:
        while self._is_on:
            if recorder.is_on:
                self.read()
            self._stopped.wait(EVERY_S)


def _time(reading: Reading) -> int:
    return reading.time_ns


def _at(readings: list[Reading], time_ns: int) -> tuple[float, float, float]:
    """The numbers of `_EVEN` at a moment, between the readings around it."""
    place = bisect_left(readings, time_ns, key=_time)
    following = readings[min(place, len(readings) - 1)]
    before = readings[max(place - 1, 0)]
    length_ns = following.time_ns - before.time_ns
    part = min(1.0, (time_ns - before.time_ns) / length_ns) if length_ns and time_ns > before.time_ns else 0.0
    return (
        before.cpu_ns + (following.cpu_ns - before.cpu_ns) * part,
        before.gc_ns + (following.gc_ns - before.gc_ns) * part,
        before.gc_pauses + (following.gc_pauses - before.gc_pauses) * part,
    )


def _top_or_execution(record: Record | None) -> Record | None:
    """The nearest execution at or above a record, else the top of its tree, which is then the execution."""
    while record is not None and not is_execution(record):
        if record[PARENT] is None:
            return record
        record = record[PARENT]
    return record
