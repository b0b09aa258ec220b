"""What arrived of each program, and what did not: by the numbers that Longpole's SDK gives to what it sends.

A body that comes twice, late or in another order changes nothing in the end. What is missing may still wait in the
program's spool, so a gap counts only when it has been there for `GAP_NS`. Counted since the server started: what a
program sent to an earlier run of the server is not judged, unless the program is younger than this run.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterator
from threading import Lock
from typing import Any

from msgspec import Struct, field

from longpole.ingest.limits import Decoded
from longpole.ingest.names import read_count, read_text
from longpole.ingest.span import LogRecord, Source, Span
from longpole.ingest.spool import Accepted
from longpole.model.clock import now_ns
from longpole.wire.longpole_names import HEARTBEAT, SDK_DROPPED

GAP_NS = 15 * 10**9
MOST_PROGRAMS = 2_000
MOST_PIECES = 1_000
_MOST_NUMBERS = 10_000  # characters of one body's numbers
_HIGHEST = 2**53


class Stream:
    """Which numbers of one row have arrived."""

    def __init__(self, floor: int | None = None) -> None:
        self.floor = floor  # below it nothing is judged; `None` until something comes
        self.gap_since_ns: int | None = None
        self._starts: list[int] = []  # of the pieces that have arrived whole
        self._ends: list[int] = []
        self._given_up = 0

    def add(self, start: int, end: int, now: int) -> None:
        """Note that the numbers from `start` to before `end` are here."""
        if self.floor is None:
            self.floor = start
        first, last = bisect_left(self._ends, start), bisect_left(self._starts, end + 1)
        if first < last:
            start, end = min(start, self._starts[first]), max(end, self._ends[last - 1])
        self._starts[first:last] = [start]
        self._ends[first:last] = [end]
        if len(self._starts) > MOST_PIECES:
            self._given_up += max(0, self._starts[1] - max(self._ends[0], self.floor))
            del self._starts[1], self._ends[0]
        self._note_gap(now)

    def begins_at_nought(self, now: int) -> None:
        """Everything from the first number on belongs to this run of the server."""
        if self.floor != 0:
            self.floor = 0
            self._note_gap(now)

    def missing(self, now: int) -> int:
        """How many numbers have not arrived although later ones have, for long enough."""
        is_old = self.gap_since_ns is not None and now - self.gap_since_ns >= GAP_NS
        return self._given_up + (self._gaps() if is_old else 0)

    def _note_gap(self, now: int) -> None:
        if not self._gaps():
            self.gap_since_ns = None
        elif self.gap_since_ns is None:
            self.gap_since_ns = now

    def _gaps(self) -> int:
        if len(self._starts) == 1 and self.floor == self._starts[0]:
            return 0
        floor = self.floor or 0
        at, gaps = floor, 0
        for start, end in zip(self._starts, self._ends, strict=True):
            gaps += max(0, start - at)
            at = max(at, end)
        return gaps


class Program(Struct):
    """What is known of one process that sends. `dropped` is what it says that it could not keep.

    It `is_young` if it began in this run of the server: all of its numbers belong here.
    """

    workspace: str
    process: str | None
    service: str | None
    sdk: str | None
    spans: int = 0
    logs: int = 0
    rejected: Counter[str] = field(default_factory=Counter[str])
    dropped: int | None = None
    lost: int = 0
    heard_ns: int = 0
    is_young: bool = False
    streams: dict[str, Stream] = field(default_factory=dict[str, Stream])

    def missing(self, now: int) -> int | None:
        """Spans and log records that have not arrived; `None` of a program that does not number them."""
        return sum(stream.missing(now) for stream in self.streams.values()) if self.streams else None


class Arrivals:
    """The programs of one server. `decoded` is called by the reading thread, the rest by any."""

    def __init__(self, decode: Callable[[Accepted], Decoded], now: Callable[[], int] = now_ns) -> None:
        """Nothing has arrived yet.

        Args:
            decode: makes spans of a body.
            now: the time in nanoseconds since 1970.
        """
        self._decode = decode
        self._now = now
        self._started_ns = now()
        self._programs: dict[tuple[str, str], Program] = {}
        self._lock = Lock()

    def decoded(self, item: Accepted) -> Decoded:
        """What is in a body, counted. Costs 1 us a body and 0.1 us a span more than decoding it."""
        found = self._decode(item)
        now = self._now()
        with self._lock:
            for source, workspace, records in _by_source(found):
                program = self._program(workspace, source)
                program.heard_ns = now
                self._count(program, records, source.numbers, item.signal, now)
            if found.rejected and self._last is not None:
                self._last.rejected.update(each.rule for each in found.rejected)
        return found

    def programs(self) -> list[Program]:
        """All of them, the one heard last first."""
        with self._lock:
            return sorted(self._programs.values(), key=lambda program: -program.heard_ns)

    def missing(self) -> int:
        """What all of them miss."""
        now = self._now()
        with self._lock:
            return sum(program.missing(now) or 0 for program in self._programs.values())

    def dropped(self) -> int:
        """What all of them say that they could not keep."""
        with self._lock:
            return sum(max(program.dropped or 0, program.lost) for program in self._programs.values())

    _last: Program | None = None
    """Of the body that is being counted: what is rejected does not say whence it came."""

    def _program(self, workspace: str, source: Source) -> Program:
        resource = source.resource
        service = read_text(resource.get("service.name"))
        process = read_text(resource.get("service.instance.id"))
        key = (workspace, process or service or "")
        program = self._programs.get(key)
        if program is None:
            sdk = read_text(resource.get("telemetry.sdk.name")) or source.scope or None
            program = self._programs[key] = Program(workspace, process, service, sdk)
            if len(self._programs) > MOST_PROGRAMS:
                oldest = min(self._programs, key=lambda each: (each == key, self._programs[each].heard_ns))
                del self._programs[oldest]
        self._last = program
        return program

    def _count(self, program: Program, records: list[Any], numbers: str | None, signal: str, now: int) -> None:
        if numbers is not None and len(numbers) <= _MOST_NUMBERS:
            stream = program.streams.setdefault(signal, Stream(0 if program.is_young else None))
            for start, end in _ranges(numbers):
                stream.add(start, end, now)
        if isinstance(records[0], Span):
            program.spans += len(records)
            return
        program.logs += len(records)
        for record in records:
            if record.event_name in (HEARTBEAT, SDK_DROPPED):
                self._hear(program, record, now)

    def _hear(self, program: Program, record: LogRecord, now: int) -> None:
        if record.event_name == SDK_DROPPED:
            program.lost += read_count(record.attributes.get("count")) or 0
            return
        dropped = read_count(record.attributes.get("dropped"))
        program.dropped = dropped if dropped is None else max(dropped, program.dropped or 0)
        started = record.attributes.get("started_ns")
        if isinstance(started, int) and started >= self._started_ns:
            program.is_young = True
            for stream in program.streams.values():
                stream.begins_at_nought(now)


def _by_source(found: Decoded) -> Iterator[tuple[Source, str, list[Any]]]:
    """The records of a body, those of one source after each other."""
    records: list[Span] | list[LogRecord] = found.spans or found.logs
    first = 0
    for place in range(1, len(records) + 1):
        if place == len(records) or records[place].source is not records[first].source:
            yield records[first].source, records[first].workspace, list(records[first:place])
            first = place


def _ranges(numbers: str) -> Iterator[tuple[int, int]]:
    """The ranges that a body tells, each with its end behind the last; what is none is passed over."""
    for part in numbers.split(","):
        first, _, last = part.partition("-")
        if first.isascii() and last.isascii() and first.isdecimal() and last.isdecimal():
            start, end = int(first[:17]), int(last[:17]) + 1
            if start < end <= _HIGHEST:
                yield start, end
