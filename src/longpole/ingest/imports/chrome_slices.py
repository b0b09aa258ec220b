"""Events of Chrome's trace format as slices: what has a start, an end, and lies inside another."""

import math
from collections.abc import Iterator
from itertools import groupby

import msgspec
from msgspec import Raw, Struct

from longpole.ingest.imports.parts import NOTHING, Unread, is_told

_IGNORED = frozenset("CNODPstfRcVv(),=")
"""Counters, objects, samples, flows, marks and clocks: nothing of them is a step."""

_MOST_US = 9.0e15  # beyond, a time in nanoseconds would not fit 64 bits


class Event(Struct, gc=False):
    """An event as it is written; what nobody reads is left where it is."""

    ph: str = ""
    name: str | None = None
    cat: str | None = None
    ts: float | str | None = None
    dur: float | str | None = None
    pid: int | str | None = None
    tid: int | str | None = None
    id: int | str | None = None
    args: Raw = NOTHING
    id2: Raw = NOTHING
    scope: str | None = None


class Slice(Struct):
    """Something with a start and an end on a thread; times are nanoseconds from the origin of the file."""

    name: str
    start_ns: int
    end_ns: int
    pid: str
    tid: str
    category: str | None = None
    arguments: Raw = NOTHING
    parent: "Slice | None" = None
    is_async: bool = False


class _Name(Struct):
    name: str = ""


class Slices:
    """Takes events in the order of the file; `close` it before anything else is asked."""

    def __init__(self) -> None:
        self.process_names: dict[str, str] = {}
        self.thread_names: dict[tuple[str, str], str] = {}
        self.instants: dict[str, list[Slice]] = {}
        self.all: list[Slice] = []
        # Slices by process and thread, by start, what encloses others before them; where they begin and end in all.
        self.processes: dict[str, dict[str, list[Slice]]] = {}
        self.first_ns = self.last_ns = 0
        self._begun: dict[tuple[str, ...], list[Slice]] = {}

    def add(self, event: Event) -> str | None:
        """Take an event; why it cannot be taken, if so."""
        kind = event.ph
        if kind == "M":
            self._add_name(event)
            return None
        if not kind or kind in _IGNORED:
            return None if kind else "It has no ph."
        at_ns = _nanoseconds(event.ts)
        if at_ns is None:
            return f"Its ts is {str(event.ts)[:40]!r}, not a number of microseconds."
        pid, tid = _text(event.pid), _text(event.tid)
        made = Slice(event.name or "unnamed", at_ns, at_ns, pid, tid, event.cat, event.args)
        if kind == "X":
            length = _nanoseconds(event.dur if event.dur is not None else 0)
            if length is None or length < 0:
                return f"Its dur is {str(event.dur)[:40]!r}, not a number of microseconds."
            made.end_ns += length
            self.all.append(made)
        elif kind in "iI":
            self.instants.setdefault(pid, []).append(made)
        elif kind in "BbSE" or kind in "eFTpn":
            return self._pair(kind, event, made)
        else:
            return f"Its ph is {kind[:10]!r}, which is not known."
        return None

    def close(self) -> Iterator[Unread]:
        """End what was begun and not ended, with the last that is known; put everything inside what it lies in."""
        self.first_ns = min((one.start_ns for one in self.all), default=0)
        self.last_ns = max((one.end_ns for one in self.all), default=0)
        for open_slices in self._begun.values():
            for one in open_slices:
                one.end_ns = self.last_ns
                yield Unread(
                    f"{one.name[:100]!r}", "It begins and does not end; it was read as ending with the file.", 0
                )
        self._begun.clear()
        self.all.sort(key=lambda one: (one.pid, one.tid, one.start_ns, -one.end_ns))
        for (pid, tid), found in groupby(self.all, key=lambda one: (one.pid, one.tid)):
            slices = list(found)
            _nest(slices)
            self.processes.setdefault(pid, {})[tid] = slices

    def _pair(self, kind: str, event: Event, made: Slice) -> str | None:
        """Beginnings and ends: of a thread the last begun ends first, of asynchronous ones those of the same id."""
        if kind in "Tpn":
            return None  # moments within an asynchronous one
        made.is_async = kind not in "BE"
        key = (made.pid, made.tid)
        if made.is_async:
            told = bytes(event.id2).decode("utf-8", "replace") if is_told(event.id2) else _text(event.id)
            key = (made.pid, "async", event.cat or "", event.scope or "", told)
            made.tid = f"async {event.cat or made.name}"
        if kind in "BbS":
            self._begun.setdefault(key, []).append(made)
            self.all.append(made)
            return None
        waiting = self._begun.get(key)
        if not waiting:
            return f"It ends {event.name or 'something'!r}, which has not begun."
        begun = waiting.pop()
        if made.start_ns < begun.start_ns:
            return f"It ends {begun.name[:100]!r} before that begins."
        begun.end_ns = made.start_ns
        begun.arguments = begun.arguments if is_told(begun.arguments) else made.arguments
        return None

    def _add_name(self, event: Event) -> None:
        if not is_told(event.args) or event.name not in ("process_name", "thread_name"):
            return
        try:
            name = msgspec.json.decode(event.args, type=_Name).name
        except (msgspec.MsgspecError, UnicodeDecodeError):
            return
        if name and event.name == "process_name":
            self.process_names[_text(event.pid)] = name
        elif name:
            self.thread_names[_text(event.pid), _text(event.tid)] = name


def _nest(slices: list[Slice]) -> None:
    """Set the parents on one thread: the innermost that encloses it; of those that overlap, what encloses both."""
    open_slices: list[Slice] = []
    for one in slices:
        while open_slices and open_slices[-1].end_ns < one.end_ns:
            open_slices.pop()
        one.parent = open_slices[-1] if open_slices else None
        open_slices.append(one)


def _nanoseconds(microseconds: float | str | None) -> int | None:
    try:
        number = float(microseconds) if microseconds is not None else math.nan
    except ValueError:
        return None
    return round(number * 1000) if math.isfinite(number) and abs(number) < _MOST_US else None


def _text(name: int | str | None) -> str:
    return "" if name is None else str(name)
