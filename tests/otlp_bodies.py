"""OTLP bodies for tests, in protobuf and in JSON."""

import json
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, ScopeSpans, Span

NOON_NS = 1_795_262_400_000_000_000


def span(trace: int, number: int, parent: int = 0, **fields: Any) -> Span:
    """A good span of 1 ms; ids from small numbers, any field may be given instead."""
    given: dict[str, Any] = {
        "trace_id": trace.to_bytes(16, "big"),
        "span_id": number.to_bytes(8, "big"),
        "parent_span_id": parent.to_bytes(8, "big") if parent else b"",
        "name": f"span {number}",
        "start_time_unix_nano": NOON_NS + number,
        "end_time_unix_nano": NOON_NS + number + 1_000_000,
    }
    return Span(**(given | fields))


def text(key: str, value: str) -> KeyValue:
    """A text attribute."""
    return KeyValue(key=key, value=AnyValue(string_value=value))


def body(*spans: Span) -> bytes:
    """A trace request in protobuf."""
    return ExportTraceServiceRequest(
        resource_spans=[ResourceSpans(scope_spans=[ScopeSpans(spans=list(spans))])]
    ).SerializeToString()


def json_span(trace: int, number: int, **fields: Any) -> dict[str, Any]:
    """The same span as JSON has it, the fields by their JSON names."""
    return {
        "traceId": f"{trace:032x}",
        "spanId": f"{number:016x}",
        "name": f"span {number}",
        "startTimeUnixNano": str(NOON_NS + number),
        "endTimeUnixNano": str(NOON_NS + number + 1_000_000),
    } | fields


def json_body(*spans: dict[str, Any]) -> bytes:
    """A trace request in JSON."""
    return json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": list(spans)}]}]}).encode()
