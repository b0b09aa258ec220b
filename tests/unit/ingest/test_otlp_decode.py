"""Bytes to spans: protobuf and JSON say the same, and no bytes at all raise anything but InvalidInput."""

import base64
import json
import random
from collections.abc import Iterator
from typing import Any

import pytest
from google.protobuf.json_format import MessageToDict
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, ArrayValue, InstrumentationScope, KeyValue, KeyValueList
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord, ResourceLogs, ScopeLogs
from opentelemetry.proto.metrics.v1.metrics_pb2 import (
    Gauge,
    Metric,
    NumberDataPoint,
    ResourceMetrics,
    ScopeMetrics,
    Sum,
)
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, ScopeSpans, Span, Status

from longpole.ingest import otlp_json, otlp_protobuf
from longpole.ingest.decode import check_body, decode_body
from longpole.ingest.limits import DROPPED, MAX_EVENTS, TRUNCATED
from longpole.ingest.span import SpanLink
from longpole.ingest.spool import START, Accepted, BodyFormat, Signal
from longpole.model.errors import InvalidInput
from otlp_bodies import NOON_NS, body, json_body, json_span, span, text


def values() -> list[KeyValue]:
    nested = AnyValue(array_value=ArrayValue(values=[AnyValue(int_value=1), AnyValue(), AnyValue(string_value="")]))
    pairs = KeyValueList(values=[KeyValue(key="inner", value=nested)])
    return [
        text("text", "ü"),
        text("empty", ""),
        KeyValue(key="yes", value=AnyValue(bool_value=True)),
        KeyValue(key="no", value=AnyValue(bool_value=False)),
        KeyValue(key="big", value=AnyValue(int_value=-(2**63))),
        KeyValue(key="zero", value=AnyValue(int_value=0)),
        KeyValue(key="share", value=AnyValue(double_value=0.25)),
        KeyValue(key="infinite", value=AnyValue(double_value=float("inf"))),
        KeyValue(key="bytes", value=AnyValue(bytes_value=b"\0\xff")),
        KeyValue(key="list", value=nested),
        KeyValue(key="map", value=AnyValue(kvlist_value=pairs)),
        KeyValue(key="unset"),
    ]


EXPECTED = {
    "text": "ü",
    "empty": "",
    "yes": True,
    "no": False,
    "big": -(2**63),
    "zero": 0,
    "share": 0.25,
    "infinite": float("inf"),
    "bytes": "AP8=",
    "list": [1, None, ""],
    "map": {"inner": [1, None, ""]},
    "unset": None,
}


def full_request() -> ExportTraceServiceRequest:
    full = span(
        7,
        2,
        parent=1,
        kind=Span.SPAN_KIND_CLIENT,
        attributes=values(),
        events=[Span.Event(name="e", time_unix_nano=NOON_NS + 3, attributes=values())],
        links=[Span.Link(trace_id=b"\1" * 16, span_id=b"\2" * 8), Span.Link(trace_id=b"\1", span_id=b"\2" * 8)],
        status=Status(code=Status.STATUS_CODE_ERROR, message="broke"),
    )
    resource = Resource(attributes=[text("service.name", "s"), text("longpole.workspace", "ours")])
    scope = InstrumentationScope(name="scope", version="1.2")
    spans = ScopeSpans(scope=scope, spans=[span(7, 1), full, span(0, 3), span(7, 4, end_time_unix_nano=0)])
    return ExportTraceServiceRequest(resource_spans=[ResourceSpans(resource=resource, scope_spans=[spans])])


def as_json(request: Any, **options: Any) -> bytes:
    """The request in OTLP's JSON: protobuf's mapping, but ids in hexadecimal."""

    def with_hexadecimal_ids(value: Any) -> Any:
        if isinstance(value, list):
            return [with_hexadecimal_ids(item) for item in value]
        if not isinstance(value, dict):
            return value
        return {
            key: base64.b64decode(item).hex().upper()
            if key.lower().replace("_", "") in ("traceid", "spanid", "parentspanid")
            else with_hexadecimal_ids(item)
            for key, item in value.items()
        }

    return json.dumps(with_hexadecimal_ids(MessageToDict(request, **options))).encode()


@pytest.mark.parametrize(
    "options",
    [{}, {"use_integers_for_enums": True}, {"preserving_proto_field_name": True}],
    ids=["names of enums", "numbers of enums", "snake case"],
)
def test_json_and_protobuf_of_the_same_request_give_the_same_spans(options: dict[str, bool]) -> None:
    request = full_request()
    from_protobuf = otlp_protobuf.decode_traces(request.SerializeToString(), None, 9)
    from_json = otlp_json.decode_traces(as_json(request, **options), None, 9)
    assert from_json == from_protobuf
    assert [item.rule for item in from_json.rejected] == ["trace_id", "end_time"]


