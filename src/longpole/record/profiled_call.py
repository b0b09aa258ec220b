"""One profiled call, from its start to its end: a record with times, and what the profiler adds to it.

While recording is on the record is a step like any other; otherwise it is the same list, handed to nobody. So there is
one way to take times, and it needs neither a server nor `configure()`.
"""

from collections.abc import Mapping
from contextvars import ContextVar
from itertools import count
from time import thread_time_ns
from typing import Any

from longpole.model.clock import now_ns, steady_ns
from longpole.model.profile import ProfileMetrics, ProfilePlace
from longpole.record.cpu_time import CpuCounted
from longpole.record.current import ENDED, SITE, STARTED, Record, current, new_record
from longpole.record.let_through import let_through
from longpole.record.more import ATTRIBUTES, add_attributes, put
from longpole.record.process_memory import MemorySampler, MemoryUse, MemoryWatch
from longpole.record.profile_book import Operation, ProfileBook
from longpole.record.profile_switch import switch
from longpole.record.recorder import recorder
from longpole.record.site import Site
from longpole.record.trouble import complain
from longpole.wire import longpole_names as names

LONGEST_PATH = 64
LONGEST_ERROR = 1024
_numbers = count(1)
_get_record, _set_record = current.get, current.set
profiled: "ContextVar[ProfiledCall | None]" = ContextVar("longpole_profiled", default=None)
"""The profiled call that runs here."""

book = ProfileBook()
_samplers: list[MemorySampler] = []


class ProfilePlan:
    """What a decorator says about the calls of its function. `None` leaves a choice to the settings."""

    __slots__ = ("is_exported", "metadata", "name", "site", "tracks_cpu", "tracks_memory")

    def __init__(
        self,
        name: str,
        site: Site,
        *,
        is_exported: bool | None = None,
        tracks_memory: bool | None = None,
        tracks_cpu: bool | None = None,
        metadata: Mapping[str, Any] | None = None,
    ) -> None:
        self.name = name
        self.site = site
        self.is_exported = is_exported
        self.tracks_memory = tracks_memory
        self.tracks_cpu = tracks_cpu
        self.metadata = dict(metadata) if metadata else None


