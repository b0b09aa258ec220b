"""One block of an event loop: who caused it, why, and who had to wait meanwhile. In the watcher's thread."""

import asyncio
from collections import Counter
from contextvars import Context
from itertools import groupby, pairwise
from typing import Any, Literal, NamedTuple

from longpole.model.category import Category
from longpole.record.current import ENDED, PARENT, SITE, STARTED, Record, current
from longpole.record.loop_sample import Place, Sample, context_of, path_of, place_name, stack_text, users_place
from longpole.record.more import ATTRIBUTES, put, put_all
from longpole.record.recorder import recorder
from longpole.record.site import CO_ASYNC_GENERATOR, CO_COROUTINE, Site
from longpole.wire import longpole_names as names

Cause = Literal["work", "wait", "gc", "not_scheduled"]

MOST_SUFFERERS = 500
_MOST_SITES = 512
_LONGEST_WAIT_NS = 10_000_000
_sites: dict[tuple[int, int, str], Site] = {}


class Reading(NamedTuple):
    """What the clocks said of a loop's thread at a moment, in nanoseconds."""

    time_ns: int
    cpu_ns: int  # of the loop's thread
    waiting_ns: int  # the loop's thread was ready, and the machine ran something else
    process_ns: int  # CPU of all threads
    is_late: bool = False  # the machine, or a call that held the interpreter, did not let the watcher read before


def was_held(late_ns: int, before: Reading, last: Reading) -> bool:
    """Whether a single call kept the interpreter for as long as a look came late.

    Python code lets the watcher in after 5 ms: what has computed for longer without was one call. On a busy machine it
    gets a part of the time; while it waits for the rest, nobody else runs either.

    Args:
        late_ns: by how much the look came late.
        before: the clocks at the look before; `last`: at this one.
    """
    computed_ns, waited_ns = last.cpu_ns - before.cpu_ns, last.waiting_ns - before.waiting_ns
    return min(late_ns, computed_ns) > _LONGEST_WAIT_NS and late_ns < 2 * (computed_ns + waited_ns)


class Piece(NamedTuple):
    """A part of a block that one step caused, or none that is known."""

    started_ns: int
    ended_ns: int
    samples: list[Sample]
    culprit: Record | None


class Block:
    """A stretch of time in which one callback held a loop. Made at the first look at it; `close` ends it.

    Args:
        started_ns: since when; `before`: the clocks at looks before, from the last one before it.
        limit_ns: from how many nanoseconds it is worth telling.
    """

    __slots__ = (
        "_event",
        "_others",
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

    def __init__(self, started_ns: int, first: Sample, before: list[Reading], limit_ns: int) -> None:
        self.started_ns = started_ns
        self.key = first.key
        self.samples: list[Sample] = []
        self.readings = before
        self.limit_ns = limit_ns
        self.looked_ns = 0  # the last look at frames
        self.latest_ns = 0  # how long the watcher itself could not run
        self.is_told = False
        self.left_out = 0
        self.ended_ns: int | None = None
        self._event: dict[str, Any] = {}
        self._others: list[Context] | None = None
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
        """Finds who waits, once; before they go on, because they may end right after it."""
        if self._others is None:
            found = [context_of(task) for task in asyncio.all_tasks(loop) if id(task) != self.key]
            self._others = [context for context in found if context is not None]
            self._sufferers = [(record, _blocked_so_far(record)) for record in self._waiting(self._others)]

    def narrow(self, ended_ns: int) -> int:
        """Takes off what was not of this callback, because a step began in another task; gives the end."""
        own = {id(sample.path[-1]) for sample in self.samples if sample.path}
        for context in self._others or ():
            record = context.get(current)
            if record is None or not self.started_ns < (began_ns := record[STARTED]) < ended_ns:
                continue
            if any(id(above) in own for above in path_of(record)):
                continue  # it was begun by the culprit
            if began_ns <= self.samples[0].time_ns:
                self.started_ns = began_ns
            else:
                ended_ns = began_ns
        return ended_ns

    def tell(self, now: int) -> None:
        """Notes the block on all who wait, while it lasts."""
        if not self.is_told:
            self._event.update(self._description(self.samples, now))
            self._note(now)

    def open_step(self, now: int) -> None:
        """Shows a block that goes on and on as an open step."""
        if self._record is None:
            self._record = self._step(self._whole(now), None)

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
            put(self._record, ATTRIBUTES, self._measures(self._whole(ended_ns), cause))
            self._record[ENDED] = ended_ns
        elif cause != "not_scheduled":
            for piece in pieces:
                self._step(piece, cause)
        return cause

    def _whole(self, ended_ns: int) -> Piece:
        culprit = culprit_of(self.samples[-1], self.started_ns, ended_ns, self.limit_ns)
        return Piece(self.started_ns, ended_ns, self.samples, culprit)

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

    def _waiting(self, others: list[Context]) -> list[Record]:
        """Open steps of the other tasks of this loop. A step that the culprit stands in caused it, and is left out."""
        caused = {id(record) for sample in self.samples for record in sample.path}
        last_ns = self.samples[-1].time_ns
        found: dict[int, Record] = {}
        for context in others:
            record = context.get(current)
            while record is not None and id(record) not in caused and id(record) not in found:
                is_waiting = record[SITE] is not None and record[ENDED] is None and record[STARTED] < last_ns
                if is_waiting and _is_async(record):
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
        culprit = piece.culprit
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
        stacks = [sample.frames for sample in piece.samples if sample.frames]
        stack = max(stacks, key=stacks.count, default=[])
        return {
            names.BLOCK_CAUSE: cause,
            names.BLOCK_CPU_NS: cpu_ns,
            names.BLOCK_SAMPLES: len(piece.samples),
            names.STACK: stack_text(stack) or None,
        }


def pieces_of(samples: list[Sample], started_ns: int, ended_ns: int, limit_ns: int) -> list[Piece]:
    """A block by the steps that caused it, each with its own piece. What is shorter than half the limit is left out,
    unless there is nothing else."""
    pieces: list[Piece] = []
    culprits = [culprit_of(sample, started_ns, ended_ns, limit_ns) for sample in samples]
    for _, group in groupby(zip(culprits, samples, strict=True), key=lambda pair: id(pair[0])):
        run = list(group)
        culprit = run[0][0]
        if pieces:
            started_ns = _change(pieces[-1], culprit, run[0][1].time_ns)
            pieces[-1] = pieces[-1]._replace(ended_ns=started_ns)
        pieces.append(Piece(started_ns, ended_ns, [sample for _, sample in run], culprit))
    return [piece for piece in pieces if (piece.ended_ns - piece.started_ns) * 2 >= limit_ns] or pieces


def culprit_of(sample: Sample, started_ns: int, ended_ns: int, limit_ns: int) -> Record | None:
    """The innermost of the steps seen running that ran for the limit, or for more than half of the block."""
    for record in reversed(sample.path):
        ran_ns = min(record[ENDED] or ended_ns, ended_ns) - max(record[STARTED], started_ns)
        if ran_ns >= limit_ns or ran_ns * 2 > ended_ns - started_ns:
            return record
    return None


def _change(before: Piece, culprit: Record | None, seen_ns: int) -> int:
    """When one culprit followed the other, between two looks."""
    last_ns = before.samples[-1].time_ns
    times: list[int | None] = [
        None if culprit is None else culprit[STARTED],
        None if before.culprit is None else before.culprit[ENDED],
    ]
    for at_ns in times:
        if at_ns is not None and last_ns <= at_ns <= seen_ns:
            return at_ns
    return (last_ns + seen_ns) // 2


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
