"""One block of an event loop: who caused it, why, and who had to wait meanwhile. In the watcher's thread."""

import asyncio
from collections import Counter
from itertools import groupby, pairwise
from typing import Any, Literal, NamedTuple

from longpole.model.category import Category
from longpole.record.current import ENDED, PARENT, SITE, STARTED, Record
from longpole.record.loop_sample import Place, Sample, place_name, record_of, stack_text, users_place
from longpole.record.more import ATTRIBUTES, put, put_all
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
    is_late: bool = False  # the machine, or a call that held the interpreter, did not let the watcher read before


class Piece(NamedTuple):
    """A part of a block that one step caused."""

    started_ns: int
    ended_ns: int
    samples: list[Sample]


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
        "ended_ns",
        "is_told",
        "key",
        "latest_ns",
        "left_out",
        "limit_ns",
        "looked_ns",
        "readings",
        "samples",
        "started_ns",
    )

    def __init__(self, started_ns: int, first: Sample, before: Reading, limit_ns: int) -> None:
        self.started_ns = started_ns
        self.key = first.key
        self.samples: list[Sample] = []
        self.readings = [before]
        self.limit_ns = limit_ns
        self.looked_ns = 0  # the last look at frames
        self.latest_ns = 0  # how long the watcher itself could not run
        self.is_told = False
        self.left_out = 0
        self.ended_ns: int | None = None
        self._event: dict[str, Any] = {}
        self._sufferers: list[tuple[Record, int]] = []
        self._record: Record | None = None

    def add(self, sample: Sample, reading: Reading, late_ns: int) -> None:
        """One more look."""
        self.samples.append(sample)
        self.readings.append(reading)
        if sample.frames:
            self.looked_ns = sample.time_ns
        self.latest_ns = max(self.latest_ns, late_ns)

    def meet(self, loop: asyncio.AbstractEventLoop) -> None:
        """Finds who waits; before they go on, because they may end right after it."""
        self._sufferers = [(record, _blocked_so_far(record)) for record in self._waiting(loop)]

    def tell(self, loop: asyncio.AbstractEventLoop, now: int) -> None:
        """Notes the block on all who wait, while it lasts."""
        self.meet(loop)
        self._event.update(self._description(self.samples, now))
        self._note(now)

    def open_step(self, now: int) -> None:
        """Shows a block that goes on and on as an open step."""
        if self._record is None:
            self._record = self._step(Piece(self.started_ns, now, self.samples), None)

    def close(self, ended_ns: int, after: Reading, gc_ns: int) -> Cause:
        """Ends the block: its steps are recorded, and those who waited learn how long it was."""
        self.ended_ns = ended_ns
        self.readings.append(after)
        cause = self.cause(gc_ns)
        pieces = pieces_of(self.samples, self.started_ns, ended_ns, self.limit_ns)
        longest = max(pieces, key=lambda piece: piece.ended_ns - piece.started_ns)
        self._event.update(self._description(longest.samples, ended_ns, cause))
        self._note(ended_ns)
        if self._record is not None:
            put(self._record, ATTRIBUTES, self._measures(Piece(self.started_ns, ended_ns, self.samples), cause))
            self._record[ENDED] = ended_ns
        elif cause != "not_scheduled":
            for piece in pieces:
                self._step(piece, cause)
        return cause

    def cause(self, gc_ns: int) -> Cause:
        """Why the loop stood: the garbage collector, the machine, its own work, or waiting for something else.

        It is the machine's doing if the block would not be worth telling without the time in which the thread was
        ready and something else ran. The clocks were read at the last look before the block, at each in it, and at the
        first one after it.
        """
        start, end = self.started_ns, self.ended_ns or self.readings[-1].time_ns
        if gc_ns * 2 > end - start:
            return "gc"
        lost_ns = self._spent("waiting_ns", start, end)
        if self.latest_ns > 5 * self._spent("process_ns", start, end):
            lost_ns = max(lost_ns, self.latest_ns)  # nobody ran, not even the watcher: the machine slept
        if end - start - lost_ns < self.limit_ns:
            return "not_scheduled"
        return "work" if self._spent("cpu_ns", start, end) * 2 > end - start - lost_ns else "wait"

    def _spent(self, clock: str, start: int, end: int) -> int:
        """What a clock went on in this time. Between two readings it is taken to have gone evenly; or, where the
        second came late, as far as possible inside: what held up the watcher held up the loop."""
        spent = 0.0
        for before, after in pairwise(self.readings):
            inside = min(after.time_ns, end) - max(before.time_ns, start)
            if inside > 0:
                whole, went = after.time_ns - before.time_ns, getattr(after, clock) - getattr(before, clock)
                spent += min(inside, went) if after.is_late else went * inside / whole
        return round(spent)

    def _description(self, samples: list[Sample], now: int, cause: Cause | None = None) -> dict[str, Any]:
        place = place_of(samples)
        described: dict[str, Any] = {"duration_ms": round((now - self.started_ns) / 1e6, 3), "by": "unknown code"}
        if cause == "not_scheduled":
            return described | {"by": "the machine: this process got no time"}
        if place is not None:
            code, line, _ = place
            described |= {
                "by": _name(place, cause),
                "code.file.path": code.co_filename,
                "code.line.number": line,
                "code.function.name": code.co_qualname,
            }
        elif samples[0].callback:
            described["by"] = samples[0].callback
        return described

    def _waiting(self, loop: asyncio.AbstractEventLoop) -> list[Record]:
        """Open steps of the other tasks of this loop. A step that the culprit stands in caused it, and is left out."""
        caused = {id(record) for sample in self.samples for record in sample.path}
        found: dict[int, Record] = {}
        for task in asyncio.all_tasks(loop):
            record = None if id(task) == self.key else record_of(task)
            while record is not None and id(record) not in caused and id(record) not in found:
                if record[SITE] is not None and record[ENDED] is None and _is_async(record):
                    if len(found) < MOST_SUFFERERS:
                        found[id(record)] = record
                    else:
                        self.left_out += 1
                record = record[PARENT]
        return list(found.values())

    def _note(self, now: int) -> None:
        """On each who waits, how long; the first time with the event, which all of them share."""
        event = None if self.is_told else (self.started_ns, names.EVENT_BLOCKED, self._event)
        self.is_told = True
        put_all(
            [
                (record, {names.BLOCKED_NS: before + now - self.started_ns})
                for record, before in self._sufferers
                if record[ENDED] is None or self.ended_ns is not None
            ],
            event,
        )

    def _step(self, piece: Piece, cause: Cause | None) -> Record | None:
        """The step of a piece, below its culprit; open if the block has not ended, none where no step ran."""
        culprit = culprit_of(piece.samples)
        if culprit is None:
            return None
        place = place_of(piece.samples)
        name = _name(place, cause) if place else piece.samples[0].callback or "blocked event loop"
        started, ended = max(piece.started_ns, culprit[STARTED]), None
        if self.ended_ns is not None:  # the culprit may have ended before the callback that it ran in
            ended = max(min(piece.ended_ns, culprit[ENDED] or piece.ended_ns), started)
        record: Record = [culprit, _site(name, place), started, ended, None, None, None, None, None]
        put(record, ATTRIBUTES, self._measures(piece, cause))
        recorder.append(record)
        if not recorder.is_awake:
            recorder.wake()
        return record

    def _measures(self, piece: Piece, cause: Cause | None) -> dict[str, Any]:
        cpu_ns = self._spent("cpu_ns", piece.started_ns, piece.ended_ns)
        if cause in ("work", "wait"):
            cause = "work" if cpu_ns * 2 > piece.ended_ns - piece.started_ns else "wait"
        stacks = Counter(tuple(sample.frames) for sample in piece.samples if sample.frames)
        stack = stacks.most_common(1)[0][0] if stacks else ()
        return {
            names.BLOCK_CAUSE: cause,
            names.BLOCK_CPU_NS: cpu_ns,
            names.BLOCK_SAMPLES: len(piece.samples),
            names.STACK: stack_text(list(stack)) or None,
        }