class ProfiledCall:
    """A call under way. Made by `begin_call`; ends with `finish` or `fail`, which never raise."""

    __slots__ = (
        "_before",
        "_covered_ns",
        "_covered_since",
        "_cpu_started",
        "_has_children",
        "_memory",
        "_open_children",
        "_operation",
        "_outer",
        "_record",
        "_step",
        "concurrent",
        "counted",
        "cpu_ns",
        "duration_ns",
        "epoch_ns",
        "error",
        "error_type",
        "has_ended",
        "is_exported",
        "memory_use",
        "parent",
        "path",
        "plan",
        "started_ns",
        "tracks_cpu",
    )

    def __init__(self, plan: ProfilePlan, outer: "ProfiledCall | None") -> None:
        self.plan = plan
        self.parent = None if outer is None else outer.plan.name
        self.epoch_ns = now_ns() - steady_ns() if outer is None else outer.epoch_ns
        self.tracks_cpu = switch.tracks_cpu if plan.tracks_cpu is None else plan.tracks_cpu
        self.error_type: str | None = None
        self.error: str | None = None
        self.has_ended = False
        self.counted: CpuCounted | None = None
        self.cpu_ns: int | None = None
        self.memory_use: MemoryUse | None = None
        self.duration_ns = 0
        self._outer = outer
        self._before: Record | None = None
        self._step: Record | None = None
        self._cpu_started: int | None = None
        self._has_children = False
        self._open_children = self._covered_ns = self._covered_since = 0
        tracks_memory = switch.tracks_memory if plan.tracks_memory is None else plan.tracks_memory
        self._memory: MemoryWatch | None = _sampler().start() if tracks_memory else None

    def begin(self, given: Any) -> None:
        """Starts the step below the current one, and makes both current. `given` are the arguments."""
        if recorder.is_on:
            self._before = _get_record()
            self._step = recorder.start(self.plan.site, self._before, given)
            _set_record(self._step)
            if self.plan.metadata is not None:
                add_attributes(self._step, self.plan.metadata)
        self.begin_unseen()
        profiled.set(self)
        if self.tracks_cpu:
            self._cpu_started = thread_time_ns()

    def begin_unseen(self) -> None:
        """Starts the times only: for a generator, whose code runs piece by piece in its reader's context."""
        step = self._step
        # What sampling left out has no times of its own.
        self._record = step if step is not None and step[SITE] is not None else new_record(None, self.plan.site)
        self.started_ns = self._record[STARTED]
        with book.lock:
            self._operation: Operation = book.operation(self.plan.name)
            self.concurrent = self._operation.begin()
            if self._outer is not None:
                self._outer._child_starts(self.started_ns)
        outer_path = self._outer.path if self._outer is not None else ()
        self.is_exported = switch.sink is not None and self.plan.is_exported is not False
        self.path: tuple[ProfilePlace, ...] = outer_path
        if self.is_exported:
            place = ProfilePlace(next(_numbers), self.started_ns + self.epoch_ns)
            self.path = (*outer_path[: LONGEST_PATH - 1], place)

    def finish(self, result: Any) -> None:
        """Ends the call with a result."""
        self._end(None, result)

    def fail(self, error: BaseException) -> None:
        """Ends the call with the exception that left it."""
        self._end(error, None)

    def metrics(self) -> ProfileMetrics:
        """The figures of a call that has ended."""
        return ProfileMetrics(
            name=self.plan.name,
            started_ns=self.started_ns + self.epoch_ns,
            duration_ns=self.duration_ns,
            error_type=self.error_type,
            error=self.error,
            parent=self.parent,
            concurrent=self.concurrent,
            coordination_ns=max(self.duration_ns - self._covered_ns, 0) if self._has_children else None,
            memory_delta_bytes=self.memory_use.delta_bytes if self.memory_use else None,
            memory_peak_bytes=self.memory_use.peak_bytes if self.memory_use else None,
            cpu_ns=self.cpu_ns,
            metadata=self.plan.metadata,
            path=self.path if self.is_exported else (),
        )

    def _end(self, error: BaseException | None, result: Any) -> None:
        try:
            self._take_readings()
        except Exception as trouble:  # the step must end all the same
            complain("profiler", trouble)
        try:
            self._end_record(error, result)
            if profiled.get() is self:
                profiled.set(self._outer)
            self._enter(error)
            if self.is_exported and switch.sink is not None:
                switch.sink(self.metrics())
        except Exception as trouble:
            complain("profiler", trouble)

    def _take_readings(self) -> None:
        if self.counted is not None:
            self.cpu_ns = self.counted.cpu_ns
        elif self._cpu_started is not None:
            self.cpu_ns = thread_time_ns() - self._cpu_started
        if self._memory is not None:
            self.memory_use = _sampler().stop(self._memory)
        if self._step is None:
            return
        if self.cpu_ns is not None:
            put(self._step, ATTRIBUTES, {names.CPU_NS: self.cpu_ns})
        if self.memory_use is not None:
            delta, peak = self.memory_use
            put(self._step, ATTRIBUTES, {names.MEMORY_DELTA_BYTES: delta, names.MEMORY_PEAK_BYTES: peak})

    def _end_record(self, error: BaseException | None, result: Any) -> None:
        step = self._step
        if step is not None:
            if error is None:
                recorder.finish(step, result)
            else:
                recorder.fail(step, error)
            if _get_record() is step:
                _set_record(self._before)
        if self._record is not step:
            self._record[ENDED] = steady_ns()

    def _enter(self, error: BaseException | None) -> None:
        """Adds the call to the book, and lets go of everything that is not a figure."""
        ended = self._record[ENDED]
        self.duration_ns = ended - self.started_ns
        if error is not None:
            self.error_type, self.error = _type_name(error), _message(error)
        with book.lock:
            self.has_ended = True
            if self._open_children:
                self._covered_ns += max(ended - self._covered_since, 0)
            covered = min(self._covered_ns, self.duration_ns) if self._has_children else None
            self._operation.end(
                self.duration_ns, covered, has_failed=error is not None, cpu_ns=self.cpu_ns, memory=self.memory_use
            )
            if self._outer is not None:
                self._outer._child_ends(ended)
            book.recent.append(self)
        # A task that starts the next one for ever must not keep them all.
        self._outer = self._before = self._step = self._memory = self.counted = None
        self._record = []

    def _child_starts(self, started: int) -> None:
        """The union of the children's intervals: time is covered from the first open child to the last. Locked."""
        if self.has_ended:
            return
        self._has_children = True
        if self._open_children == 0:
            self._covered_since = started
        self._open_children += 1

    def _child_ends(self, ended: int) -> None:
        if self.has_ended:
            return  # the child outlived this call, which has counted it up to its own end
        self._open_children -= 1
        if self._open_children == 0:
            self._covered_ns += max(ended - self._covered_since, 0)


def begin_call(plan: ProfilePlan, args: tuple[Any, ...], kwargs: dict[str, Any]) -> ProfiledCall | None:
    """A started call, below the profiled call that runs here; `None` if that did not work."""
    try:
        call = ProfiledCall(plan, profiled.get())
        call.begin((args[1:] if plan.site.skips_first else args, kwargs))
        return call
    except Exception as trouble:
        complain("profiler", trouble)
        return None


def begin_stream(plan: ProfilePlan) -> ProfiledCall | None:
    """A started call for a generator: its step, if any, is made by whoever wraps the generator."""
    try:
        call = ProfiledCall(plan, profiled.get())
        call.begin_unseen()
        return call
    except Exception as trouble:
        complain("profiler", trouble)
        return None


def reset_after_fork() -> None:
    """In a new child: nothing has been called yet, and another process has other memory."""
    book.reset_after_fork()
    for sampler in _samplers:
        sampler.reset_after_fork()


def _sampler() -> MemorySampler:
    if not _samplers:
        _samplers.append(MemorySampler())
    return _samplers[0]


def _type_name(error: BaseException) -> str:
    kind = type(error)
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"


def _message(error: BaseException) -> str:
    try:
        return str(error)[:LONGEST_ERROR]
    except BaseException as second:
        let_through(second)
        return f"<message raises {type(second).__name__}>"
