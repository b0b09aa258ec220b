"""Executions that a program tells by id: their start, their steps and their end come one by one, from anywhere in it.

Nothing is current while such an execution runs, so that one task may tell of many. What is current when it starts is
what called it. Without `configure()`, and where sampling leaves it out, it is only measured.
"""

from collections.abc import Mapping
from functools import lru_cache
from hashlib import blake2b
from threading import RLock
from typing import Any, NamedTuple

from longpole import settings
from longpole.model.category import Category
from longpole.model.clock import now_ns, steady_ns
from longpole.model.status import ExecutionStatus
from longpole.record.annotate import add_line
from longpole.record.capture import FrozenError
from longpole.record.current import (
    ENDED,
    ERROR,
    IDS,
    OUTPUT,
    PARENT,
    STARTED,
    Ids,
    Record,
    current,
    ids_of,
    is_execution_id,
    is_unsampled,
)
from longpole.record.more import add_attributes
from longpole.record.recorder import recorder
from longpole.record.running import as_given
from longpole.record.site import Site
from longpole.wire import longpole_names as names

_TRACE_LETTERS = 32
_lock = RLock()


class Outcome(NamedTuple):
    """How something ended: a final status, the error if there is one, and what came out."""

    status: str
    error: FrozenError | None = None
    output: Any = None

    @property
    def has_failed(self) -> bool:
        """Whether it ended badly."""
        return self.status in (ExecutionStatus.FAILED, ExecutionStatus.TIMEOUT, ExecutionStatus.CRASHED)


class Tally(NamedTuple):
    """What was told of an execution's steps."""

    steps: int = 0
    succeeded: int = 0
    failed: int = 0
    total_ms: float = 0.0


class ToldExecution:
    """One execution.

    Args:
        execution_id: the program's name of it, of any form.
        agent: who runs.
    """

    __slots__ = ("_ended_ns", "_record", "_started_ns", "agent", "credits", "execution_id", "outcome", "tally")

    def __init__(self, execution_id: str, agent: str) -> None:
        self.execution_id = execution_id
        self.agent = agent
        self.outcome: Outcome | None = None
        self.credits: float | None = None
        self.tally = Tally()
        self._record: Record | None = None
        self._started_ns = steady_ns()
        self._ended_ns: int | None = None

    @property
    def duration_ns(self) -> int:
        """How long it took, or has taken so far."""
        return (steady_ns() if self._ended_ns is None else self._ended_ns) - self._started_ns

    def begin(self, given: Any, attributes: Mapping[str, Any]) -> None:
        """Starts it, with what it works on and further facts by their names on the wire."""
        if recorder.is_on:
            self._record = _begin(self.execution_id, self.agent, given, attributes)
        self._started_ns = steady_ns() if self._record is None else self._record[STARTED]

    def add_step(
        self, name: str, category: str, duration_ms: float, outcome: Outcome, attributes: Mapping[str, Any]
    ) -> None:
        """Adds a step that ends now; also to an execution that has ended meanwhile."""
        with _lock:
            self.tally = Tally(
                steps=self.tally.steps + 1,
                succeeded=self.tally.succeeded + (outcome.status == ExecutionStatus.SUCCESS),
                failed=self.tally.failed + outcome.has_failed,
                total_ms=self.tally.total_ms + duration_ms,
            )
        if self._record is None or not recorder.is_on:
            return
        ended_ns = steady_ns()
        started_ns = ended_ns - round(duration_ms * 1e6)
        step: Record = [self._record, _site(name, category), started_ns, None, None, None, None, None, None]
        _close(step, outcome, attributes, ended_ns)
        recorder.take(step)

    def end(self, outcome: Outcome, credits: float | None) -> None:
        """Ends it."""
        self.outcome, self.credits, self._ended_ns = outcome, credits, steady_ns()
        if self._record is not None:
            _close(self._record, outcome, {} if credits is None else {names.CREDITS: credits}, self._ended_ns)


def _begin(execution_id: str, agent: str, given: Any, attributes: Mapping[str, Any]) -> Record | None:
    """The record of an execution, started; nothing where sampling leaves it out."""
    above = current.get() or recorder.outside
    record: Record = [None, _site(agent, Category.AGENT), None, None, None, None, None, None, None]
    record[IDS], record[PARENT] = _ids(execution_id, above, attributes.get(names.WORKSPACE))
    if not is_execution_id(execution_id):
        attributes = {names.EXECUTION_ID: execution_id, **attributes}
    add_attributes(record, attributes)
    return record if recorder.begin(record, as_given(given)) is record else None


def _ids(execution_id: str, above: Record | None, workspace: str | None) -> tuple[Ids, Record | None]:
    """Those that an execution's name is, or ids made of it; and what it is below.

    The same name in one workspace gives the same ids, so that what is told twice is there once. What belongs to another
    workspace than the step around it, or has the id of another trace, is below nothing.
    """
    is_ours = is_execution_id(execution_id)
    name = execution_id if is_ours else _digest(execution_id, workspace)
    trace_id, span_id = name[:_TRACE_LETTERS], name[_TRACE_LETTERS:]
    if above is not None and is_unsampled(above):
        return Ids(trace_id, span_id, None, 0, True), above
    around = None if above is None else ids_of(above)
    if around is None or (is_ours and trace_id != around.trace_id) or workspace not in (None, around.workspace):
        return Ids(trace_id, span_id, None, now_ns() - steady_ns(), True, workspace), None
    return around._replace(span_id=span_id, parent_span_id=around.span_id, is_execution=True), above


def _digest(name: str, workspace: str | None) -> str:
    seed = f"{settings.in_force().workspace if workspace is None else workspace} {name}"
    return blake2b(seed.encode("utf-8", "backslashreplace"), digest_size=24).hexdigest()


def _close(record: Record, outcome: Outcome, attributes: Mapping[str, Any], ended_ns: int) -> None:
    """Ends a record. The end is written last: from then on the flusher may take the record away."""
    add_attributes(record, {names.STATUS: outcome.status, **attributes})
    record[OUTPUT] = recorder.snapshot(outcome.output)
    if outcome.has_failed:
        record[ERROR] = outcome.error
    elif outcome.error is not None:
        add_line(record, outcome.error[1], "warning", {})
    record[ENDED] = ended_ns


@lru_cache(1024)
def _site(name: str, category: str) -> Site:
    site = Site(name, category, agent=name if category == Category.AGENT else None)
    site.parameters = ("input",)
    return site


def reset_after_fork() -> None:
    """In a new child: a lock that another thread held at the fork would never be released."""
    global _lock
    _lock = RLock()
