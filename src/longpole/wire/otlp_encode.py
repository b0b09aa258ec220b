"""Our own records as OTLP/HTTP JSON (opentelemetry-proto 1.x, "JSON Protobuf Encoding").

64-bit integers are strings there, ids hexadecimal. Spans are encoded one by one when they are made, so that their size
is known and a request is put together later by joining bytes.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from msgspec import Struct

from longpole.wire.longpole_names import NUMBERS

SPAN_INTERNAL = 1
STATUS_UNSET, STATUS_OK, STATUS_ERROR = 0, 1, 2
_INT64 = 2**63
_SCOPE = "longpole"
_SEVERITIES = {"trace": 1, "debug": 5, "info": 9, "warn": 13, "warning": 13, "error": 17, "critical": 21, "fatal": 21}


class SpanEventOut(Struct, frozen=True, gc=False):
    """An event to be sent; `time_ns` since 1970."""

    name: str
    time_ns: int
    attributes: Mapping[str, Any]


class LinkOut(Struct, frozen=True, gc=False):
    """A span of another tree that belongs with this one."""

    trace_id: str
    span_id: str
    attributes: Mapping[str, Any] = {}


class SpanOut(Struct, frozen=True, kw_only=True):
    """A step or execution to be sent. Times are nanoseconds since 1970; `ended_ns` 0 means that it is still open.

    `workspace` is whose data it is, if that is another than the resource's: a body around it has to say so.
    """

    trace_id: str
    span_id: str
    parent_span_id: str | None
    name: str
    started_ns: int
    ended_ns: int
    status_code: int
    status_message: str
    attributes: Mapping[str, Any]
    events: Sequence[SpanEventOut] = ()
    kind: int = SPAN_INTERNAL
    links: Sequence[LinkOut] = ()
    workspace: str | None = None


class LogOut(Struct, frozen=True, kw_only=True):
    """A log record to be sent: an agent's registration, or a line that came after its step had ended."""

    time_ns: int
    event_name: str
    level: str = "info"
    body: str | None = None
    attributes: Mapping[str, Any]
    trace_id: str | None = None
    span_id: str | None = None
    workspace: str | None = None


class _KeyValue(Struct, gc=False):
    key: str
    value: dict[str, Any]


class _Event(Struct, gc=False):
    timeUnixNano: str  # noqa: N815 - the names of these three are those on the wire
    name: str
    attributes: list[_KeyValue]


class _Link(Struct, gc=False):
    traceId: str  # noqa: N815
    spanId: str  # noqa: N815
    attributes: list[_KeyValue]


class _Span(Struct, gc=False, omit_defaults=True):
    traceId: str  # noqa: N815
    spanId: str  # noqa: N815
    name: str
    startTimeUnixNano: str  # noqa: N815
    endTimeUnixNano: str  # noqa: N815
    attributes: list[_KeyValue]
    kind: int = 0
    parentSpanId: str = ""  # noqa: N815
    events: list[_Event] | None = None
    status: dict[str, Any] | None = None
    links: list[_Link] | None = None


class _Log(Struct, gc=False, omit_defaults=True):
    timeUnixNano: str  # noqa: N815
    observedTimeUnixNano: str  # noqa: N815
    severityNumber: int  # noqa: N815
    severityText: str  # noqa: N815
    eventName: str  # noqa: N815
    attributes: list[_KeyValue]
    body: dict[str, Any] | None = None
    traceId: str = ""  # noqa: N815
    spanId: str = ""  # noqa: N815


def _plain(value: Any) -> Any:
    """Text and numbers of classes of their own, which instrumentors take from the program, as what they hold."""
    if isinstance(value, str):
        return str.__str__(value)
    return float.__float__(value) if isinstance(value, float) else _text(value)


_write = msgspec.json.Encoder(enc_hook=_plain).encode


def _encode(value: Any) -> bytes:
    try:
        return _write(value)
    except UnicodeEncodeError:  # a lone surrogate, as in the name of a file that is not UTF-8
        return _write(_mended(msgspec.to_builtins(value, enc_hook=_plain)))


def _mended(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, list):
        return [_mended(inner) for inner in value]
    return {name: _mended(inner) for name, inner in value.items()} if isinstance(value, dict) else value


