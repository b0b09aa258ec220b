"""OTLP requests in JSON, read into typed structs: one check for the door, one decoding for the pipeline.

Follows the specification's JSON mapping: ids in hexadecimal, int64 as a string or a number, enums as numbers (names are
understood too), unknown fields ignored. Snake-case field names, which protobuf's own JSON printers can be told to
write, are read by a slower way. Text that is not Unicode (lone surrogates, wrong UTF-8) is repaired, not refused.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

import msgspec

from longpole.ingest import otlp_json_shapes as wire
from longpole.ingest.limits import (
    MAX_ATTRIBUTES,
    MAX_DEPTH,
    MAX_DURATION_NS,
    MAX_EVENTS,
    MAX_INTEGER,
    MAX_LINKS,
    MAX_MESSAGE_CHARS,
    MAX_NAME_CHARS,
    MAX_VALUE_CHARS,
    Checked,
    Decoded,
    Fault,
    Rejected,
    check_count,
    check_rejected,
    clean,
    event_time,
    is_span_id,
    is_trace_id,
    log_fault,
    log_time,
    note_dropped,
    parent_of,
    parent_warning,
    reject,
    shorten,
    span_fault,
    too_many,
    trim,
    workspace_of,
)
from longpole.ingest.log_levels import level_of
from longpole.ingest.otlp_json_pieces import pieces
from longpole.ingest.span import LogRecord, Source, Span, SpanEvent, SpanLink
from longpole.model.errors import InvalidInput
from longpole.model.long_list import LongList
from longpole.wire.longpole_names import NUMBERS, OPEN, WORKSPACE

_TRACES = msgspec.json.Decoder(wire.TraceRequest, strict=False)
_LOGS = msgspec.json.Decoder(wire.LogsRequest, strict=False)
_METRICS = msgspec.json.Decoder(wire.MetricsRequest, strict=False)
_SPAN_KINDS = {
    f"SPAN_KIND_{word}": number
    for number, word in enumerate(("UNSPECIFIED", "INTERNAL", "SERVER", "CLIENT", "PRODUCER", "CONSUMER"))
}
_STATUS_CODES = {"STATUS_CODE_UNSET": 0, "STATUS_CODE_OK": 1, "STATUS_CODE_ERROR": 2}
_SEVERITIES = {
    f"SEVERITY_NUMBER_{word}{step or ''}": 1 + 4 * level + max(step - 1, 0)
    for level, word in enumerate(("TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"))
    for step in (0, 2, 3, 4)
}
# An escaped backslash and a whole pair are passed over; what is left of \\uD800 to \\uDFFF stands alone.
_LONE_SURROGATE = re.compile(
    rb"\\\\|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(\\u[dD][89a-fA-F][0-9a-fA-F]{2})"
)
# A printer writes all names in one way, and this one comes first. Looking for snakes everywhere took 1.6 us a span.
_SNAKE_CASE = re.compile(rb'\s*\{\s*"resource_')
_NO_TRACE, _NO_SPAN = bytes(16), bytes(8)

MAX_OBJECTS = 1_000_000
"""Objects and lists of one body, braces in texts counted too. An empty object is 3 bytes here and 130 in memory."""


def check_traces(body: bytes) -> Checked:
    """What the door must know of a trace request. Raises `InvalidInput` if the body is not one."""
    checked = Checked(0, [], [])
    total = 0
    for span in _wire_spans(_requests(_TRACES, body)):
        span_id = (span.span_id or "").lower()
        fault = _fault(span)
        if fault is not None:
            checked.rejected.append(reject(total, span_id, span.name or "", fault))
            check_rejected(checked.rejected)
        elif span.parent_span_id and len(span.parent_span_id) != 16:
            warning = parent_warning(span.parent_span_id.lower(), span_id)
            checked.warnings.extend([warning] if warning else [])
        total += 1
    return Checked(total, checked.rejected, checked.warnings)


def decode_traces(body: bytes, workspace: str | None, received_ns: int) -> Decoded:
    """The spans of a trace request, in its order. Raises `InvalidInput` if the body is not one."""
    decoded = Decoded(LongList(), LongList(), 0, [])
    read = _reader_of(body)
    index = 0
    for group in _span_groups(_requests(_TRACES, body)):
        resource = _resource(group.resource, read)
        name = workspace_of(resource, workspace, WORKSPACE)
        for scope in group.scope_spans or ():
            source = _source(resource, scope.scope)
            for span in scope.spans or ():
                if (fault := _fault(span)) is None:
                    decoded.spans.append(_span(span, name, source, received_ns, read))
                else:
                    decoded.rejected.append(reject(index, (span.span_id or "").lower(), span.name or "", fault))
                index += 1
    return decoded


def check_logs(body: bytes) -> Checked:
    """What the door must know of a logs request. Raises `InvalidInput` if the body is not one."""
    rejected: list[Rejected] = []
    total = 0
    for group in _log_groups(_requests(_LOGS, body)):
        for scope in group.scope_logs or ():
            for log in scope.log_records or ():
                if log.trace_id or log.span_id:
                    span_id = (log.span_id or "").lower()
                    fault = log_fault((log.trace_id or "").lower(), span_id)
                    if fault is not None:
                        rejected.append(reject(total, span_id, log.event_name or "", fault))
                        check_rejected(rejected)
                total += 1
    check_count(total, len(body))
    return Checked(total, rejected, [])


def decode_logs(body: bytes, workspace: str | None, received_ns: int) -> Decoded:
    """The log records of a logs request, in its order. Raises `InvalidInput` if the body is not one."""
    decoded = Decoded(LongList(), LongList(), 0, [])
    read = _reader_of(body)
    for group in _log_groups(_requests(_LOGS, body)):
        resource = _resource(group.resource, read)
        name = workspace_of(resource, workspace, WORKSPACE)
        for scope in group.scope_logs or ():
            source = _source(resource, scope.scope)
            for log in scope.log_records or ():
                trace_id, span_id = (log.trace_id or "").lower(), (log.span_id or "").lower()
                fault = log_fault(trace_id, span_id)
                if fault is None:
                    decoded.logs.append(_log(log, name, source, received_ns, read))
                else:
                    index = len(decoded.logs) + len(decoded.rejected)
                    decoded.rejected.append(reject(index, span_id, log.event_name or "", fault))
    return decoded


def count_data_points(body: bytes) -> int:
    """How many data points a metrics request holds. Raises `InvalidInput` if the body is not one."""
    return sum(
        len(kind.data_points or ())
        for request in _requests(_METRICS, body)
        for group in request.resource_metrics or ()
        for scope in group.scope_metrics or ()
        for metric in scope.metrics or ()
        for kind in (metric.gauge, metric.sum, metric.histogram, metric.exponential_histogram, metric.summary)
        if kind is not None
    )


_Request = TypeVar("_Request")
_Reader = Callable[[list[wire.KeyValue]], dict[str, Any]]


def _requests(decoder: "msgspec.json.Decoder[_Request]", body: bytes) -> Iterator[_Request]:
    """The request; a big one as several, so that others run in between."""
    if len(body) > MAX_OBJECTS and body.count(b"{") + body.count(b"[") > MAX_OBJECTS:
        raise too_many(MAX_OBJECTS, "objects and lists")
    for piece in (body,) if _SNAKE_CASE.match(body) else pieces(body):
        yield _parse(decoder, piece, len(body))


def _parse(decoder: "msgspec.json.Decoder[_Request]", piece: bytes, body_bytes: int) -> _Request:
    """A request; after a failure, once more with its text repaired, if that was what failed."""
    try:
        if _SNAKE_CASE.match(piece):
            return _parse_snake_case(decoder, piece)
        return decoder.decode(piece)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        repaired = _repaired(piece)
        if repaired is not None:
            return _parse(decoder, repaired, body_bytes)
        raise InvalidInput(
            f"the body of {body_bytes} bytes is not an OTLP request in JSON ({error}); expected the protobuf JSON "
            f"mapping with ids in hexadecimal; check the sender's content type and encoding"
        ) from None


def _parse_snake_case(decoder: "msgspec.json.Decoder[_Request]", body: bytes) -> _Request:
    """As `_parse`, for field names in either case. Attribute names are values, so every key here is a field name."""
    return msgspec.convert(_camel(msgspec.json.decode(body)), decoder.type, strict=False)


def _camel(value: Any) -> Any:
    if isinstance(value, dict):
        return {_camel_name(name): _camel(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_camel(item) for item in value]
    return value


def _camel_name(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(map(str.capitalize, others)) if others else name


def _repaired(body: bytes) -> bytes | None:
    """The body with every lone surrogate and every wrong byte replaced, or `None` if there is none."""
    text = _LONE_SURROGATE.sub(lambda found: rb"\ufffd" if found[1] else found[0], body) if b"\\u" in body else body
    text = text.decode("utf-8-sig", "replace").encode()
    return None if text == body else text


def _span_groups(requests: Iterable[wire.TraceRequest]) -> Iterator[wire.ResourceSpans]:
    for request in requests:
        yield from request.resource_spans or ()


def _log_groups(requests: Iterable[wire.LogsRequest]) -> Iterator[wire.ResourceLogs]:
    for request in requests:
        yield from request.resource_logs or ()


def _wire_spans(requests: Iterable[wire.TraceRequest]) -> Iterator[wire.Span]:
    for group in _span_groups(requests):
        for scope in group.scope_spans or ():
            yield from scope.spans or ()


def _fault(span: wire.Span) -> Fault | None:
    if _is_plain(span):
        return None  # the way of nearly every span
    ended_ns = span.end_time_unix_nano or 0
    is_open = ended_ns == 0 and any(
        item.key == OPEN and item.value is not None and item.value.bool_value for item in span.attributes or ()
    )
    return span_fault(
        (span.trace_id or "").lower(), (span.span_id or "").lower(), span.start_time_unix_nano or 0, ended_ns, is_open
    )


def _is_plain(span: wire.Span) -> bool:
    """Whether ids and times are those of a finished span without a fault; if not, the rules of `limits` say why."""
    trace_id, span_id = span.trace_id or "", span.span_id or ""
    if len(trace_id) != 32 or len(span_id) != 16:
        return False
    started_ns, ended_ns = span.start_time_unix_nano or 0, span.end_time_unix_nano or 0
    if not 0 < started_ns <= ended_ns <= MAX_INTEGER or ended_ns - started_ns > MAX_DURATION_NS:
        return False
    try:
        ids = bytes.fromhex(trace_id + span_id)  # skips spaces, which makes it too short
    except ValueError:
        return False
    return len(ids) == 24 and ids[:16] != _NO_TRACE and ids[16:] != _NO_SPAN


def _span(span: wire.Span, workspace: str, source: Source, received_ns: int, read: _Reader) -> Span:
    span_id = (span.span_id or "").lower()
    started_ns = span.start_time_unix_nano or 0
    items, events, links = span.attributes or [], span.events or [], span.links or []
    attributes = read(items)
    if len(items) > MAX_ATTRIBUTES or len(events) > MAX_EVENTS or len(links) > MAX_LINKS:
        note_dropped(attributes, attribute_count=len(items), event_count=len(events), link_count=len(links))
    status = span.status or _NO_STATUS
    return Span(
        workspace,
        (span.trace_id or "").lower(),
        span_id,
        parent_of(span.parent_span_id.lower(), span_id) if span.parent_span_id else None,
        shorten(span.name or "", MAX_NAME_CHARS),
        _number(span.kind, _SPAN_KINDS, 5),
        started_ns,
        span.end_time_unix_nano or 0,
        _number(status.code, _STATUS_CODES, 2),
        shorten(status.message or "", MAX_MESSAGE_CHARS),
        attributes,
        [_event(event, started_ns, read) for event in events[:MAX_EVENTS]],
        _links(links[:MAX_LINKS]),
        source,
        received_ns,
    )


_NO_STATUS = wire.Status()


def _event(event: wire.Event, started_ns: int, read: _Reader) -> SpanEvent:
    name = shorten(event.name or "", MAX_NAME_CHARS)
    return SpanEvent(name, event_time(event.time_unix_nano or 0, started_ns), read(event.attributes or []))


def _links(found: Iterable[wire.Link]) -> list[SpanLink]:
    links = [SpanLink((link.trace_id or "").lower(), (link.span_id or "").lower()) for link in found]
    return [link for link in links if is_trace_id(link.trace_id) and is_span_id(link.span_id)]


def _log(log: wire.Log, workspace: str, source: Source, received_ns: int, read: _Reader) -> LogRecord:
    trace_id, span_id = (log.trace_id or "").lower(), (log.span_id or "").lower()
    attributes = read(log.attributes or [])
    event_name = log.event_name or attributes.get("event.name")
    return LogRecord(
        workspace,
        trace_id if is_trace_id(trace_id) else None,
        span_id if is_span_id(span_id) else None,
        log_time(log.time_unix_nano or 0, log.observed_time_unix_nano or 0, received_ns),
        shorten(event_name, MAX_NAME_CHARS) if isinstance(event_name, str) else "",
        level_of(_number(log.severity_number, _SEVERITIES, 24), log.severity_text or ""),
        read([wire.KeyValue("body", log.body)])["body"],
        attributes,
        source,
        received_ns,
    )


def _source(resource: dict[str, Any], scope: wire.Scope | None) -> Source:
    if scope is None:
        return Source(resource, "", "")
    return Source(resource, clean(scope.name or ""), clean(scope.version or ""), _numbers(scope))


def _numbers(scope: wire.Scope) -> str | None:
    told = (item.value for item in scope.attributes or () if item.key == NUMBERS)
    return next((value.string_value for value in told if value is not None), None)


def _resource(resource: wire.Resource | None, read: _Reader) -> dict[str, Any]:
    return read(resource.attributes) if resource is not None and resource.attributes else {}


def _number(given: int | str | None, names: dict[str, int], highest: int) -> int:
    """An enum's number, given as number or name; 0 where it is neither."""
    if isinstance(given, str):
        number = int(given) if given.isdecimal() and len(given) < 4 else names.get(given)
    else:
        number = given
    return number if number is not None and 0 <= number <= highest else 0


