"""How events are made of rows, for the live door, webhooks and other servers.

An event carries the newest state of what it is about, so that a reader who misses one is right again with the next.
"""

from typing import Any

import msgspec
from msgspec import Struct
from msgspec.structs import asdict

from longpole.model.clock import to_rfc3339
from longpole.model.event import Decision, Event
from longpole.model.execution import Execution
from longpole.model.finding import Finding
from longpole.model.step import Step
from longpole.reports.live_views import Kind, LiveEvent
from longpole.reports.one_execution import decision_node, event_node, execution_node, step_node
from longpole.reports.rows import finding_item

Key = str
"""What an event is about: of two with the same key the newer one tells all that the older one told."""

Row = Execution | Step | Event | Decision | Finding | LiveEvent
"""What an event is made of; a `LiveEvent` is one already."""


class Place(Struct, frozen=True, gc=False):
    """Where in the trees something happened: the execution, the one at the top, and when that started."""

    workspace: str
    agent: str | None
    execution_id: str | None
    root_execution_id: str | None
    origin_ns: int


class Happening(Struct, eq=False, gc=False):
    """An event that is made of its row when somebody first wants it; most are overtaken by newer ones before that.

    The garbage collector does not look at it: the hub's ring holds 20,000 of them, and when each was nine objects to
    look at, a collection of the young ones kept all threads from running for 90 to 190 ms.
    """

    kind: Kind
    place: Place
    key: Key
    row: Row
    number: int = 0
    """Its place in the order of this server, given by the hub."""
    _event: LiveEvent | None = None
    _text: str | None = None

    def event(self) -> LiveEvent:
        """The event as it is told."""
        if self._event is None:
            self._event = _event_of(self)
        return self._event

    def text(self) -> str:
        """The event as JSON."""
        if self._text is None:
            self._text = msgspec.json.encode(self.event()).decode()
        return self._text


def happening_of(event: LiveEvent) -> Happening:
    """An event that is complete already, such as a fired alert or one of another server."""
    place = Place(event.workspace, event.agent, event.execution_id, event.root_execution_id, 0)
    return Happening(event.kind, place, _key_of(event), event)


def _key_of(event: LiveEvent) -> Key:
    if event.step is not None:
        return f"step:{event.trace_id or ''}:{event.step.step_id}"
    if event.execution is not None:
        return f"execution:{event.execution.execution_id}"
    if event.stage is not None:
        return f"stage:{event.execution_id or ''}"
    return event.id


def of_execution(kind: Kind, row: Execution, place: Place) -> Happening:
    """An execution has started or ended."""
    return Happening(kind, place, f"execution:{row.execution_id}", row)


def of_step(kind: Kind, row: Step, place: Place) -> Happening:
    """A step has started, is known better, or has ended."""
    return Happening(kind, place, f"step:{row.trace_id}:{row.step_id}", row)


def of_stage(row: Event, place: Place) -> Happening:
    """An execution has entered, completed or failed a stage."""
    return Happening("stage.changed", place, f"stage:{row.execution_id or row.span_id}", row)


def of_decision(row: Decision, place: Place) -> Happening:
    """A candidate was considered, or passed over."""
    return Happening("decision.made", place, f"decision.made:{_identity(row)}", row)


def of_finding(row: Finding, place: Place) -> Happening:
    """Something worth telling was found."""
    return Happening("finding.raised", place, f"finding.raised:{row.finding_id}", row)


def _identity(row: Event | Decision) -> str:
    return f"{row.trace_id}:{row.span_id}:{row.event_index}"


def _event_of(happening: Happening) -> LiveEvent:
    place = happening.place
    match happening.row:
        case LiveEvent() as event:
            return event
        case Execution() as row:
            return _execution_event(happening.kind, row, place)
        case Step() as row:
            return _step_event(happening.kind, row, place)
        case Event() as row:
            stage = event_node(asdict(row), place.origin_ns)
            return _event("stage.changed", _identity(row), row.time_ns, place, trace_id=row.trace_id, stage=stage)
        case Decision() as row:
            decision = decision_node(asdict(row), place.origin_ns)
            return _event("decision.made", _identity(row), row.time_ns, place, trace_id=row.trace_id, decision=decision)
        case Finding() as row:
            return _event("finding.raised", row.finding_id, row.raised_ns, place, finding=finding_item(asdict(row)))


def _execution_event(kind: Kind, row: Execution, place: Place) -> LiveEvent:
    at_ns = row.started_ns if kind == "execution.started" or row.ended_ns is None else row.ended_ns
    node = execution_node(asdict(row), place.origin_ns, (row.self_ns, row.critical_ns, None))
    return _event(kind, row.execution_id, at_ns, place, trace_id=row.trace_id, execution=node)


def _step_event(kind: Kind, row: Step, place: Place) -> LiveEvent:
    at_ns = row.started_ns if row.ended_ns is None else row.ended_ns
    node = step_node(asdict(row), place.origin_ns, (row.self_ns, row.critical_ns, row.slack_ns), {})
    return _event(kind, f"{row.trace_id}:{row.step_id}", at_ns, place, trace_id=row.trace_id, step=node)


def _event(kind: Kind, identity: str, at_ns: int, place: Place, **about: Any) -> LiveEvent:
    return LiveEvent(
        id=f"{kind}:{identity}",
        kind=kind,
        at=to_rfc3339(at_ns),
        workspace=place.workspace,
        agent=place.agent,
        execution_id=place.execution_id,
        root_execution_id=place.root_execution_id,
        origin=to_rfc3339(place.origin_ns) if place.origin_ns else None,
        **about,
    )
