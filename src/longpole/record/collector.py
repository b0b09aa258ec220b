"""`ExecutionTimingCollector`: times what an agent does and keeps the tree of it, to be read inside the program.

It needs neither a server nor `configure()`. While recording is on, what it times is recorded as well: an entry *is* the
record of a step, seen from inside.
"""

import os
from collections import deque
from collections.abc import Iterator
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime
from sys import _getframe  # pyright: ignore[reportPrivateUsage] - inspect's way costs 100 times as much
from types import TracebackType
from typing import Any, NamedTuple
from weakref import WeakSet

from longpole.model.category import Category
from longpole.model.clock import now_ns, steady_ns
from longpole.model.frames import FrameLibrary, frame_of
from longpole.model.timeline_html import BarRow, bars_html, heading_html, page_html, shares_html
from longpole.record.capture import describe
from longpole.record.current import ENDED, PARENT, STARTED, Record, current, ids_of
from longpole.record.more import add_attributes
from longpole.record.recorder import recorder
from longpole.record.running import Running
from longpole.record.site import site_at, text_of

MOST_ENTRIES = 10_000
_COLUMNS = ("operation", "category", "start_time", "end_time", "duration_ms", "metadata", "parent_id", "id")


@dataclass(slots=True)
class TimingEntry:
    """One timing. Times of day are seconds since 1970; `duration_ms` is of the steady clock, `None` while it runs.

    `parent_id` is the id of the entry around it, `None` for the root of a tree.
    """

    operation: str
    category: str
    start_time: float
    end_time: float | None = None
    duration_ms: float | None = None
    metadata: dict[str, Any] = field(default_factory=dict[str, Any])
    parent_id: str | None = None
    id: str = ""

    @property
    def started_at(self) -> datetime:
        """When it started, in UTC."""
        return datetime.fromtimestamp(self.start_time, UTC)

    @property
    def ended_at(self) -> datetime | None:
        """When it ended, in UTC; `None` while it runs."""
        return None if self.end_time is None else datetime.fromtimestamp(self.end_time, UTC)


@dataclass(slots=True)
class ExecutionTimingTree:
    """The timings of one execution: all entries by id, and the ids of the entries directly below each, in order.

    `left_out` counts the entries beyond 10,000, which are recorded and not kept here. `is_recorded`: recording was on,
    so that the same times are on their way to the server already.
    """

    root_id: str
    entries: dict[str, TimingEntry] = field(default_factory=dict[str, TimingEntry])
    children: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    left_out: int = 0
    is_recorded: bool = False

    @property
    def root(self) -> TimingEntry:
        """The entry around all others."""
        return self.entries[self.root_id]

    @property
    def total_ms(self) -> float | None:
        """How long the whole took; `None` while it runs."""
        return self.root.duration_ms

    def add(self, entry: TimingEntry) -> None:
        """Adds an entry below the one that its `parent_id` names."""
        if len(self.entries) >= MOST_ENTRIES:
            self.left_out += 1
            return
        self.entries[entry.id] = entry
        if entry.parent_id is not None:
            self.children.setdefault(entry.parent_id, []).append(entry.id)

    def walk(self) -> Iterator[tuple[int, TimingEntry]]:
        """Depth and entry, each before what is below it, in order of start."""
        waiting = [(0, self.root_id)]
        while waiting:
            depth, entry_id = waiting.pop()
            yield depth, self.entries[entry_id]
            waiting += [(depth + 1, child) for child in reversed(self.children.get(entry_id, ()))]

    def self_ms(self, entry_id: str) -> float | None:
        """How long an entry ran in which none of those directly below it did; `None` while one of them runs.

        What ran at the same time counts once, so this is never below zero.
        """
        entry = self.entries[entry_id]
        below = [self.entries[child] for child in self.children.get(entry_id, ())]
        if entry.duration_ms is None or any(child.duration_ms is None for child in below):
            return None
        covered, until = 0.0, 0.0
        for start, end in sorted(_within(entry, child) for child in below):
            covered += max(end - max(start, until), 0.0)
            until = max(until, end)
        return entry.duration_ms - covered

    def self_ms_by_category(self) -> dict[str, float]:
        """Self time of each category, the largest first. Without parallel entries they add up to `total_ms`."""
        sums: dict[str, float] = {}
        for entry in self.entries.values():
            sums[entry.category] = sums.get(entry.category, 0.0) + (self.self_ms(entry.id) or 0.0)
        return dict(sorted(sums.items(), key=lambda item: -item[1]))

    def to_dataframe(self, *, library: FrameLibrary | None = None) -> Any:
        """A data frame with a row for each entry, in the order of `walk`, with its `depth` and `self_ms`.

        Args:
            library: "pandas" or "polars"; without it pandas, else polars.

        Raises:
            MissingPackage: neither is installed.
        """
        rows = [
            {name: getattr(entry, name) for name in _COLUMNS} | {"depth": depth, "self_ms": self.self_ms(entry.id)}
            for depth, entry in self.walk()
        ]
        return frame_of(rows, (*_COLUMNS, "depth", "self_ms"), library)

    def _repr_html_(self) -> str:
        """What a notebook shows: where the time went, and every entry with its bar."""
        total_ms = max(self.total_ms or max(_end_ms(self.root, each) for each in self.entries.values()), 1e-6)
        took = "…" if self.total_ms is None else _ms_text(self.total_ms)
        left_out = f"{self.left_out:,} entries are left out" if self.left_out else ""
        shares = [
            (category, f"{category} {_ms_text(own_ms)}", own_ms / total_ms)
            for category, own_ms in self.self_ms_by_category().items()
        ]
        bars = [_bar(self.root, depth, entry, total_ms) for depth, entry in self.walk()]
        return page_html(heading_html(self.root.operation, took, left_out), shares_html(shares), bars_html(bars))

    def __str__(self) -> str:
        """One line for each entry: milliseconds, category, operation."""
        lines = [
            f"{'…' if entry.duration_ms is None else f'{entry.duration_ms:.1f}':>10} ms  "
            f"{'  ' * depth}{entry.operation}  ({entry.category})"
            for depth, entry in self.walk()
        ]
        return "\n".join([*lines, *([f"{self.left_out} entries are left out"] if self.left_out else [])])


