"""Turns span events and log records into rows of events and decisions, and a registration into an agent."""

import hashlib
from collections.abc import Mapping
from typing import Any, NamedTuple

from longpole.ingest.names import read_number, read_text
from longpole.ingest.recognise_bodies import as_json, as_text
from longpole.ingest.span import LogRecord, Span, SpanEvent
from longpole.model.event import Decision, Event, EventKind
from longpole.wire import longpole_names as own
from longpole.wire.attribute_names import FIRST_TOKEN_EVENTS
from longpole.wire.redact import Redactor

FIRST_LOG_INDEX = 1_000_000
"""Log records are numbered from here on, so that they never meet the events of their span."""

_LOG_RANGE = 2**31 - FIRST_LOG_INDEX
_LEVELS = ("level", "severity", "logfire.level_name", "log.level")
_MESSAGES = ("message", "log.message", "event.message", "logfire.msg")


class Rows(NamedTuple):
    """The rows that the events of one span give, and nanoseconds from its start to its first token."""

    events: list[Event]
    decisions: list[Decision]
    stage: str | None
    first_token_ns: int | None


NOTHING = Rows([], [], None, None)


def read_events(span: Span, span_id: str, *, is_stack_kept: bool) -> Rows:
    """One row for each event of the span, in its order; decisions also as rows of their own.

    Args:
        span: a span whose events are already without secrets.
        span_id: the id the rows belong to.
        is_stack_kept: the stack of the last exception is kept beside the row and left out here.
    """
    rows = Rows([], [], None, None)
    stage = first_token = None
    last_exception = _last_exception(span.events) if is_stack_kept else None
    for index, event in enumerate(span.events):
        attributes = event.attributes
        kind = _kind(event.name, attributes)
        row = _row(span, span_id, index, event, kind, attributes, without_stack=event is last_exception)
        rows.events.append(row)
        if kind is EventKind.DECISION:
            rows.decisions.append(_decision(row, attributes))
        elif kind is EventKind.STAGE:
            stage = row.stage or stage
        elif kind is EventKind.FIRST_TOKEN and first_token is None and event.time_ns >= span.started_ns:
            first_token = event.time_ns - span.started_ns
    return rows._replace(stage=stage, first_token_ns=first_token)


def event_of_log(record: LogRecord, redactor: Redactor) -> Event | None:
    """The event that a log record of a trace is; `None` without a trace, where it belongs to no execution.

    Its index comes from its content, so that the same record sent again gives the same row.
    """
    if record.trace_id is None:
        return None
    attributes = redactor.value(record.attributes)
    name = record.event_name or read_text(attributes.get("event.name")) or "log"
    kind = _kind(name, attributes)
    body = redactor.value(record.body)
    message = as_text(body) if body not in (None, "") else _first(attributes, _MESSAGES)
    if kind is EventKind.EXCEPTION:
        message = read_text(attributes.get("exception.message")) or message
    seed = as_json([record.span_id, record.time_ns, name, record.level, record.body, record.attributes]).encode()
    number = int.from_bytes(hashlib.blake2b(seed, digest_size=8).digest(), "big")
    return Event(
        workspace=record.workspace,
        trace_id=record.trace_id,
        span_id=record.span_id or "",
        execution_id=None,
        event_index=FIRST_LOG_INDEX + number % _LOG_RANGE,
        time_ns=record.time_ns,
        name=name,
        kind=(EventKind.LOG if kind is EventKind.OTHER else kind).value,
        level=record.level,
        message=message,
        stage=read_text(attributes.get("stage")) if kind is EventKind.STAGE else None,
        status=read_text(attributes.get("status")) if kind is EventKind.STAGE else None,
        attributes=as_json(attributes) if attributes else None,
        received_ns=record.received_ns,
    )


def _kind(name: str, attributes: Mapping[str, Any]) -> EventKind:
    if name == "exception" or "exception.type" in attributes:
        return EventKind.EXCEPTION
    if name == own.EVENT_STAGE:
        return EventKind.STAGE
    if name == own.EVENT_DECISION:
        return EventKind.DECISION
    if name in FIRST_TOKEN_EVENTS:
        return EventKind.FIRST_TOKEN
    if name == own.EVENT_BLOCKED:
        return EventKind.BLOCKED
    if name == own.EVENT_LOG or any(level in attributes for level in _LEVELS):
        return EventKind.LOG
    return EventKind.OTHER


def _row(
    span: Span,
    span_id: str,
    index: int,
    event: SpanEvent,
    kind: EventKind,
    attributes: dict[str, Any],
    *,
    without_stack: bool,
) -> Event:
    message, level = _first(attributes, _MESSAGES), _first(attributes, _LEVELS)
    if kind is EventKind.EXCEPTION:
        told = read_text(attributes.get("exception.message")) or message
        message, level = told or read_text(attributes.get("exception.type")), level or "error"
    elif kind is EventKind.DECISION:
        message = read_text(attributes.get("reason")) or message
    elif kind is EventKind.BLOCKED:
        message = read_text(attributes.get("by")) or message
    is_stage = kind is EventKind.STAGE
    has_duration = is_stage or kind is EventKind.BLOCKED
    duration_ms = read_number(attributes.get("duration_ms")) if has_duration else None
    if without_stack and "exception.stacktrace" in attributes:
        attributes = {name: value for name, value in attributes.items() if name != "exception.stacktrace"}
    return Event(
        workspace=span.workspace,
        trace_id=span.trace_id,
        span_id=span_id,
        execution_id=None,
        event_index=index,
        time_ns=event.time_ns,
        name=event.name,
        kind=kind.value,
        level=level,
        message=message,
        stage=read_text(attributes.get("stage")) if is_stage else None,
        status=read_text(attributes.get("status")) if is_stage else None,
        duration_ns=round(duration_ms * 1e6) if duration_ms is not None and 0 <= duration_ms < 1e12 else None,
        attributes=as_json(attributes) if attributes else None,
        received_ns=span.received_ns,
    )


def _decision(row: Event, attributes: Mapping[str, Any]) -> Decision:
    considered = attributes.get("considered")
    return Decision(
        workspace=row.workspace,
        trace_id=row.trace_id,
        span_id=row.span_id,
        execution_id=None,
        event_index=row.event_index,
        time_ns=row.time_ns,
        candidate=read_text(attributes.get("candidate")) or "",
        considered=considered if isinstance(considered, bool) else True,
        score=read_number(attributes.get("score")),
        threshold=read_number(attributes.get("threshold")),
        outcome=read_text(attributes.get("outcome")),
        reason=read_text(attributes.get("reason")),
        received_ns=row.received_ns,
    )


def _last_exception(events: list[SpanEvent]) -> SpanEvent | None:
    return next((event for event in reversed(events) if "exception.stacktrace" in event.attributes), None)


def _first(attributes: Mapping[str, Any], names: tuple[str, ...]) -> str | None:
    for name in names:
        if (text := read_text(attributes.get(name))) is not None:
            return text
    return None
