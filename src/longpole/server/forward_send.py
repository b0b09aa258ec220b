"""Speaks to an OTLP collector: protobuf over HTTP, packed with gzip."""

from collections.abc import Iterable, Iterator, Mapping
from ssl import SSLContext
from typing import Any

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from longpole.model.errors import SettingsError
from longpole.reports.export.otlp_spans import SpanGroup
from longpole.ship.http import Connection
from longpole.wire.otlp_encode import LogOut, SpanOut

TIMEOUT_S = 30.0
MOST_SPANS = 2_000
"""In one request."""

_FOR_LATER = frozenset({0, 408, 429, 502, 503, 504})
"""Answers that the OTLP specification calls retryable, 408 of proxies, and none at all."""

_INT64 = 2**63


class Unreachable(Exception):
    """The collector does not answer, or asks to try again later."""

    def __init__(self, message: str, retry_after_s: float | None) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class Refused(Exception):
    """The collector will not take this, however often it is sent."""


class Collector:
    """A collector at an address. For one thread.

    Args:
        endpoint: such as `http://127.0.0.1:4318`, with or without `/v1/traces`.
        headers: go with every request.
        trust: how its certificate is checked; without it by the authorities of the system.
    """

    def __init__(self, endpoint: str, headers: Mapping[str, str], trust: SSLContext | None = None) -> None:
        shown = {"content-type": "application/x-protobuf", "accept": "application/x-protobuf", **headers}
        self._connection = Connection(endpoint, TIMEOUT_S, headers=shown, trust=trust)

    def post(self, path: str, body: bytes) -> None:
        """Send a request.

        Raises:
            Unreachable: it is to be sent again later.
            Refused: it is not.
        """
        answer = self._connection.post(path, body)
        if 200 <= answer.status < 300:
            return
        said = answer.body.decode("utf-8", "replace")[:300]
        if answer.status in _FOR_LATER:
            raise Unreachable(f"{answer.status or 'no answer'}: {said}", answer.retry_after_s)
        raise Refused(f"{answer.status}: {said}")

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()


def read_headers(text: str | None) -> dict[str, str]:
    """Headers as `name=value,name=value`, as OTEL_EXPORTER_OTLP_HEADERS has them.

    Raises:
        SettingsError: a part is not of that form. The text is not shown: it may hold a key.
    """
    headers: dict[str, str] = {}
    for part in (text or "").split(","):
        name, sign, value = part.partition("=")
        if part.strip() and (not sign or not name.strip() or "\n" in part or "\r" in part):
            raise SettingsError(
                "A part of the setting `forward_headers` has no name and value. Expected name=value, several with "
                "commas between them. Correct it."
            )
        if part.strip():
            headers[name.strip().lower()] = value.strip()
    return headers


def traces_requests(groups: Iterable[SpanGroup]) -> Iterator[bytes]:
    """The spans of groups as ExportTraceServiceRequests of at most `MOST_SPANS`."""
    for group in groups:
        for first in range(0, len(group.spans), MOST_SPANS):
            request = ExportTraceServiceRequest()
            resource = request.resource_spans.add()
            resource.resource.attributes.extend(_attributes(group.resource))
            scope = resource.scope_spans.add()
            scope.scope.name, scope.scope.version = group.scope, group.scope_version
            scope.spans.extend(_span(span) for span in group.spans[first : first + MOST_SPANS])
            yield request.SerializeToString()


def logs_request(groups: Iterable[SpanGroup]) -> bytes | None:
    """The log records of groups as an ExportLogsServiceRequest; nothing if there are none."""
    request = ExportLogsServiceRequest()
    for group in groups:
        if group.logs:
            resource = request.resource_logs.add()
            resource.resource.attributes.extend(_attributes(group.resource))
            scope = resource.scope_logs.add()
            scope.scope.name, scope.scope.version = group.scope, group.scope_version
            scope.log_records.extend(_log(log) for log in group.logs)
    return request.SerializeToString() if request.resource_logs else None


def _span(span: SpanOut) -> Span:
    made = Span(
        trace_id=bytes.fromhex(span.trace_id),
        span_id=bytes.fromhex(span.span_id),
        parent_span_id=bytes.fromhex(span.parent_span_id or ""),
        name=_text(span.name),
        kind=Span.SPAN_KIND_INTERNAL,
        start_time_unix_nano=span.started_ns,
        end_time_unix_nano=span.ended_ns,
        attributes=_attributes(span.attributes),
    )
    if span.status_code:
        made.status.code = span.status_code  # pyright: ignore[reportAttributeAccessIssue] - the numbers are OTLP's
        made.status.message = _text(span.status_message)
    for event in span.events:
        made.events.add(name=_text(event.name), time_unix_nano=event.time_ns, attributes=_attributes(event.attributes))
    for link in span.links:
        made.links.add(trace_id=bytes.fromhex(link.trace_id), span_id=bytes.fromhex(link.span_id))
    return made


def _log(log: LogOut) -> LogRecord:
    return LogRecord(
        time_unix_nano=log.time_ns,
        observed_time_unix_nano=log.time_ns,
        severity_text=log.level.upper(),
        event_name=log.event_name,
        body=None if log.body is None else _value(log.body),
        attributes=_attributes(log.attributes),
        trace_id=bytes.fromhex(log.trace_id or ""),
        span_id=bytes.fromhex(log.span_id or ""),
    )


def _attributes(attributes: Mapping[str, Any]) -> list[KeyValue]:
    return [KeyValue(key=_text(name), value=_value(value)) for name, value in attributes.items() if value is not None]


def _value(value: Any) -> AnyValue:
    made = AnyValue()
    if isinstance(value, bool):
        made.bool_value = value
    elif isinstance(value, int) and -_INT64 <= value < _INT64:
        made.int_value = value
    elif isinstance(value, float):
        made.double_value = value
    elif isinstance(value, list | tuple):
        made.array_value.values.extend(_value(one) for one in value)
        made.array_value.SetInParent()
    elif isinstance(value, Mapping):
        made.kvlist_value.values.extend(_attributes(value))
        made.kvlist_value.SetInParent()
    elif value is not None:
        made.string_value = _text(str(value))
    return made


def _text(text: str) -> str:
    return text.encode("utf-8", "replace").decode()