def test_a_span_carries_all_that_was_sent() -> None:
    _, found = otlp_protobuf.decode_traces(full_request().SerializeToString(), None, 9).spans
    assert (found.workspace, found.kind, found.status_code, found.status_message) == ("ours", 3, 2, "broke")
    assert (found.trace_id, found.span_id, found.parent_span_id) == (f"{7:032x}", f"{2:016x}", f"{1:016x}")
    assert found.attributes == EXPECTED
    assert (found.events[0].name, found.events[0].time_ns, found.events[0].attributes) == ("e", NOON_NS + 3, EXPECTED)
    assert found.links == [SpanLink("01" * 16, "02" * 8)]
    assert (found.source.scope, found.source.scope_version) == ("scope", "1.2")
    assert found.source.resource["service.name"] == "s"


def test_the_key_decides_the_workspace_where_there_is_one() -> None:
    spans = otlp_protobuf.decode_traces(full_request().SerializeToString(), "of the key", 9).spans
    assert {found.workspace for found in spans} == {"of the key"}


def test_spans_without_a_workspace_go_to_the_default_one() -> None:
    assert otlp_protobuf.decode_traces(body(span(1, 1)), None, 9).spans[0].workspace == "default"


@pytest.mark.parametrize("is_json", [False, True], ids=["protobuf", "json"])
def test_an_open_span_is_taken_only_with_its_mark(is_json: bool) -> None:
    mark = KeyValue(key="longpole.open", value=AnyValue(bool_value=True))
    request = ExportTraceServiceRequest.FromString(
        body(span(1, 1, end_time_unix_nano=0, attributes=[mark]), span(1, 2, end_time_unix_nano=0))
    )
    codec, content = (otlp_json, as_json(request)) if is_json else (otlp_protobuf, request.SerializeToString())
    decoded = codec.decode_traces(content, None, 9)
    assert [found.span_id for found in decoded.spans] == [f"{1:016x}"]
    assert [item.index for item in decoded.rejected] == [1]
    assert codec.check_traces(content).rejected == decoded.rejected


def test_too_much_of_anything_is_cut_and_counted() -> None:
    events = [Span.Event(name="e", time_unix_nano=NOON_NS) for _ in range(MAX_EVENTS + 5)]
    attributes = [text(f"k{n}", "v") for n in range(1030)]
    found = otlp_protobuf.decode_traces(body(span(1, 1, events=events, attributes=attributes)), None, 9).spans[0]
    assert found.attributes[DROPPED] == {"attributes": 6, "events": 5}
    assert len(found.attributes) == 1024 + 1
    assert len(found.events) == MAX_EVENTS


@pytest.mark.parametrize("is_json", [False, True], ids=["protobuf", "json"])
def test_a_long_value_is_cut_and_named(is_json: bool) -> None:
    request = ExportTraceServiceRequest.FromString(body(span(1, 1, attributes=[text("big", "x" * 2_000_000)])))
    codec, content = (otlp_json, as_json(request)) if is_json else (otlp_protobuf, request.SerializeToString())
    attributes = codec.decode_traces(content, None, 9).spans[0].attributes
    assert len(attributes["big"]) == 1024 * 1024
    assert attributes[TRUNCATED] == ["big: 2000000 characters"]


def test_values_nested_too_deep_end_in_a_word() -> None:
    value = AnyValue(string_value="bottom")
    for _ in range(45):
        value = AnyValue(array_value=ArrayValue(values=[value]))
    content = body(span(1, 1, attributes=[KeyValue(key="deep", value=value)]))
    assert "nested deeper than 32 levels" in str(otlp_protobuf.decode_traces(content, None, 9).spans[0].attributes)


@pytest.mark.parametrize("value", ["1e3", "1000", '"1000"', "1000.0"])
def test_an_integer_in_json_may_be_written_in_any_way(value: str) -> None:
    content = json_body(json_span(1, 1, attributes=[{"key": "n", "value": {"intValue": "VALUE"}}]))
    found = otlp_json.decode_traces(content.replace(b'"VALUE"', value.encode()), None, 9).spans[0]
    assert found.attributes == {"n": 1000}


def test_an_escaped_backslash_before_a_surrogate_is_left_alone() -> None:
    content = json_body(json_span(1, 1, name="NAME"))
    found = otlp_json.decode_traces(content.replace(b"NAME", rb"\\ud83d \ud83d \ud83d\ude00"), None, 9).spans[0]
    assert found.name == "\\ud83d \ufffd 😀"


