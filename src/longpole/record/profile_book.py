"""What the profiler knows: per operation a histogram and a few sums, and the latest calls.

The memory is bounded: a call adds to one bucket of a log histogram (`model/buckets.py`: gamma 1.01/0.99, so that a
percentile is at most 1 % off; some 1,600 buckets from a nanosecond to a day), and there are at most `MOST_OPERATIONS`
operations. Nothing here waits for anything but other threads that add a call.
"""

from collections import deque
from collections.abc import Iterable
from math import ceil
from threading import RLock
from typing import Any

from longpole.model.buckets import bucket_duration_ns, duration_bucket
from longpole.model.profile import AggregatedMetrics
from longpole.record.process_memory import MemoryUse

MOST_OPERATIONS = 2000
OTHERS = "(other operations)"
MOST_RECENT = 512


class Operation:
    """The sums of one operation. Whoever changes it holds the book's lock."""

    __slots__ = (
        "buckets",
        "coordinating_calls",
        "coordination_ns",
        "count",
        "cpu_ns",
        "errors",
        "max_ns",
        "memory_delta_bytes",
        "memory_peak_bytes",
        "min_ns",
        "most_concurrent",
        "name",
        "own_ns",
        "running",
        "total_ns",
    )

    def __init__(self, name: str) -> None:
        self.name = name
        self.running = 0
        self.forget()

    def forget(self) -> None:
        """Back to nothing, but for the calls under way."""
        self.buckets: dict[int, int] = {}
        self.count = self.errors = self.total_ns = self.own_ns = self.min_ns = self.max_ns = 0
        self.most_concurrent = self.running
        self.coordinating_calls = self.coordination_ns = 0
        self.cpu_ns: int | None = None
        self.memory_delta_bytes: int | None = None
        self.memory_peak_bytes: int | None = None

    def begin(self) -> int:
        """One more call is under way; how many there are now."""
        self.running = running = self.running + 1
        if running > self.most_concurrent:
            self.most_concurrent = running
        return running

    def end(
        self,
        duration_ns: int,
        covered_ns: int | None = None,
        *,
        has_failed: bool = False,
        cpu_ns: int | None = None,
        memory: MemoryUse | None = None,
    ) -> None:
        """Adds a call that has ended. `covered_ns` is `None` where it had no profiled children."""
        self.running -= 1
        # Written out: `min` and `max` would double the time that this takes.
        if duration_ns > self.max_ns:
            self.max_ns = duration_ns
        if duration_ns < self.min_ns or self.count == 0:
            self.min_ns = duration_ns
        self.count += 1
        self.total_ns += duration_ns
        bucket = duration_bucket(duration_ns)
        self.buckets[bucket] = self.buckets.get(bucket, 0) + 1
        if has_failed:
            self.errors += 1
        if covered_ns is None:
            self.own_ns += duration_ns
        else:
            own = max(duration_ns - covered_ns, 0)
            self.own_ns += own
            self.coordinating_calls += 1
            self.coordination_ns += own
        if cpu_ns is not None:
            self.cpu_ns = (self.cpu_ns or 0) + cpu_ns
        if memory is not None:
            self.memory_delta_bytes = (self.memory_delta_bytes or 0) + memory.delta_bytes
            self.memory_peak_bytes = max(self.memory_peak_bytes or 0, memory.peak_bytes)

    def metrics(self) -> AggregatedMetrics:
        """The sums as they are now; at least one call has ended."""
        p50, p95, p99 = self._percentiles((0.5, 0.95, 0.99))
        return AggregatedMetrics(
            name=self.name,
            count=self.count,
            errors=self.errors,
            total_ns=self.total_ns,
            own_ns=self.own_ns,
            min_ns=self.min_ns,
            max_ns=self.max_ns,
            p50_ns=p50,
            p95_ns=p95,
            p99_ns=p99,
            most_concurrent=self.most_concurrent,
            running=self.running,
            coordinating_calls=self.coordinating_calls,
            coordination_ns=self.coordination_ns if self.coordinating_calls else None,
            memory_delta_bytes=self.memory_delta_bytes,
            memory_peak_bytes=self.memory_peak_bytes,
            cpu_ns=self.cpu_ns,
        )

    def _percentiles(self, shares: Iterable[float]) -> list[int]:
        """Nearest rank: the duration of the call with the number ceil(share * count), within its bucket's 1 %."""
        found: list[int] = []
        ordered = sorted(self.buckets.items())
        for share in shares:
            rank, seen = ceil(share * self.count), 0
            for bucket, count in ordered:
                seen += count
                if seen >= rank:
                    found.append(min(max(round(bucket_duration_ns(bucket)), self.min_ns), self.max_ns))
                    break
        return found


class ProfileBook:
    """All operations, and the calls that ended last. Safe across threads."""

    def __init__(self) -> None:
        self.lock = RLock()  # a finalizer or a signal handler may be profiled too, in the middle of it
        self.recent: deque[Any] = deque(maxlen=MOST_RECENT)  # ProfiledCall: figures are made of it when asked for
        self._operations: dict[str, Operation] = {}

    def operation(self, name: str) -> Operation:
        """The sums of the operation of this name, new ones if need be. With the lock held."""
        found = self._operations.get(name)
        if found is None:
            if len(self._operations) >= MOST_OPERATIONS:
                name = OTHERS
            found = self._operations.setdefault(name, Operation(name))
        return found

    def metrics_of(self, name: str) -> AggregatedMetrics | None:
        """The figures of one operation, `None` while no call of it has ended."""
        with self.lock:
            found = self._operations.get(name)
            return found.metrics() if found is not None and found.count else None

    def all_metrics(self) -> list[AggregatedMetrics]:
        """The figures of all operations that have ended calls, the largest total first."""
        with self.lock:
            figures = [each.metrics() for each in self._operations.values() if each.count]
        return sorted(figures, key=lambda each: (-each.total_ns, each.name))

    def reset(self) -> None:
        """Forgets all calls that have ended. Those under way will count when they end."""
        with self.lock:
            self.recent.clear()
            self._operations = {name: each for name, each in self._operations.items() if each.running}
            for each in self._operations.values():
                each.forget()

    def reset_after_fork(self) -> None:
        """In a new child: what the parent counted is the parent's, and its lock may be held for ever."""
        self.__init__()
