"""The OTLP request messages as msgspec structs: only the fields that are read; all others are skipped unparsed.

Field names are those of protobuf's JSON mapping; `null` is the default of any field. The decoder is lax, so that an
int64 may be a number or a string.
"""

from typing import Any

from msgspec import Struct


class AnyValue(Struct, rename="camel", gc=False):
    """One value; at most one field is set."""

    string_value: str | None = None
    bool_value: bool | None = None
    int_value: int | float | str | None = None
    double_value: float | None = None
    array_value: "ArrayValue | None" = None
    kvlist_value: "KeyValueList | None" = None
    bytes_value: str | None = None


class ArrayValue(Struct, gc=False):
    """A list of values."""

    values: list[AnyValue | None] | None = None


class KeyValue(Struct, gc=False):
    """A named value."""

    key: str | None = None
    value: AnyValue | None = None


class KeyValueList(Struct, gc=False):
    """A map, in order."""

    values: list[KeyValue] | None = None


class Resource(Struct, gc=False):
    """What sent the spans."""

    attributes: list[KeyValue] | None = None


class Scope(Struct, gc=False):
    """The instrumentation that made the spans."""

    name: str | None = None
    version: str | None = None
    attributes: list[KeyValue] | None = None


class Event(Struct, rename="camel", gc=False):
    """An event of a span."""

    time_unix_nano: int | None = None
    name: str | None = None
    attributes: list[KeyValue] | None = None


class Link(Struct, rename="camel", gc=False):
    """A link of a span."""

    trace_id: str | None = None
    span_id: str | None = None


class Status(Struct, gc=False):
    """How a span ended."""

    code: int | str | None = None
    message: str | None = None


class Span(Struct, rename="camel", gc=False):
    """One span."""

    trace_id: str | None = None
    span_id: str | None = None
    parent_span_id: str | None = None
    name: str | None = None
    kind: int | str | None = None
    start_time_unix_nano: int | None = None
    end_time_unix_nano: int | None = None
    attributes: list[KeyValue] | None = None
    events: list[Event] | None = None
    links: list[Link] | None = None
    status: Status | None = None


class ScopeSpans(Struct, rename="camel", gc=False):
    """Spans of one scope."""

    scope: Scope | None = None
    spans: list[Span] | None = None


class ResourceSpans(Struct, rename="camel", gc=False):
    """Spans of one resource."""

    resource: Resource | None = None
    scope_spans: list[ScopeSpans] | None = None


class TraceRequest(Struct, rename="camel"):
    """`ExportTraceServiceRequest`."""

    resource_spans: list[ResourceSpans] | None = None


class Log(Struct, rename="camel", gc=False):
    """One log record."""

    time_unix_nano: int | None = None
    observed_time_unix_nano: int | None = None
    severity_number: int | str | None = None
    severity_text: str | None = None
    body: AnyValue | None = None
    attributes: list[KeyValue] | None = None
    trace_id: str | None = None
    span_id: str | None = None
    event_name: str | None = None


class ScopeLogs(Struct, rename="camel", gc=False):
    """Log records of one scope."""

    scope: Scope | None = None
    log_records: list[Log] | None = None


class ResourceLogs(Struct, rename="camel", gc=False):
    """Log records of one resource."""

    resource: Resource | None = None
    scope_logs: list[ScopeLogs] | None = None


class LogsRequest(Struct, rename="camel"):
    """`ExportLogsServiceRequest`."""

    resource_logs: list[ResourceLogs] | None = None


class DataPoints(Struct, rename="camel", gc=False):
    """Any kind of metric; only the number of its points matters."""

    data_points: list[dict[str, Any]] | None = None


class Metric(Struct, rename="camel", gc=False):
    """One metric."""

    gauge: DataPoints | None = None
    sum: DataPoints | None = None
    histogram: DataPoints | None = None
    exponential_histogram: DataPoints | None = None
    summary: DataPoints | None = None


class ScopeMetrics(Struct, gc=False):
    """Metrics of one scope."""

    metrics: list[Metric] | None = None


class ResourceMetrics(Struct, rename="camel", gc=False):
    """Metrics of one resource."""

    scope_metrics: list[ScopeMetrics] | None = None


class MetricsRequest(Struct, rename="camel"):
    """`ExportMetricsServiceRequest`."""

    resource_metrics: list[ResourceMetrics] | None = None
