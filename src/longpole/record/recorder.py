"""The recorder: starts and ends records on the caller's thread. Nothing here waits, locks or raises.

CPU of the calling thread per step by `bench/overhead.py` (CPython 3.11, a 2-core machine at work, where the bare
OpenTelemetry SDK takes 18.4 us): 0.8 us without content, 1.3 us with inputs and outputs (async 0.9 and 1.4), 0.04 us
while off (async 0.1). Of that a list appended to a deque is 0.25 with the garbage collection it causes, two snapshots
0.3, two clock readings and two changes of the context 0.1 each.
"""

from collections import deque
from collections.abc import Callable
from typing import Any, NamedTuple

from longpole.model.clock import steady_ns
from longpole.record.capture import freeze_error
from longpole.record.current import ENDED, ERROR, IDS, INPUT, MORE, OUTPUT, PARENT, SITE, STARTED, Record, living
from longpole.record.let_through import let_through
from longpole.record.site import Site

BIG_SNAPSHOT = 4096
MOST_LINES = 10_000
LINE_BYTES = 500  # without its texts


class Line(NamedTuple):
    """A log line or score that travels by itself: its step may have ended, or it names one of its own."""

    time_ns: int
    event_name: str
    level: str
    message: str | None
    attributes: dict[str, Any]
    trace_id: str | None
    span_id: str | None
    workspace: str | None = None


def line_bytes(line: Line) -> int:
    """About how much memory a line takes."""
    return LINE_BYTES + text_bytes(line.message) + sum(map(text_bytes, line.attributes.values()))


def text_bytes(value: Any) -> int:
    """About how much a text takes, or a `Content` with one; of numbers nothing."""
    kept = value if type(value) is str else getattr(value, "packed", None) or getattr(value, "value", None)
    return len(kept) if isinstance(kept, str | bytes) else 0


def _nothing() -> None:
    """Nobody to wake: not configured."""


def _always() -> float:
    return 0.0


def _no_snapshot(*_: Any) -> bytes:
    """Nothing is kept before `configure()`."""
    return b""