def encode_span(span: SpanOut) -> bytes:
    """One element of `scopeSpans.spans`."""
    status: dict[str, Any] | None = None
    if span.status_code:
        status = {"code": span.status_code}
        if span.status_message:
            status["message"] = span.status_message
    return _encode(
        _Span(
            span.trace_id,
            span.span_id,
            span.name,
            str(span.started_ns),
            str(span.ended_ns),
            _attributes(span.attributes),
            span.kind,
            span.parent_span_id or "",
            [_Event(str(event.time_ns), event.name, _attributes(event.attributes)) for event in span.events] or None,
            status,
            [_Link(link.trace_id, link.span_id, _attributes(link.attributes)) for link in span.links] or None,
        )
    )


def encode_log(log: LogOut) -> bytes:
    """One element of `scopeLogs.logRecords`."""
    time = str(log.time_ns)
    return _encode(
        _Log(
            time,
            time,
            _SEVERITIES.get(log.level.lower(), 9),
            log.level.upper(),
            log.event_name,
            _attributes(log.attributes),
            None if log.body is None else {"stringValue": _text(log.body)},
            log.trace_id or "",
            log.span_id or "",
        )
    )


def traces_body(
    resource: Mapping[str, Any], scope_version: str, spans: Sequence[bytes], *, numbers: str = "", scope: str = _SCOPE
) -> bytes:
    """An ExportTraceServiceRequest around encoded spans, which tells their `numbers` if they have any."""
    return _around(("resourceSpans", "scopeSpans", "spans"), resource, (scope, scope_version), spans, numbers)


def logs_body(
    resource: Mapping[str, Any], scope_version: str, logs: Sequence[bytes], *, numbers: str = "", scope: str = _SCOPE
) -> bytes:
    """An ExportLogsServiceRequest around encoded log records, which tells their `numbers` if they have any."""
    return _around(("resourceLogs", "scopeLogs", "logRecords"), resource, (scope, scope_version), logs, numbers)


def any_value(value: Any) -> dict[str, Any]:
    """A value as OTLP's AnyValue. What has no place there (and integers beyond int64) becomes text.

    >>> any_value(7)
    {'intValue': '7'}
    """
    if isinstance(value, str):
        return {"stringValue": value}
    if isinstance(value, bool):
        return {"boolValue": value}
    if isinstance(value, int):
        return {"intValue": str(value)} if -_INT64 <= value < _INT64 else {"stringValue": str(value)}
    if isinstance(value, float):
        # JSON has no NaN and no infinity; protobuf's JSON mapping writes them as these strings.
        finite = value - value == 0.0
        return {"doubleValue": value if finite else {"nan": "NaN", "inf": "Infinity"}.get(str(value), "-Infinity")}
    if isinstance(value, list | tuple):
        return {"arrayValue": {"values": [any_value(inner) for inner in value]}}
    if isinstance(value, Mapping):
        return {"kvlistValue": {"values": [{"key": _text(k), "value": any_value(v)} for k, v in value.items()]}}
    return {} if value is None else {"stringValue": _text(value)}


def _text(value: Any) -> str:
    try:
        return str(value)
    except Exception:  # an object of the program's own, and one such attribute must not cost the span
        return f"<{type(value).__qualname__}, which has no text>"


def _attributes(attributes: Mapping[str, Any]) -> list[_KeyValue]:
    return [_KeyValue(key, any_value(value)) for key, value in attributes.items() if value is not None]


def _around(
    names: tuple[str, str, str],
    resource: Mapping[str, Any],
    scope: tuple[str, str],
    items: Sequence[bytes],
    numbers: str,
) -> bytes:
    top, middle, inner = (name.encode() for name in names)
    told = b',"attributes":' + _encode(_attributes({NUMBERS: numbers})) if numbers else b""
    head = (
        b'{"' + top + b'":[{"resource":{"attributes":' + _encode(_attributes(resource)) + b'},"'
        + middle + b'":[{"scope":{"name":' + _encode(scope[0]) + b',"version":' + _encode(scope[1]) + told + b'},"'
        + inner + b'":['
    )  # fmt: skip
    return b"".join((head, b",".join(items), b"]}]}]}"))
