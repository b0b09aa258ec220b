"""A big JSON request in pieces is the same request, however it is written, and is refused as it would be whole."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from longpole.ingest import otlp_json, otlp_json_pieces
from longpole.ingest.decode import check_body
from longpole.ingest.limits import Decoded
from longpole.ingest.otlp_json_pieces import PIECE_BYTES, pieces
from longpole.ingest.segment import BodyFormat, Signal
from longpole.model.errors import InvalidInput
from otlp_bodies import json_span

LONG = "x" * 2000


def group(first: int, spans: int, *, service: str = "s", scopes: int = 1) -> dict[str, Any]:
    """A resource with so many scopes of so many spans."""
    long: list[dict[str, Any]] = [{"key": "k", "value": {"stringValue": LONG}}]
    made = [
        [json_span(first + scope, number + 1, attributes=long) for number in range(spans)] for scope in range(scopes)
    ]
    return {
        "resource": {"attributes": [{"key": "service.name", "value": {"stringValue": service}}]},
        "scopeSpans": [{"scope": {"name": f"scope {at}"}, "spans": each} for at, each in enumerate(made)],
    }


SHAPES: dict[str, list[dict[str, Any]]] = {
    "one long scope": [group(1, 900)],
    "long scopes": [group(1, 400, scopes=3)],
    "many groups": [group(at + 1, 3, service=f"s{at}") for at in range(300)],
    "long and short groups": [group(1, 1), group(2, 500), {}, group(3, 1), {"scopeSpans": None}],
}


def told(decoded: Decoded) -> list[tuple[Any, ...]]:
    """What is in a body, with whence it came."""
    return [
        (each.trace_id, each.span_id, each.attributes, each.source.resource, each.source.scope)
        for each in decoded.spans
    ]


@pytest.mark.parametrize("shape", SHAPES)
def test_the_spans_of_all_pieces_are_those_of_the_body(shape: str, monkeypatch: pytest.MonkeyPatch) -> None:
    body = json.dumps({"resourceSpans": SHAPES[shape]}).encode()
    cut = list(pieces(body))
    assert len(cut) > 1
    assert max(map(len, cut)) < 2 * PIECE_BYTES
    in_pieces = told(otlp_json.decode_traces(body, None, 1))
    monkeypatch.setattr(otlp_json_pieces, "PIECE_BYTES", len(body))
    assert list(pieces(body)) == [body]
    assert in_pieces == told(otlp_json.decode_traces(body, None, 1))


def test_snake_case_is_read_whole() -> None:
    body = json.dumps({"resourceSpans": [group(1, 600)]}).encode()
    for camel, snake in ((b"resourceSpans", b"resource_spans"), (b"scopeSpans", b"scope_spans")):
        body = body.replace(camel, snake)
    assert list(pieces(body)) == [body]
    assert len(otlp_json.decode_traces(body, None, 1).spans) == 600


def test_a_long_resource_is_not_repeated_for_every_span() -> None:
    body = json.dumps({"resourceSpans": [group(1, 900, service="s" * 3_000_000)]}).encode()
    assert sum(map(len, pieces(body))) < 2 * len(body)
    assert len(otlp_json.decode_traces(body, None, 1).spans) == 900


def test_the_number_of_a_refused_span_is_that_in_the_whole_body() -> None:
    made = group(1, 900)
    made["scopeSpans"][0]["spans"][700]["spanId"] = "nonsense"
    checked = check_body(json.dumps({"resourceSpans": [made]}).encode(), BodyFormat.JSON, Signal.TRACES)
    assert checked.total == 900
    assert [item.index for item in checked.rejected] == [700]


BREAKS: dict[str, Callable[[bytes], bytes]] = {
    "cut off": lambda body: body[:-40],
    "something behind it": lambda body: body + b"]",
    "a number for a span": lambda body: body.replace(b'"spans": [', b'"spans": [7, '),
    "a text for a scope": lambda body: body.replace(b'"scopeSpans": [', b'"scopeSpans": ["no", '),
    "an object for the groups": lambda body: b'{"resourceSpans": {"a": ' + body + b"}}",
    "a broken span at the end": lambda body: body.replace(b"}]}]}]}", b"]}]}]}"),
}


@pytest.mark.parametrize("name", BREAKS)
def test_what_is_no_request_is_refused_with_its_own_length(name: str) -> None:
    body = BREAKS[name](json.dumps({"resourceSpans": [group(1, 900)]}).encode())
    with pytest.raises(InvalidInput, match=f"the body of {len(body)} bytes is not an OTLP request"):
        check_body(body, BodyFormat.JSON, Signal.TRACES)


@pytest.mark.parametrize("odd", [rb"\ud800", b"\xff"])
def test_text_that_is_not_unicode_is_repaired(odd: bytes) -> None:
    made = json.dumps({"resourceSpans": [group(1, 900)]}).encode()
    body = made.replace(b"xxx", odd, 1)
    spans = otlp_json.decode_traces(body, None, 1).spans
    assert spans[0].attributes["k"].startswith("�")
    assert spans[-1].attributes["k"] == LONG


def test_log_records_and_data_points_of_all_pieces_count() -> None:
    record = {"timeUnixNano": "1700000000000000000", "body": {"stringValue": LONG}}
    logs = json.dumps({"resourceLogs": [{"scopeLogs": [{"logRecords": [record] * 700}]}]}).encode()
    assert check_body(logs, BodyFormat.JSON, Signal.LOGS).total == 700
    assert len(otlp_json.decode_logs(logs, None, 1).logs) == 700
    metric = {"name": LONG, "gauge": {"dataPoints": [{}, {}]}}
    metrics = json.dumps({"resourceMetrics": [{"scopeMetrics": [{"metrics": [metric] * 700}]}]}).encode()
    assert check_body(metrics, BodyFormat.JSON, Signal.METRICS).total == 1400
