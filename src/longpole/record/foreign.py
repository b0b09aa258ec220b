"""Spans that another library recorded, handed on by us: with our ids, our privacy, our spool.

What is read here has the shape of OpenTelemetry's `ReadableSpan`; nothing of OpenTelemetry is imported.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from longpole.model.status import TIMEOUT_ERRORS, ExecutionStatus
from longpole.record.current import Ids
from longpole.record.render import Renderer
from longpole.wire import longpole_names as names
from longpole.wire.content_names import is_content, is_content_event
from longpole.wire.otlp_encode import STATUS_ERROR, LinkOut, SpanEventOut, SpanOut
from longpole.wire.recipe import hash_prompt
from longpole.wire.redact import Redactor

FOREIGN = "foreign"
"""Key of a record's MORE under which the span stands."""


class ForeignSpan(Protocol):
    """What is read of a span; times are nanoseconds since 1970."""

    name: str
    kind: Any
    start_time: int
    end_time: int | None
    attributes: Mapping[str, Any] | None
    events: Sequence[Any]
    links: Sequence[Any]
    status: Any
    instrumentation_scope: Any


def foreign_span(
    span: ForeignSpan,
    ids: Ids,
    more: Mapping[str, Any],
    *,
    weight: float,
    renderer: Renderer | None,
    redactor: Redactor,
) -> SpanOut:
    """The span as what is sent; open if it has not ended.

    Args:
        span: as the other library gives it.
        ids: of the record that stands for it.
        more: what our own functions said about it while it was current; attributes and events.
        weight: how many executions each recorded one stands for.
        renderer: for contents; `None` keeps none of them.
        redactor: for everything else.
    """
    attributes = _attributes(span.attributes or {}, renderer, redactor)
    if renderer is None or renderer.is_hashed:
        attributes[names.PROMPT_HASH] = hash_prompt(span.attributes or {}, span.events)
    scope = span.instrumentation_scope
    if scope is not None:
        attributes["otel.scope.name"], attributes["otel.scope.version"] = scope.name, scope.version
    if _error_type(span) in TIMEOUT_ERRORS:
        attributes[names.STATUS] = str(ExecutionStatus.TIMEOUT)
    attributes.update(redactor.value(dict(more.get("attributes", {}))))
    if span.end_time is None:
        attributes[names.OPEN] = True
    if weight != 1.0:
        attributes[names.WEIGHT] = weight
    return SpanOut(
        trace_id=ids.trace_id,
        span_id=ids.span_id,
        parent_span_id=ids.parent_span_id,
        name=redactor.text(span.name),
        kind=span.kind.value + 1,  # OTLP has "unspecified" before the five kinds
        started_ns=span.start_time,
        ended_ns=span.end_time or 0,
        status_code=span.status.status_code.value,
        status_message=redactor.text(span.status.description or ""),
        attributes=attributes,
        events=[
            *(_event(event, renderer, redactor) for event in list(span.events)),
            *(
                SpanEventOut(name, time + ids.epoch_ns, redactor.value(told))
                for time, name, told in list(more.get("events", ()))
            ),
        ],
        links=[
            LinkOut(
                f"{link.context.trace_id:032x}",
                f"{link.context.span_id:016x}",
                redactor.value(dict(link.attributes or {})),
            )
            for link in span.links
        ],
        workspace=ids.workspace,
    )


def _error_type(span: ForeignSpan) -> str | None:
    """The type of the exception that left the span, if one did: a handled one can be noted without."""
    if span.status.status_code.value != STATUS_ERROR:
        return None
    told = [event.attributes or {} for event in list(span.events) if event.name == "exception"]
    found = (span.attributes or {}).get("error.type") or (told[-1].get("exception.type") if told else None)
    return None if found is None else str(found)


def _event(event: Any, renderer: Renderer | None, redactor: Redactor) -> SpanEventOut:
    told = dict(event.attributes or {})
    if is_content_event(event.name):
        kept = {} if renderer is None else {name: renderer.content(name, value) for name, value in told.items()}
    else:
        kept = _attributes(told, renderer, redactor)
    return SpanEventOut(event.name, event.timestamp, kept)


def _attributes(told: Mapping[str, Any], renderer: Renderer | None, redactor: Redactor) -> dict[str, Any]:
    kept: dict[str, Any] = {}
    for name, value in dict(told).items():
        if not is_content(name):
            kept[name] = redactor.value(value, name)
        elif renderer is not None:
            kept[name] = renderer.content(name, value)
    return kept