def _reader_of(body: bytes) -> _Reader:
    """How to read this body's attributes. If it has no NUL and no value over the cap, neither is sought."""
    if b"\\u0000" not in body and b"\0" not in body and len(body) <= MAX_VALUE_CHARS:
        return _attributes
    return _checked_attributes


def _attributes(items: list[wire.KeyValue]) -> dict[str, Any]:
    """At most `MAX_ATTRIBUTES` of them, in the sender's order; of a name given twice the last counts."""
    attributes: dict[str, Any] = {}
    for item in items if len(items) <= MAX_ATTRIBUTES else items[:MAX_ATTRIBUTES]:
        value = item.value
        text = None if value is None else value.string_value
        attributes[item.key or ""] = _value(value, 0) if text is None else text
    return attributes


def _checked_attributes(items: list[wire.KeyValue]) -> dict[str, Any]:
    attributes = {clean(name): _clean_value(value) for name, value in _attributes(items).items()}
    trim(attributes)
    return attributes


def _clean_value(value: Any) -> Any:
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, list):
        return [_clean_value(item) for item in value]
    if isinstance(value, dict):
        return {clean(name): _clean_value(item) for name, item in value.items()}
    return value


def _value(value: wire.AnyValue | None, depth: int) -> Any:
    """A value as Python has it; bytes stay the base64 that they are in JSON."""
    if value is None:
        return None
    if value.string_value is not None:
        return value.string_value
    if value.int_value is not None:
        return _integer(value.int_value)
    if value.bool_value is not None:
        return value.bool_value
    if value.double_value is not None:
        return value.double_value
    if value.array_value is None and value.kvlist_value is None:
        return value.bytes_value
    if depth >= MAX_DEPTH:
        return f"(nested deeper than {MAX_DEPTH} levels)"
    if value.array_value is not None:
        return [_value(item, depth + 1) for item in value.array_value.values or ()]
    items = value.kvlist_value.values if value.kvlist_value is not None else None
    return {item.key or "": _value(item.value, depth + 1) for item in items or ()}


def _integer(given: float | str) -> float | str:
    """An int64, which JSON writes as a string; what is no int64 stays as it was written."""
    if isinstance(given, float) and not given.is_integer():
        return given
    try:
        number = int(given)
    except ValueError:
        return given
    return number if -MAX_INTEGER - 1 <= number <= MAX_INTEGER else str(given)