class ExecutionTimingCollector:
    """Times operations and keeps the last trees of them. Safe across threads and tasks.

    What is timed inside of something that another collector times joins the tree of that one, so that the parts of a
    program that time themselves give one picture. Cost: about 10 us an entry.

    Args:
        keep: how many trees are kept.
    """

    def __init__(self, keep: int = 32) -> None:
        self._trees: deque[ExecutionTimingTree] = deque(maxlen=keep)
        self._open: dict[str, _OpenTiming] = {}
        _collectors.add(self)

    @property
    def trees(self) -> list[ExecutionTimingTree]:
        """The trees that this collector has timed anything in, the oldest first; one may still grow."""
        return list(self._trees)

    @property
    def last_tree(self) -> ExecutionTimingTree | None:
        """The latest of them."""
        return self._trees[-1] if self._trees else None

    def start_timing(self, operation: str, category: str = Category.PROCESSING, **metadata: Any) -> TimingEntry:
        """Starts to time an operation, below the one that is timed here now. `end_timing` must follow.

        Args:
            operation: its name.
            category: what it does with its time, a `Category` such as "llm", "tool" or "database".
            metadata: what else is known, such as `agent_name`.
        """
        return self.begin(operation, category, metadata, _getframe(1))

    def end_timing(self, entry: TimingEntry, error: BaseException | None = None) -> None:
        """Ends it. Once: what has ended stays as it is.

        Args:
            entry: what `start_timing` gave.
            error: the exception that ended it, if one did; it is kept as text in `metadata["error"]`.
        """
        timing = self._open.pop(entry.id, None)
        if timing is None:
            return
        if error is not None:
            entry.metadata["error"] = describe(error)
        entry.duration_ms = timing.end(error) / 1e6
        entry.end_time = entry.start_time + entry.duration_ms / 1e3

    def time_execution(self, name: str, **metadata: Any) -> "Timing":
        """Times what stands inside of `with` or `async with`, as an execution of the agent `name`."""
        return Timing(self, name, Category.AGENT, metadata, _getframe(1))

    def time_step(self, name: str, category: str = Category.PROCESSING, **metadata: Any) -> "Timing":
        """Times what stands inside of `with` or `async with`, as a step."""
        return Timing(self, name, category, metadata, _getframe(1))

    def begin(self, operation: str, category: str, metadata: dict[str, Any], frame: Any) -> TimingEntry:
        """As `start_timing`, for whoever knows the frame that the entry is to be shown at."""
        timing = _OpenTiming(operation, category, metadata, frame)
        if len(self._open) >= MOST_ENTRIES:  # begun and never ended
            self._forget_oldest()
        self._open[timing.entry.id] = timing
        if not any(tree is timing.tree for tree in self._trees):
            self._trees.append(timing.tree)
        return timing.entry

    def _forget_oldest(self) -> None:
        try:
            self._open.pop(next(iter(self._open))).abandon()
        except (KeyError, RuntimeError, StopIteration):
            pass  # another thread has ended it meanwhile


_collectors: WeakSet[ExecutionTimingCollector] = WeakSet()


def trees_of_process() -> list[ExecutionTimingTree]:
    """The trees that the collectors of this process keep, each once, in order of start."""
    found = {tree.root_id: tree for collector in list(_collectors) for tree in collector.trees}
    return sorted(found.values(), key=lambda tree: tree.root.start_time)


