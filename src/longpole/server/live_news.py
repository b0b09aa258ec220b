"""What is new in a batch: the pipeline publishes whole traces again and again, and only changes are events."""

from collections import OrderedDict
from collections.abc import Iterator

from longpole.model.batch import Batch
from longpole.model.event import EventKind
from longpole.model.execution import Execution, ExecutionKind
from longpole.model.step import Step
from longpole.server.live_events import Happening, Place, of_decision, of_execution, of_finding, of_stage, of_step

MOST_TRACES = 5_000
MOST_SPANS = 300_000
MOST_FINDINGS = 10_000

_Seen = dict[object, object]
"""What was told of one trace: the end or the status by step and execution, and the instants that were told."""


class News:
    """Remembers what was told of the newest traces. Not safe for threads: one thread owns it.

    A trace that was forgotten and comes again is told again, with the same ids.
    """

    def __init__(self) -> None:
        self._traces: OrderedDict[tuple[str, str], _Seen] = OrderedDict()
        self._spans = 0
        self._findings: OrderedDict[str, None] = OrderedDict()

    def take(self, batch: Batch) -> list[Happening]:
        """What a batch tells that no batch before it has told, starts before what is inside, ends after it."""
        places = {row.execution_id: row for row in batch.executions}
        doubtful = {row.execution_id for row in batch.executions if _is_doubtful(row)}
        starts, ends = list[Happening](), list[Happening]()
        for row in batch.executions:
            if row.execution_id not in doubtful:
                self._look_at_execution(row, places, starts, ends)
        inside = [*self._steps(batch, places, doubtful), *self._instants(batch, places, doubtful)]
        found = [*starts, *inside, *ends, *self._raised(batch, places)]
        self._forget_oldest()
        return found

    def _look_at_execution(
        self, row: Execution, places: dict[str, Execution], starts: list[Happening], ends: list[Happening]
    ) -> None:
        seen = self._seen(row.workspace, row.trace_id)
        state = row.status if row.ended_ns is None else row.ended_ns
        before = seen.get(row.execution_id)
        if before == state:
            return
        seen[row.execution_id] = state
        place = _place(row, places)
        if before is None:
            self._spans += 1
            starts.append(of_execution("execution.started", row, place))
        elif row.ended_ns is None and isinstance(before, int):  # it was called crashed, and speaks again
            starts.append(of_execution("execution.started", row, place))
        if row.ended_ns is not None:
            ends.append(of_execution("execution.completed", row, place))

    def _steps(self, batch: Batch, places: dict[str, Execution], doubtful: set[str]) -> Iterator[Happening]:
        trace, seen = "", dict[object, object]()
        known: dict[str, Place] = {}
        for row in batch.steps:
            if row.execution_id in doubtful:
                continue  # told when it is known what it belongs to
            if row.trace_id != trace:
                trace, seen = row.trace_id, self._seen(row.workspace, row.trace_id)
            state = row.status if row.ended_ns is None else row.ended_ns
            before = seen.get(row.step_id)
            if before == state:
                continue
            self._spans += before is None
            seen[row.step_id] = state
            place = known.get(row.execution_id)
            if place is None:
                place = known[row.execution_id] = _place_of_step(row, places)
            # What began and ended between two looks is told by its end, which tells its start too.
            yield of_step("step.started" if row.ended_ns is None else "step.completed", row, place)

    def _instants(self, batch: Batch, places: dict[str, Execution], doubtful: set[str]) -> Iterator[Happening]:
        for event in batch.events:
            if event.kind != EventKind.STAGE or event.execution_id in doubtful:
                continue
            if self._is_news(event.workspace, event.trace_id, event.span_id, event):
                yield of_stage(event, _place_within(event.workspace, event.execution_id, places))
        for decision in batch.decisions:
            if decision.execution_id in doubtful:
                continue
            if self._is_news(decision.workspace, decision.trace_id, decision.span_id, decision):
                yield of_decision(decision, _place_within(decision.workspace, decision.execution_id, places))

    def _is_news(self, workspace: str, trace_id: str, span_id: str, row: object) -> bool:
        seen = self._seen(workspace, trace_id)
        key = (type(row), span_id, getattr(row, "event_index", 0))
        if key in seen:
            return False
        seen[key] = True
        self._spans += 1
        return True

    def _raised(self, batch: Batch, places: dict[str, Execution]) -> Iterator[Happening]:
        for finding in batch.findings:
            if finding.finding_id not in self._findings:
                self._findings[finding.finding_id] = None
                yield of_finding(finding, _place_within(finding.workspace, finding.execution_id, places))
        while len(self._findings) > MOST_FINDINGS:
            self._findings.popitem(last=False)

    def _seen(self, workspace: str, trace_id: str) -> _Seen:
        key = (workspace, trace_id)
        seen = self._traces.get(key)
        if seen is None:
            seen = self._traces[key] = {}
        else:
            self._traces.move_to_end(key)
        return seen

    def _forget_oldest(self) -> None:
        while len(self._traces) > 1 and (len(self._traces) > MOST_TRACES or self._spans > MOST_SPANS):
            _, seen = self._traces.popitem(last=False)
            self._spans -= len(seen)


def _is_doubtful(row: Execution) -> bool:
    """Whether it is only taken for an execution because what is above it has not come yet."""
    return row.kind == ExecutionKind.ROOT and row.parent_span_id is not None and row.settled_ns is None


def _place(row: Execution, places: dict[str, Execution]) -> Place:
    root = places.get(row.root_execution_id, row)
    return Place(row.workspace, row.agent, row.execution_id, row.root_execution_id, root.started_ns)


def _place_of_step(row: Step, places: dict[str, Execution]) -> Place:
    execution = places.get(row.execution_id)
    if execution is not None:
        return _place(execution, places)
    return Place(row.workspace, row.agent, row.execution_id, row.root_execution_id, row.started_ns)


def _place_within(workspace: str, execution_id: str | None, places: dict[str, Execution]) -> Place:
    execution = places.get(execution_id or "")
    if execution is not None:
        return _place(execution, places)
    return Place(workspace, None, execution_id, None, 0)
