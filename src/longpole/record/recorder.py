"""The recorder: starts and ends records on the caller's thread. Nothing here waits, locks or raises.

CPU of the calling thread per step by `bench/overhead.py` (CPython 3.11, a 2-core machine at work, where the bare
OpenTelemetry SDK takes 14.6 us): 1.0 us without content, 1.5 us with inputs and outputs (async 1.2 and 1.7), 0.16 us
while off (async 0.24). Of that a list appended to a deque is 0.25 with the garbage collection it causes, two snapshots
0.3, passing `*args, **kwargs` on 0.16, two clock readings and two changes of the context 0.1 each.
"""

from collections import deque
from collections.abc import Callable
from random import Random
from typing import Any

from longpole.model.clock import steady_ns
from longpole.record.capture import freeze_error, pack, pack_hard, pack_short
from longpole.record.current import ENDED, ERROR, IDS, INPUT, MORE, OUTPUT, SITE, Record
from longpole.record.site import Site
from longpole.wire.otlp_encode import LogOut

MOST_RECORDS = 200_000
BIG_SNAPSHOT = 4096
_roll = Random().random


def _nothing() -> None:
    """Nobody to wake: not configured."""


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
        "limit",
        "plain_bytes",
        "records",
        "registered",
        "sampling_rate",
        "unkept",
        "wake",
    )

    def __init__(self) -> None:
        self.is_on = False
        self.keeps_content = True
        self.sampling_rate = 1.0
        self.set_limit(65536)
        self.records: deque[Record] = deque()
        self.append = self.records.append
        self.late: deque[LogOut] = deque(maxlen=10_000)
        self.registered: list[Site] = []
        self.is_awake = True
        self.wake: Callable[[], None] = _nothing
        self.held_bytes = 0
        self.held_limit = 16 * 1024 * 1024
        self.unkept = 0

    def register(self, site: Site) -> None:
        """Makes an agent known that may never run. At decoration, before or after `configure()`."""
        self.registered.append(site)
        if self.is_on and not self.is_awake:
            self.is_awake = True  # here, not in the flusher: it may wait 5 ms for its turn, and each call costs 0.5 us
            self.wake()

    def start(self, site: Site, parent: Record | None, args: Any = None, kwargs: Any = None) -> Record:
        """A started record below `parent`; or the stand-in for what sampling leaves out, with nothing kept below."""
        if parent is None:
            if self.sampling_rate < 1.0 and _roll() >= self.sampling_rate:
                return [None, None, 0, None, None, None, None, None, None]
        elif parent[SITE] is None and parent[IDS] is None:
            return parent
        packed = None
        if args is not None and self.keeps_content:
            given = (args[1:] if site.skips_first else args, kwargs)
            try:
                packed = pack(given)
            except Exception:
                packed = pack_hard(given)
            if len(packed) >= self.plain_bytes:
                packed = self._big(given, packed)
        record: Record = [parent, site, steady_ns(), None, packed, None, None, None, None]
        self.append(record)
        if not self.is_awake:
            self.is_awake = True  # here, not in the flusher: it may wait 5 ms for its turn, and each call costs 0.5 us
            self.wake()
        return record

    def finish(self, record: Record, result: Any) -> None:
        """Ends a record with a result. The end is written last: from then on the flusher may take the record away."""
        ended = steady_ns()
        if self.keeps_content and record[SITE] is not None:
            try:
                packed = pack(result)
            except Exception:
                packed = pack_hard(result)
            record[OUTPUT] = packed if len(packed) < self.plain_bytes else self._big(result, packed)
        record[ENDED] = ended

    def fail(self, record: Record, error: BaseException) -> None:
        """Ends a record with the exception that left it."""
        ended = steady_ns()
        if record[SITE] is not None:
            record[ERROR] = freeze_error(error)
        record[ENDED] = ended

    def set_limit(self, limit_bytes: int) -> None:
        """How long one input or output may be."""
        self.limit = limit_bytes
        self.plain_bytes = min(BIG_SNAPSHOT, limit_bytes + 1)

    def _big(self, value: Any, packed: bytes) -> bytes | None:
        """A snapshot of some size, cut to the limit; `None` where memory is full of what waits (see `unkept`)."""
        if len(packed) > self.limit:
            packed = pack_short(value, self.limit)
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
        self.held_bytes = self.unkept = 0

    def release(self, record: Record) -> None:
        """Forgets the contents of a record that is on its way."""
        for place in (INPUT, OUTPUT):
            packed: bytes | None = record[place]
            if packed is not None and len(packed) >= BIG_SNAPSHOT:
                self.held_bytes -= len(packed)
            record[place] = None
        record[MORE] = None


recorder = Recorder()