class Timing:
    """What `time_step` and `time_execution` give: with `as`, the entry."""

    __slots__ = ("_category", "_collector", "_entry", "_frame", "_metadata", "_name")

    def __init__(
        self, collector: ExecutionTimingCollector, name: str, category: str, metadata: dict[str, Any], frame: Any
    ) -> None:
        self._collector = collector
        self._name, self._category, self._metadata, self._frame = name, category, metadata, frame
        self._entry: TimingEntry | None = None

    def __enter__(self) -> TimingEntry:
        self._entry = self._collector.begin(self._name, self._category, self._metadata, self._frame)
        self._frame = None
        return self._entry

    def __exit__(self, _: type[BaseException] | None, error: BaseException | None, __: TracebackType | None) -> None:
        if self._entry is not None:
            self._collector.end_timing(self._entry, error)

    async def __aenter__(self) -> TimingEntry:
        return self.__enter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.__exit__(kind, error, traceback)


class _Place(NamedTuple):
    """Where the program is: in which entry of which tree. `epoch_ns` makes times of day of the tree's steady times."""

    tree: ExecutionTimingTree
    entry_id: str
    epoch_ns: int


_here: ContextVar[_Place | None] = ContextVar("longpole_timing", default=None)


class _OpenTiming:
    """An entry that is being timed, and its record."""

    __slots__ = ("_before", "_place", "_record", "_running", "entry", "tree")

    def __init__(self, operation: str, category: str, metadata: dict[str, Any], frame: Any) -> None:
        self._before = above = _here.get()
        operation, category = text_of(operation), text_of(category)
        site = site_at(frame, operation, category)
        self._record: Record = [None, site, None, None, None, None, None, None, None]
        self._running: Running | None = None
        if recorder.is_on:
            self._record[PARENT] = current.get() or recorder.outside
            add_attributes(self._record, metadata)
            self._running = Running(self._record)
        self._record[STARTED] = self._record[STARTED] or steady_ns()
        entry_id = self._id(is_root=above is None)
        epoch_ns = now_ns() - steady_ns() if above is None else above.epoch_ns
        self.entry = TimingEntry(
            operation=operation,
            category=category,
            start_time=(self._record[STARTED] + epoch_ns) / 1e9,
            metadata=metadata,
            parent_id=None if above is None else above.entry_id,
            id=entry_id,
        )
        self.tree = ExecutionTimingTree(entry_id, is_recorded=self._is_recorded) if above is None else above.tree
        self.tree.add(self.entry)
        self._place = _Place(self.tree, entry_id, epoch_ns)
        _here.set(self._place)

    def end(self, error: BaseException | None) -> int:
        """Ends it; gives back how many nanoseconds it took."""
        if self._running is not None:
            self._running.end(error)
        if _here.get() is self._place:
            _here.set(self._before)
        return (self._record[ENDED] or steady_ns()) - self._record[STARTED]

    def abandon(self) -> None:
        """Nobody is going to end it: its record ends now, and is not held any longer."""
        if self._running is not None:
            self._running.stop()

    @property
    def _is_recorded(self) -> bool:
        return self._running is not None and self._running.record is self._record

    def _id(self, *, is_root: bool) -> str:
        """Of a step 16 hexadecimal digits, of a root 48: the ids under which it is recorded, if it is."""
        if not self._is_recorded:
            return os.urandom(24 if is_root else 8).hex()
        ids = ids_of(self._record)
        return ids.trace_id + ids.span_id if is_root else ids.span_id


def _bar(root: TimingEntry, depth: int, entry: TimingEntry, total_ms: float) -> BarRow:
    start_ms = (entry.start_time - root.start_time) * 1e3
    length_ms = total_ms - start_ms if entry.duration_ms is None else entry.duration_ms
    return BarRow(
        name=entry.operation,
        depth=depth,
        category=entry.category,
        start=start_ms / total_ms,
        length=length_ms / total_ms,
        time="…" if entry.duration_ms is None else _ms_text(entry.duration_ms),
        note=str(entry.metadata.get("error", "")) or entry.category,
        is_bold=entry is root,
        has_failed="error" in entry.metadata,
    )


def _end_ms(root: TimingEntry, entry: TimingEntry) -> float:
    """When an entry ended, or began if it runs, in milliseconds from the root's start."""
    return (entry.start_time - root.start_time) * 1e3 + (entry.duration_ms or 0.0)


def _ms_text(milliseconds: float) -> str:
    return f"{milliseconds:,.1f} ms"


def _within(entry: TimingEntry, child: TimingEntry) -> tuple[float, float]:
    """Start and end of a child in milliseconds from the entry's start, as far as it is inside of it."""
    start = (child.start_time - entry.start_time) * 1e3
    return max(start, 0.0), min(start + (child.duration_ms or 0.0), entry.duration_ms or 0.0)
