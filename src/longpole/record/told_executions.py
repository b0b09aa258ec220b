"""The executions that this process tells by id: those that run, and the latest that have ended.

They are the process's, not a caller's: whoever knows the id may tell the next step. What is told of an execution that
nobody started is reported in the log and left out.
"""

import os
from collections import Counter, OrderedDict
from collections.abc import Mapping
from logging import getLogger
from threading import RLock
from typing import Any

from longpole.model.status import OPEN_STATUSES, ExecutionStatus
from longpole.record import told_execution
from longpole.record.capture import describe, freeze_error, freeze_text
from longpole.record.told_execution import Outcome, ToldExecution
from longpole.wire import longpole_names as names

MOST_RUNNING = 10_000
MOST_ENDED = 1000
"""So many of those that have ended are remembered, the latest."""

MOST_REPORTS = 20
"""So often a mistake of one kind is reported."""

_FINAL = [str(status) for status in ExecutionStatus if status not in OPEN_STATUSES]
_log = getLogger("longpole")


class ToldExecutions:
    """All that were told. Safe across threads; nothing here waits or raises because of what is told."""

    def __init__(self) -> None:
        self._lock = RLock()
        self._running: dict[str, ToldExecution] = {}
        self._ended: OrderedDict[str, ToldExecution] = OrderedDict()
        self._reports: Counter[str] = Counter()

    @property
    def running(self) -> list[ToldExecution]:
        """Those that run, in order of start."""
        with self._lock:
            return list(self._running.values())

    @property
    def ended(self) -> list[ToldExecution]:
        """The latest that have ended, in that order."""
        with self._lock:
            return list(self._ended.values())

    def start(self, execution_id: str, agent: str, given: Any, attributes: Mapping[str, Any]) -> None:
        """Starts one. Beyond 10,000 that run at once the oldest is taken for lost, and ends as `timeout`."""
        execution, oldest = ToldExecution(execution_id, agent), None
        with self._lock:
            if execution_id in self._running or execution_id in self._ended:
                self._report(
                    "started twice",
                    f"The execution {execution_id[:100]!r} of {agent[:100]!r} is started, and was so before. Expected "
                    "an id that names one execution. It is left out; use a new id for each execution.",
                )
                return
            if len(self._running) >= MOST_RUNNING:
                oldest = next(iter(self._running))
            self._running[execution_id] = execution
        execution.begin(given, attributes)
        if oldest is not None:
            error = freeze_text(f"TimeoutError: Its end was not told while {MOST_RUNNING} others ran.")
            self.end(oldest, Outcome(str(ExecutionStatus.TIMEOUT), error))

    def add_step(
        self, execution_id: str, name: str, category: str, duration_ms: float, outcome: Outcome, index: int | None
    ) -> None:
        """Adds a step that has just ended."""
        with self._lock:
            execution = self._running.get(execution_id) or self._ended.get(execution_id)
        if execution is None:
            self._report_unknown(execution_id, f"The step {name[:100]!r}")
            return
        attributes = {} if index is None else {names.STEP_INDEX: index}
        execution.add_step(name, category, self._milliseconds(duration_ms, name), outcome, attributes)

    def end(self, execution_id: str, outcome: Outcome, credits: float | None = None) -> None:
        """Ends one."""
        with self._lock:
            execution = self._running.pop(execution_id, None)
            if execution is None:
                self._report_unknown(execution_id, "The end")
                return
            self._ended[execution_id] = execution
            if len(self._ended) > MOST_ENDED:
                self._ended.popitem(last=False)
        execution.end(outcome, credits)

    def outcome(self, status: object, error: object, output: Any) -> Outcome:
        """How something ended, as the program says it: a word, and an exception or a text."""
        frozen = None
        if isinstance(error, BaseException):
            frozen = freeze_error(error)
        elif error is not None:
            frozen = freeze_text(error if isinstance(error, str) else describe(error))
        word = str(status)
        if word not in _FINAL:
            taken = str(ExecutionStatus.SUCCESS if frozen is None else ExecutionStatus.FAILED)
            self._report(
                "unknown status",
                f"The status {describe(status)[:100]} is none that something can end with. Expected one of "
                f"{', '.join(_FINAL)}. It is taken for {taken}; say one of them.",
            )
            word = taken
        return Outcome(word, frozen, output)

    def reset_after_fork(self) -> None:
        """In a new child: what the parent has started is the parent's to end."""
        self.__init__()
        told_execution.reset_after_fork()

    def _milliseconds(self, duration_ms: object, name: str) -> float:
        try:
            found = float(duration_ms)  # pyright: ignore[reportArgumentType] - whatever the program gives
            if 0 <= found < _LONGEST_MS:
                return found
        except (TypeError, ValueError, OverflowError):
            pass
        self._report(
            "unknown duration",
            f"The duration {describe(duration_ms)[:100]} of the step {name[:100]!r} cannot be. Expected milliseconds, "
            "0 or more. The step is kept with 0; measure it with time.perf_counter().",
        )
        return 0.0

    def _report_unknown(self, execution_id: str, what: str) -> None:
        self._report(
            "not started",
            f"{what} of the execution {execution_id[:100]!r} is told, and this process has not started it, or it ended "
            "long ago. Expected an id that track_execution_start was called with here. It is left out.",
        )

    def _report(self, kind: str, message: str) -> None:
        self._reports[kind] += 1
        if self._reports[kind] <= MOST_REPORTS:
            _log.warning("%s", message)


_LONGEST_MS = 366 * 24 * 3600 * 1e3
told_executions = ToldExecutions()
os.register_at_fork(after_in_child=told_executions.reset_after_fork)
