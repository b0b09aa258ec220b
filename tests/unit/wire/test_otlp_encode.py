"""Our OTLP JSON is what the official protobuf definitions read."""

import math
from typing import Any

from google.protobuf import json_format
from msgspec import structs
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from longpole.wire.otlp_encode import (
    LogOut,
    SpanEventOut,
    SpanOut,
    any_value,
    encode_log,
    encode_span,
    logs_body,
    traces_body,
)

SPAN = SpanOut(
    trace_id="0af7651916cd43dd8448eb211c80319c",
    span_id="b7ad6b7169203331",
    parent_span_id="b7ad6b7169203332",
    name="step",
    started_ns=1_795_225_553_217_678_801,
    ended_ns=1_795_225_553_217_678_999,
    status_code=2,
    status_message="no",
    attributes={"text": "ä", "count": 2**53 + 1, "share": 0.5, "is": True, "list": [1, "a"], "unknown": None},
    events=[SpanEventOut("longpole.log", 1_795_225_553_217_678_900, {"level": "info"})],
)


def _parsed(kind: Any, body: bytes) -> Any:
    return json_format.Parse(body, kind())


def test_a_span_is_read_by_the_official_definitions_to_the_nanosecond() -> None:
    request = _parsed(ExportTraceServiceRequest, traces_body({"service.name": "s"}, "1", [encode_span(SPAN)] * 2))
    spans = request.resource_spans[0].scope_spans[0].spans
    assert len(spans) == 2
    assert spans[0].start_time_unix_nano == SPAN.started_ns
    assert spans[0].end_time_unix_nano == SPAN.ended_ns
    assert (spans[0].status.code, spans[0].status.message) == (2, "no")
    values = {item.key: item.value for item in spans[0].attributes}
    assert set(values) == {"text", "count", "share", "is", "list"}
    assert values["count"].int_value == 2**53 + 1
    assert values["list"].array_value.values[0].int_value == 1
    assert spans[0].events[0].time_unix_nano == 1_795_225_553_217_678_900
    assert request.resource_spans[0].resource.attributes[0].key == "service.name"


def test_an_open_span_has_an_end_of_zero() -> None:
    body = encode_span(SpanOut(**{name: getattr(SPAN, name) for name in SPAN.__struct_fields__} | {"ended_ns": 0}))
    assert b'"endTimeUnixNano":"0"' in body


def test_a_log_record_is_read_by_the_official_definitions() -> None:
    log = LogOut(time_ns=5, event_name="longpole.agent.registered", body="hello", attributes={"longpole.agent": "a"})
    record = _parsed(ExportLogsServiceRequest, logs_body({}, "1", [encode_log(log)])).resource_logs[0].scope_logs[0]
    assert record.log_records[0].event_name == "longpole.agent.registered"
    assert record.log_records[0].severity_number == 9
    assert record.scope.name == "longpole"


def test_values_without_a_place_in_otlp_become_text() -> None:
    assert any_value(2**70) == {"stringValue": str(2**70)}
    assert any_value(math.inf) == {"doubleValue": "Infinity"}
    assert any_value(-math.inf) == {"doubleValue": "-Infinity"}
    assert any_value(math.nan) == {"doubleValue": "NaN"}
    assert any_value({"a": [None]}) == {
        "kvlistValue": {"values": [{"key": "a", "value": {"arrayValue": {"values": [{}]}}}]}
    }
    assert any_value(b"x") == {"stringValue": "b'x'"}


def test_texts_and_numbers_of_classes_of_their_own_keep_their_value() -> None:
    class Text(str):
        def __str__(self) -> str:
            return "not what it holds"

    class Share(float):
        pass

    span = structs.replace(SPAN, name=Text("step"), attributes={Text("key"): Text("value"), "share": Share(0.5)})
    parsed = _parsed(ExportTraceServiceRequest, traces_body({}, "1", [encode_span(span)]))
    sent = parsed.resource_spans[0].scope_spans[0].spans[0]
    assert sent.name == "step"
    assert (sent.attributes[0].key, sent.attributes[0].value.string_value) == ("key", "value")
    assert sent.attributes[1].value.double_value == 0.5


def test_text_that_is_not_unicode_is_mended() -> None:
    span = structs.replace(SPAN, attributes={"file": ["caf\udce9.txt"], "whole": "ä"})
    parsed = _parsed(ExportTraceServiceRequest, traces_body({}, "1", [encode_span(span)]))
    sent = parsed.resource_spans[0].scope_spans[0].spans[0]
    assert sent.attributes[0].value.array_value.values[0].string_value == "caf?.txt"
    assert sent.attributes[1].value.string_value == "ä"
    assert sent.name == SPAN.name
