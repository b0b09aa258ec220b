"""A span as it arrived, the same whether it came as protobuf or JSON. Only `ingest` knows spans."""

from typing import Any

from msgspec import Struct


class SpanEvent(Struct, gc=False):
    """An event of a span; `time_ns` since 1970."""

    name: str
    time_ns: int
    attributes: dict[str, Any]


class SpanLink(Struct, gc=False):
    """A link to a span of this or another trace, ids in lower-case hexadecimal."""

    trace_id: str
    span_id: str


class Source(Struct):
    """Whence a group of spans came: shared by all spans of one resource and scope.

    `numbers` are those that Longpole's SDK gave them, "0-511,600-620".
    """

    resource: dict[str, Any]
    scope: str
    scope_version: str
    numbers: str | None = None


class Span(Struct, gc=False):
    """One span, already checked by `limits`: ids are hexadecimal, times fit int64, `ended_ns` is 0 only while open."""

    workspace: str
    trace_id: str
    span_id: str
    parent_span_id: str | None
    name: str
    kind: int
    started_ns: int
    ended_ns: int
    status_code: int
    status_message: str
    attributes: dict[str, Any]
    events: list[SpanEvent]
    links: list[SpanLink]
    source: Source
    received_ns: int


class LogRecord(Struct):
    """One OTLP log record. Without a trace id it belongs to no execution."""

    workspace: str
    trace_id: str | None
    span_id: str | None
    time_ns: int
    event_name: str
    level: str | None
    body: Any
    attributes: dict[str, Any]
    source: Source
    received_ns: int