def logs_request() -> ExportLogsServiceRequest:
    records = [
        LogRecord(
            time_unix_nano=NOON_NS,
            trace_id=b"\1" * 16,
            span_id=b"\2" * 8,
            severity_number=9,
            body=AnyValue(string_value="hi"),
        ),
        LogRecord(observed_time_unix_nano=NOON_NS, severity_text="WARN", event_name="named", attributes=values()),
        LogRecord(time_unix_nano=2**64 - 1, trace_id=bytes(16), attributes=[text("event.name", "old way")]),
        LogRecord(trace_id=b"\1"),
    ]
    return ExportLogsServiceRequest(resource_logs=[ResourceLogs(scope_logs=[ScopeLogs(log_records=records)])])


def test_log_records_are_the_same_in_both_formats() -> None:
    request = logs_request()
    decoded = otlp_protobuf.decode_logs(request.SerializeToString(), None, 9)
    assert otlp_json.decode_logs(as_json(request), None, 9) == decoded
    first, second, third = decoded.logs
    assert (first.trace_id, first.span_id, first.level, first.body) == ("01" * 16, "02" * 8, "info", "hi")
    assert (second.trace_id, second.time_ns, second.level, second.event_name) == (None, NOON_NS, "warning", "named")
    assert second.attributes == EXPECTED
    assert (third.trace_id, third.time_ns, third.event_name) == (None, 9, "old way")
    assert [item.rule for item in decoded.rejected] == ["trace_id"]


def metrics_request() -> ExportMetricsServiceRequest:
    points = [NumberDataPoint(as_int=number) for number in range(3)]
    metrics = [Metric(name="m", sum=Sum(data_points=points)), Metric(name="g", gauge=Gauge(data_points=points))]
    return ExportMetricsServiceRequest(
        resource_metrics=[ResourceMetrics(scope_metrics=[ScopeMetrics(metrics=metrics)])]
    )


def test_data_points_are_counted_in_both_formats() -> None:
    request = metrics_request()
    assert otlp_protobuf.count_data_points(request.SerializeToString()) == 6
    assert otlp_json.count_data_points(as_json(request)) == 6


def mutations(content: bytes, rng: random.Random, how_many: int) -> Iterator[bytes]:
    """Bodies that a broken sender, line or mind could make of this one."""
    for _ in range(how_many):
        changed = bytearray(content)
        for _ in range(rng.choice((1, 1, 2, 5))):
            at = rng.randrange(len(changed) + 1)
            match rng.randrange(5):
                case 0:
                    changed[at : at + 1] = bytes([rng.randrange(256)])
                case 1:
                    del changed[at : at + rng.randrange(1, 20)]
                case 2:
                    changed[at:at] = rng.randbytes(rng.randrange(1, 9))
                case 3:
                    other = rng.randrange(len(changed) + 1)
                    changed[at:at] = changed[other : other + rng.randrange(40)]
                case _:
                    changed[at:at] = rng.choice(TOKENS)
        yield bytes(changed)


TOKENS = [
    b"null",
    b"-1",
    b"1e999",
    b'"',
    b"{",
    b"[",
    b"]}",
    b"\\ud800",
    b"\xff",
    b"\0",
    b"9" * 30,
    b"true",
    b'"0"',
    b"NaN",
]


@pytest.mark.parametrize("body_format", list(BodyFormat))
@pytest.mark.parametrize("signal", list(Signal))
def test_no_mutation_of_a_body_raises_anything_but_invalid_input(body_format: BodyFormat, signal: Signal) -> None:
    rng = random.Random(f"{body_format} {signal}")
    request = {Signal.TRACES: full_request, Signal.LOGS: logs_request, Signal.METRICS: metrics_request}[signal]()
    content = as_json(request) if body_format is BodyFormat.JSON else request.SerializeToString()
    taken = 0
    for changed in mutations(content, rng, 3_000):
        try:
            checked = check_body(changed, body_format, signal)
        except InvalidInput:
            continue
        # What the door takes the pipeline must be able to read, with the same outcome.
        decoded = decode_body(Accepted(START, signal, body_format, None, 9, changed))
        taken += 1
        assert decoded.rejected == checked.rejected
        assert len(decoded.spans) + len(decoded.logs) + decoded.data_points == checked.total - len(checked.rejected)
        for found in decoded.spans:
            assert 0 < found.started_ns < 2**63
            assert found.ended_ns == 0 or found.started_ns <= found.ended_ns < 2**63
    assert taken > 50
