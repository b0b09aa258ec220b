"""One block of an event loop: who caused it, why, and who had to wait meanwhile. In the watcher's thread."""

import asyncio
from collections import Counter
from typing import Any, Literal, NamedTuple

from longpole.model.category import Category
from longpole.record.current import ENDED, SITE, STARTED, Record
from longpole.record.loop_sample import Place, Sample, path_of, place_name, record_of, stack_text, users_place
from longpole.record.more import ATTRIBUTES, EVENTS, put
from longpole.record.recorder import recorder
from longpole.record.site import CO_ASYNC_GENERATOR, CO_COROUTINE, Site
from longpole.wire import longpole_names as names

Cause = Literal["work", "wait", "gc", "not_scheduled"]

MOST_SUFFERERS = 500
_MOST_SITES = 512
_sites: dict[tuple[int, int, str], Site] = {}


class Reading(NamedTuple):
    """What the clocks said of a loop's thread at a moment, in nanoseconds."""

    time_ns: int
    cpu_ns: int  # of the loop's thread
    waiting_ns: int  # the loop's thread was ready, and the machine ran something else
    process_ns: int  # CPU of all threads


class Block:
    """A stretch of time in which one callback held a loop. Made at the first look at it; `close` ends it.

    Args:
        started_ns: since when; `before`: the clocks at the last look before.
        limit_ns: from how many nanoseconds it is worth telling.
    """

    __slots__ = (
        "_event",
        "_record",
        "_sufferers",
        "before",
        "ended_ns",
        "is_told",
        "key",
        "last",
        "left_out",
        "limit_ns",
        "longest_gap_ns",
        "samples",
        "started_ns",
    )

    def __init__(self, started_ns: int, first: Sample, before: Reading, limit_ns: int) -> None:
        self.started_ns = started_ns
        self.key = first.key
        self.samples: list[Sample] = []
        self.before = self.last = before
        self.limit_ns = limit_ns
        self.longest_gap_ns = 0  # how long the watcher itself could not run
        self.is_told = False
        self.left_out = 0
        self.ended_ns: int | None = None
        self._event: dict[str, Any] = {}
        self._sufferers: list[tuple[Record, int]] = []
        self._record: Record | None = None

    def add(self, sample: Sample, reading: Reading, gap_ns: int) -> None:
        """One more look."""
        self.samples.append(sample)
        self.last = reading
        self.longest_gap_ns = max(self.longest_gap_ns, gap_ns)

    def tell(self, loop: asyncio.AbstractEventLoop, now: int) -> None:
        """Notes the block on all who wait, while it lasts: they may end right after it."""
        self.is_told = True
        self._event.update(self._description(now))
        for record in self._waiting(loop):
            put(record, EVENTS, (self.started_ns, names.EVENT_BLOCKED, self._event))
            self._sufferers.append((record, _blocked_so_far(record)))
        self._set_blocked(now)

    def open_step(self) -> None:
        """Shows a block that goes on and on as an open step."""
        culprit = self.culprit()
        if self._record is None and culprit is not None:
            self._record = self._step(culprit, None)

    def close(self, ended_ns: int, gc_ns: int) -> Cause:
        """Ends the block: its step is recorded, and those who waited learn how long it was."""
        self.ended_ns = ended_ns
        cause = self.cause(gc_ns)
        self._event.update(self._description(ended_ns, cause))
        self._set_blocked(ended_ns)
        culprit = self.culprit()
        if self._record is not None:
            put(self._record, ATTRIBUTES, self._measures(cause))
            self._record[ENDED] = ended_ns
        elif culprit is not None and cause != "not_scheduled":
            self._step(culprit, ended_ns, cause)
        return cause

    def culprit(self) -> Record | None:
        """The innermost step that more than half of the looks found running."""
        counts = Counter(id(record) for sample in self.samples for record in sample.path)
        best: tuple[int, Record] | None = None
        for sample in self.samples:
            for depth, record in enumerate(sample.path):
                if counts[id(record)] * 2 > len(self.samples) and (best is None or depth > best[0]):
                    best = (depth, record)
        return None if best is None else best[1]

    def place(self) -> Place | None:
        """Where the code stood most often: the user's own, if any of it was running."""
        places = [sample.frames[users_place(sample.frames)] for sample in self.samples if sample.frames]
        if not places:
            return None
        lines = Counter((place[0], place[1]) for place in places)
        line = lines.most_common(1)[0][0]
        instructions = Counter(place[2] for place in places if (place[0], place[1]) == line)
        return (*line, instructions.most_common(1)[0][0])

    def cause(self, gc_ns: int) -> Cause:
        """Why the loop stood: the garbage collector, the machine, its own work, or waiting for something else.

        It is the machine's doing if the block would not be worth telling without the time in which the thread was
        ready and something else ran. The clocks are those of the last look before the block and the first after it.
        """
        before = self.before
        window = max(self.last.time_ns - max(before.time_ns, self.started_ns), 1)
        if gc_ns * 2 > window:
            return "gc"
        lost_ns = self.last.waiting_ns - before.waiting_ns
        if (self.last.process_ns - before.process_ns) * 5 < self.longest_gap_ns:
            lost_ns = max(lost_ns, self.longest_gap_ns)  # nobody ran, not even the watcher: the machine slept
        if (self.ended_ns or self.last.time_ns) - self.started_ns - lost_ns < self.limit_ns:
            return "not_scheduled"
        return "work" if (self.last.cpu_ns - before.cpu_ns) * 2 > window else "wait"

    def _description(self, now: int, cause: Cause | None = None) -> dict[str, Any]:
        place = self.place()
        described: dict[str, Any] = {"duration_ms": round((now - self.started_ns) / 1e6, 3), "by": "unknown code"}
        if cause == "not_scheduled":
            return described | {"by": "the machine: this process got no time"}
        if place is not None:
            code, line, _ = place
            described |= {
                "by": self._name(place, cause),
                "code.file.path": code.co_filename,
                "code.line.number": line,
                "code.function.name": code.co_qualname,
            }
        elif self.samples and self.samples[0].callback:
            described["by"] = self.samples[0].callback
        return described

    def _name(self, place: Place, cause: Cause | None) -> str:
        return ("garbage collection in " if cause == "gc" else "") + place_name(place)

    def _waiting(self, loop: asyncio.AbstractEventLoop) -> list[Record]:
        """Open steps of the other tasks of this loop. A step that the culprit stands in caused it, and is left out."""
        caused = {id(record) for sample in self.samples for record in sample.path}
        found: dict[int, Record] = {}
        for task in asyncio.all_tasks(loop):
            if id(task) == self.key:
                continue
            for record in reversed(path_of(record_of(task))):
                if id(record) in caused or id(record) in found or record[ENDED] is not None:
                    continue
                if not _is_async(record):
                    continue
                if len(found) >= MOST_SUFFERERS:
                    self.left_out += 1
                    continue
                found[id(record)] = record
        return list(found.values())

    def _set_blocked(self, now: int) -> None:
        for record, before in self._sufferers:
            if record[ENDED] is None or self.ended_ns is not None:
                put(record, ATTRIBUTES, {names.BLOCKED_NS: before + now - self.started_ns})

    def _step(self, culprit: Record, ended_ns: int | None, cause: Cause | None = None) -> Record:
        place = self.place()
        callback = self.samples[0].callback or "blocked event loop"
        site = _site(self._name(place, cause) if place else callback, place)
        started = max(self.started_ns, culprit[STARTED])
        if ended_ns is not None:  # the culprit may have ended before the callback that it ran in
            ended_ns = max(min(ended_ns, culprit[ENDED] or ended_ns), started)
        record: Record = [culprit, site, started, ended_ns, None, None, None, None, None]
        put(record, ATTRIBUTES, self._measures(cause))
        recorder.append(record)
        if not recorder.is_awake:
            recorder.wake()
        return record

    def _measures(self, cause: Cause | None) -> dict[str, Any]:
        seen = Counter(tuple(sample.frames) for sample in self.samples)
        stack = seen.most_common(1)[0][0] if seen else ()
        return {
            names.BLOCK_CAUSE: cause,
            names.BLOCK_CPU_NS: self.last.cpu_ns - self.before.cpu_ns,
            names.BLOCK_SAMPLES: len(self.samples),
            names.STACK: stack_text(list(stack)) or None,
        }


def _is_async(record: Record) -> bool:
    """Whether a step is of async code; of steps without a place in the code (a library's) it is taken to be so."""
    code = record[SITE].code
    return code is None or bool(code.co_flags & (CO_COROUTINE | CO_ASYNC_GENERATOR))


def _blocked_so_far(record: Record) -> int:
    more = record[-1] or {}
    return more.get(ATTRIBUTES, {}).get(names.BLOCKED_NS, 0)


def _site(name: str, place: Place | None) -> Site:
    code, line, _ = place or (None, None, 0)
    key = (id(code), line or 0, name)
    site = _sites.get(key)
    if site is None:
        if len(_sites) >= _MOST_SITES:
            _sites.clear()
        site = _sites[key] = Site(name, Category.BLOCKED_LOOP, code=code, line=line)
    return site
