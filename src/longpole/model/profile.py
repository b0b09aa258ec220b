"""What profiling finds out: one call of an operation, and all calls of it together.

Times are nanoseconds. A figure that is not known is `None`, never 0.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple


class ProfilePlace(NamedTuple):
    """Where an exported call stands: its number in this process, and when it started (nanoseconds since 1970)."""

    number: int
    started_ns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileMetrics:
    """One call of a profiled operation.

    `started_ns` counts since 1970. `coordination_ns` is the time in which none of its profiled children ran, unknown
    where it had none. `concurrent` is how many calls of the same operation were under way when it started, itself
    included. The two memory figures are those of the whole process. `path` leads from the outermost exported call down
    to this one; it is empty for a call that is not exported.
    """

    name: str
    started_ns: int
    duration_ns: int
    error_type: str | None = None
    error: str | None = None
    parent: str | None = None
    concurrent: int = 1
    coordination_ns: int | None = None
    memory_delta_bytes: int | None = None
    memory_peak_bytes: int | None = None
    cpu_ns: int | None = None
    metadata: Mapping[str, Any] | None = None
    path: tuple[ProfilePlace, ...] = ()

    @property
    def duration_s(self) -> float:
        """The duration in seconds."""
        return self.duration_ns / 1e9

    @property
    def has_failed(self) -> bool:
        """Whether an exception left the call."""
        return self.error_type is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class AggregatedMetrics:
    """All calls of one operation that have ended.

    Percentiles are those of a log-bucket histogram, at most 1 % off; the others are exact. `own_ns` is the total
    without the time in which profiled children ran. `coordination_ns` is the same of the calls that had children
    (`coordinating_calls`), unknown where none had. `most_concurrent` is how many calls of the operation ran at once.
    `memory_delta_bytes` is the sum of what the process grew by during the calls, `memory_peak_bytes` the highest seen.
    """

    name: str
    count: int
    errors: int
    total_ns: int
    own_ns: int
    min_ns: int
    max_ns: int
    p50_ns: int
    p95_ns: int
    p99_ns: int
    most_concurrent: int
    running: int
    coordinating_calls: int = 0
    coordination_ns: int | None = None
    memory_delta_bytes: int | None = None
    memory_peak_bytes: int | None = None
    cpu_ns: int | None = None

    @property
    def mean_ns(self) -> float:
        """The mean duration of a call."""
        return self.total_ns / self.count

    @property
    def error_rate(self) -> float:
        """The share of calls that an exception left, 0 to 1."""
        return self.errors / self.count