class Recorder:
    """What the decorators write to. There is one, `recorder`; `configure()` switches it on, also for functions that
    were decorated before.

    `records` takes each step once, at its start, so that open steps are already visible to the flusher. `is_awake` is
    false while the flusher sleeps until `wake`.
    """

    __slots__ = (
        "append",
        "held_bytes",
        "held_limit",
        "is_awake",
        "is_on",
        "keeps_content",
        "late",
        "late_bytes",
        "limit",
        "outside",
        "pack",
        "pack_hard",
        "pack_short",
        "plain_bytes",
        "records",
        "registered",
        "roll",
        "sampling_rate",
        "unkept",
        "wake",
        "watching_ns",
    )

    def __init__(self) -> None:
        self.is_on = False
        self.outside: Record | None = None  # the step of the process that started this one
        self.keeps_content = False
        self.sampling_rate = 1.0
        self.roll: Callable[[], float] = _always  # `configure()` brings chance
        self.limit = self.plain_bytes = 0
        self.pack: Callable[[Any], bytes] = _no_snapshot
        self.pack_hard: Callable[[Any], bytes] = _no_snapshot
        self.pack_short: Callable[[Any, int], bytes] = _no_snapshot
        self.records: deque[Record] = deque()
        self.append = self.records.append
        self.late: deque[Line] = deque()
        self.late_bytes = 0
        self.registered: list[Site] = []
        self.is_awake = True
        self.wake: Callable[[], None] = _nothing
        self.watching_ns = 0  # CPU of the thread that watches event loops
        self.held_bytes = 0
        self.held_limit = 16 * 1024 * 1024
        self.unkept = 0

    def __reduce__(self) -> str:
        """Decorated functions are pickled with what they refer to by some; there is one recorder everywhere."""
        return "recorder"

    def register(self, site: Site) -> None:
        """Makes an agent known that may never run. At decoration, before or after `configure()`."""
        self.registered.append(site)
        if self.is_on and not self.is_awake:
            self.is_awake = True  # here, not in the flusher: it may wait 5 ms for its turn, and each call costs 0.5 us
            self.wake()

    def start(self, site: Site, parent: Record | None, given: Any = None) -> Record:
        """A started record below `parent`; or the stand-in for what sampling leaves out, with nothing kept below.

        `given` are the arguments, `((by position...), by name)`, in the order of the site's parameters.
        """
        if parent is not None and parent[ENDED] is not None:
            parent = living(parent)
        if parent is None:
            parent = self.outside
            if parent is None and self.sampling_rate < 1.0 and self.roll() >= self.sampling_rate:
                return [None, None, 0, None, None, None, None, None, None]
        if parent is not None and parent[SITE] is None and parent[IDS] is None:
            return parent
        packed = None
        if given is not None and self.keeps_content:
            try:
                packed = self.pack(given)
                if len(packed) >= self.plain_bytes:
                    packed = self._big(given, packed)
            except BaseException as error:
                try:
                    let_through(error)
                    packed = self._big(given, self.pack_hard(given))
                except Exception:  # no room on the stack for a call more; there is for the program's own
                    packed = None
        record: Record = [parent, site, steady_ns(), None, packed, None, None, None, None]
        self.append(record)
        if not self.is_awake:
            self.is_awake = True  # here, not in the flusher: it may wait 5 ms for its turn, and each call costs 0.5 us
            try:
                self.wake()
            except RecursionError:
                self.is_awake = False
        return record

    def begin(self, record: Record, given: Any = None) -> Record:
        """Starts a record that was made before, because its ids had to be known; or gives the stand-in, as `start`."""
        parent = record[PARENT]
        if parent is None and record[IDS] is None:
            parent = record[PARENT] = self.outside
        if parent is None and self.sampling_rate < 1.0 and self.roll() >= self.sampling_rate:
            return [None, None, 0, None, None, None, None, None, None]
        if parent is not None and parent[SITE] is None and parent[IDS] is None:
            return parent
        record[INPUT] = self.snapshot(given)
        record[STARTED] = steady_ns()
        self.append(record)
        if not self.is_awake:
            self.is_awake = True
            self.wake()
        return record

    def take(self, record: Record) -> None:
        """Takes a record whose ids, start and end are known already."""
        self.append(record)
        if not self.is_awake:
            self.is_awake = True
            self.wake()

    def snapshot(self, value: Any) -> bytes | None:
        """What is kept of an input or output; `None` where content is off. Never raises."""
        if value is None or not self.keeps_content:
            return None
        try:
            packed = self.pack(value)
            return packed if len(packed) < self.plain_bytes else self._big(value, packed)
        except BaseException as error:
            try:
                let_through(error)
                return self._big(value, self.pack_hard(value))
            except Exception:
                return None

    def finish(self, record: Record, result: Any) -> None:
        """Ends a record with a result. The end is written last: from then on the flusher may take the record away."""
        ended = steady_ns()
        if self.keeps_content and record[SITE] is not None:
            try:
                packed = self.pack(result)
                record[OUTPUT] = packed if len(packed) < self.plain_bytes else self._big(result, packed)
            except BaseException as error:
                try:
                    let_through(error)
                    record[OUTPUT] = self._big(result, self.pack_hard(result))
                except Exception:
                    record[OUTPUT] = None
        record[ENDED] = ended

    def fail(self, record: Record, error: BaseException) -> None:
        """Ends a record with the exception that left it."""
        ended = steady_ns()
        if record[SITE] is not None:
            try:
                record[ERROR] = freeze_error(error)
            except Exception:  # no room on the stack
                record[ERROR] = (type(error).__qualname__, "", [], None)
        record[ENDED] = ended

    def keep_contents(
        self,
        limit_bytes: int,
        pack: Callable[[Any], bytes],
        pack_hard: Callable[[Any], bytes],
        pack_short: Callable[[Any, int], bytes],
    ) -> None:
        """From now on inputs and outputs are kept, by the functions of `snapshot`, each up to `limit_bytes`."""
        self.pack, self.pack_hard, self.pack_short = pack, pack_hard, pack_short
        self.limit = limit_bytes
        self.plain_bytes = min(BIG_SNAPSHOT, limit_bytes + 1)
        self.keeps_content = True

    def tell(self, line: Line) -> None:
        """Takes a line that travels by itself. Where too much waits the oldest makes room, and is counted."""
        late, size = self.late, line_bytes(line)
        while late and (len(late) >= MOST_LINES or self.late_bytes + size > self.held_limit):
            try:
                self.late_bytes -= line_bytes(late.popleft())
                self.unkept += 1
            except IndexError:  # another thread has taken it
                break
        self.late_bytes += size
        late.append(line)
        if not self.is_awake:
            self.is_awake = True
            try:
                self.wake()
            except RecursionError:
                self.is_awake = False

    def _big(self, value: Any, packed: bytes) -> bytes | None:
        """A snapshot of some size, cut to the limit; `None` where memory is full of what waits (see `unkept`)."""
        if len(packed) > self.limit:
            packed = self.pack_short(value, self.limit)
        if self.held_bytes > self.held_limit:
            self.unkept += 1
            return None
        if len(packed) >= BIG_SNAPSHOT:
            self.held_bytes += len(packed)
        return packed

    def reset_after_fork(self) -> None:
        """In a new child: what the parent has recorded is the parent's to send. The wrappers' `append` stays valid."""
        self.records.clear()
        self.late.clear()
        self.held_bytes = self.unkept = self.late_bytes = 0

    def release(self, record: Record) -> None:
        """Forgets the contents of a record that is on its way."""
        for place in (INPUT, OUTPUT):
            packed: bytes | None = record[place]
            if packed is not None and len(packed) >= BIG_SNAPSHOT:
                self.held_bytes -= len(packed)
            record[place] = None
        record[MORE] = None


recorder = Recorder()