def pieces_of(samples: list[Sample], started_ns: int, ended_ns: int, limit_ns: int) -> list[Piece]:
    """A block by the steps that caused it: each step that was the innermost one for longer than the limit has its own
    piece; shorter ones in a row have one together. What is shorter than half the limit then is left out, unless there
    is nothing else."""
    runs: list[Piece] = []
    for _, group in groupby(samples, key=lambda sample: id(sample.path[-1]) if sample.path else 0):
        run = list(group)
        if runs:
            started_ns = (runs[-1].samples[-1].time_ns + run[0].time_ns) // 2
            runs[-1] = runs[-1]._replace(ended_ns=started_ns)
        runs.append(Piece(started_ns, ended_ns, run))
    joined: list[Piece] = []
    was_short = False
    for run in runs:
        is_short = run.ended_ns - run.started_ns < limit_ns
        if is_short and was_short:
            before = joined.pop()
            joined.append(Piece(before.started_ns, run.ended_ns, before.samples + run.samples))
        else:
            joined.append(run)
        was_short = is_short
    long = [piece for piece in joined if (piece.ended_ns - piece.started_ns) * 2 >= limit_ns]
    return long or joined


def culprit_of(samples: list[Sample]) -> Record | None:
    """The innermost step that more than half of the looks found running."""
    if len({id(sample.path[-1]) if sample.path else 0 for sample in samples}) == 1:
        return samples[0].path[-1] if samples[0].path else None
    counts = Counter(id(record) for sample in samples for record in sample.path)
    best: tuple[int, Record] | None = None
    for sample in samples:
        for depth, record in enumerate(sample.path):
            if counts[id(record)] * 2 > len(samples) and (best is None or depth > best[0]):
                best = (depth, record)
    return None if best is None else best[1]


def place_of(samples: list[Sample]) -> Place | None:
    """Where the code stood most often: the user's own, if any of it was running."""
    places = [sample.frames[users_place(sample.frames)] for sample in samples if sample.frames]
    if not places:
        return None
    if len(places) == 1:
        return places[0]
    line = Counter((place[0], place[1]) for place in places).most_common(1)[0][0]
    instructions = Counter(place[2] for place in places if (place[0], place[1]) == line)
    return (*line, instructions.most_common(1)[0][0])


def _name(place: Place, cause: Cause | None) -> str:
    return ("garbage collection in " if cause == "gc" else "") + place_name(place)


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
