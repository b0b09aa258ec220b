"""Spans for the tests of recognition, with everything but what the test is about filled in."""

from typing import Any

from longpole.ingest.assemble import Recogniser
from longpole.ingest.facts import Facts
from longpole.ingest.span import LogRecord, Source, Span, SpanEvent, SpanLink
from longpole.model.event import Body

TRACE_ID = "0af7651916cd43dd8448eb211c80319c"
SPAN_ID = "b7ad6b7169203331"
PARENT_ID = "00f067aa0ba902b7"
STARTED_NS = 1_795_225_553_000_000_000
SECOND = 1_000_000_000

_DEFAULT = Recogniser()
recognise = _DEFAULT.span
recognise_log = _DEFAULT.log


def make_span(
    attributes: dict[str, Any] | None = None,
    *,
    name: str = "work",
    parent: str | None = PARENT_ID,
    kind: int = 1,
    ended_ns: int = STARTED_NS + SECOND,
    status: int = 0,
    message: str = "",
    events: list[SpanEvent] | None = None,
    links: list[SpanLink] | None = None,
    resource: dict[str, Any] | None = None,
    scope: str = "tests",
) -> Span:
    """A finished span of one second, a child of some other."""
    return Span(
        workspace="default",
        trace_id=TRACE_ID,
        span_id=SPAN_ID,
        parent_span_id=parent,
        name=name,
        kind=kind,
        started_ns=STARTED_NS,
        ended_ns=ended_ns,
        status_code=status,
        status_message=message,
        attributes=attributes or {},
        events=events or [],
        links=links or [],
        source=Source(resource or {}, scope, "1.0"),
        received_ns=STARTED_NS + 2 * SECOND,
    )


def make_event(name: str, attributes: dict[str, Any] | None = None, after_ns: int = 0) -> SpanEvent:
    """An event of `make_span`, some nanoseconds after its start."""
    return SpanEvent(name, STARTED_NS + after_ns, attributes or {})


def make_log(attributes: dict[str, Any] | None = None, *, name: str = "", body: Any = None, **fields: Any) -> LogRecord:
    """A log record of the same trace and span, unless `fields` say otherwise."""
    record: dict[str, Any] = {
        "workspace": "default",
        "trace_id": TRACE_ID,
        "span_id": SPAN_ID,
        "time_ns": STARTED_NS + 5,
        "event_name": name,
        "level": "info",
        "body": body,
        "attributes": attributes or {},
        "source": Source({"service.name": "shop", "service.version": "2.1"}, "tests", ""),
        "received_ns": STARTED_NS + SECOND,
    }
    return LogRecord(**{**record, **fields})


Recognised = tuple[Facts, Body]
