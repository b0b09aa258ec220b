"""How events are made of rows, for the live door, webhooks and other servers.

An event carries the newest state of what it is about, so that a reader who misses one is right again with the next.
"""

from collections.abc import Callable
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

Key = tuple[str, ...]
"""What an event is about: of two with the same key the newer one tells all that the older one told."""


class Place(Struct, frozen=True):
    """Where in the trees something happened: the execution, the one at the top, and when that started."""

    workspace: str
    agent: str | None
    execution_id: str | None
    root_execution_id: str | None
    origin_ns: int


class Happening:
    """An event whose text is made when somebody first wants it; most are overtaken by newer ones before that.

    `number` is its place in the order of this server, given by the hub.
    """

    __slots__ = ("_event", "_make", "_text", "key", "kind", "number", "place")

    def __init__(self, kind: Kind, place: Place, key: Key, make: Callable[[], LiveEvent]) -> None:
        self.kind: Kind = kind
        self.place = place
        self.key = key
        self.number = 0
        self._make = make
        self._event: LiveEvent | None = None
        self._text: str | None = None

    def event(self) -> LiveEvent:
        """The event as it is told."""
        if self._event is None:
            self._event = self._make()
        return self._event

    def text(self) -> str:
        """The event as JSON."""
        if self._text is None:
            self._text = msgspec.json.encode(self.event()).decode()
        return self._text


def happening_of(event: LiveEvent) -> Happening:
    """An event that is complete already, such as a fired alert or one of another server."""
    place = Place(event.workspace, event.agent, event.execution_id, event.root_execution_id, 0)
    return Happening(event.kind, place, _key_of(event), lambda: event)


def _key_of(event: LiveEvent) -> Key:
    if event.step is not None:
        return ("step", event.trace_id or "", event.step.step_id)
    if event.execution is not None:
        return ("execution", event.execution.execution_id)
    if event.stage is not None:
        return ("stage", event.execution_id or "")
    return (event.kind, event.id)


def of_execution(kind: Kind, row: Execution, place: Place) -> Happening:
    """An execution has started or ended."""

    def make() -> LiveEvent:
        at_ns = row.started_ns if kind == "execution.started" or row.ended_ns is None else row.ended_ns
        own = (row.self_ns, row.critical_ns, None)
        return _event(
            kind,
            f"{kind}:{row.execution_id}",
            at_ns,
            place,
            trace_id=row.trace_id,
            execution=execution_node(asdict(row), place.origin_ns, own),
        )

    return Happening(kind, place, ("execution", row.execution_id), make)


def of_step(kind: Kind, row: Step, place: Place) -> Happening:
    """A step has started, is known better, or has ended."""

    def make() -> LiveEvent:
        at_ns = row.started_ns if row.ended_ns is None else row.ended_ns
        own = (row.self_ns, row.critical_ns, row.slack_ns)
        step = step_node(asdict(row), place.origin_ns, own, {})
        return _event(kind, f"{kind}:{row.trace_id}:{row.step_id}", at_ns, place, trace_id=row.trace_id, step=step)

    return Happening(kind, place, ("step", row.trace_id, row.step_id), make)


def of_stage(row: Event, place: Place) -> Happening:
    """An execution has entered, completed or failed a stage."""

    def make() -> LiveEvent:
        identity = f"stage.changed:{row.trace_id}:{row.span_id}:{row.event_index}"
        stage = event_node(asdict(row), place.origin_ns)
        return _event("stage.changed", identity, row.time_ns, place, trace_id=row.trace_id, stage=stage)

    return Happening("stage.changed", place, ("stage", row.execution_id or row.span_id), make)


def of_decision(row: Decision, place: Place) -> Happening:
    """A candidate was considered, or passed over."""
    identity = f"decision.made:{row.trace_id}:{row.span_id}:{row.event_index}"

    def make() -> LiveEvent:
        decision = decision_node(asdict(row), place.origin_ns)
        return _event("decision.made", identity, row.time_ns, place, trace_id=row.trace_id, decision=decision)

    return Happening("decision.made", place, ("decision.made", identity), make)


def of_finding(row: Finding, place: Place) -> Happening:
    """Something worth telling was found."""
    identity = f"finding.raised:{row.finding_id}"

    def make() -> LiveEvent:
        return _event("finding.raised", identity, row.raised_ns, place, finding=finding_item(asdict(row)))

    return Happening("finding.raised", place, ("finding.raised", identity), make)


def _event(kind: Kind, identity: str, at_ns: int, place: Place, **about: Any) -> LiveEvent:
    return LiveEvent(
        id=identity,
        kind=kind,
        at=to_rfc3339(at_ns),
        workspace=place.workspace,
        agent=place.agent,
        execution_id=place.execution_id,
        root_execution_id=place.root_execution_id,
        origin=to_rfc3339(place.origin_ns) if place.origin_ns else None,
        **about,
    )
