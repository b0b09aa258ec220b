"""A big request in pieces is the same request, and what would burst memory is refused before it is read."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from longpole.ingest import otlp_pieces
from longpole.ingest.decode import check_body
from longpole.ingest.otlp_pieces import PIECE_BYTES, pieces
from longpole.ingest.segment import BodyFormat, Signal
from longpole.model.errors import BodyTooLarge, InvalidInput
from odd_bodies import made_protobuf
from otlp_bodies import body, span, text

HALF = 8 * 1024 * 1024 - 100
JSON = b'{"resourceSpans":[{"scopeSpans":[{"spans":[{}' + b",{}" * 50_000 + b"]}]}]}"
IDS = b"\x0a\x10" + b"\1" * 16 + b"\x12\x08" + b"\2" * 8


def wrapped(content: bytes, *numbers: int) -> bytes:
    """A message's bytes inside of others, the outermost field first."""
    for number in reversed(numbers):
        length, size = bytearray(), len(content)
        while size > 0x7F:
            length.append(size & 0x7F | 0x80)
            size >>= 7
        content = bytes((number << 3 | 2,)) + bytes((*length, size)) + content
    return content


DENSE = {
    "spans": (Signal.TRACES, lambda: wrapped(b"\x12\x00" * HALF, 1, 2)),
    "scopes": (Signal.TRACES, lambda: wrapped(b"\x12\x00" * HALF, 1)),
    "resources": (Signal.TRACES, lambda: b"\x0a\x00" * HALF),
    "attributes": (Signal.TRACES, lambda: wrapped(IDS + b"\x4a\x00" * HALF, 1, 2, 2)),
    "events": (Signal.TRACES, lambda: wrapped(IDS + b"\x5a\x00" * HALF, 1, 2, 2)),
    "attributes of an event": (Signal.TRACES, lambda: wrapped(IDS + wrapped(b"\x1a\x00" * HALF, 11), 1, 2, 2)),
    "log records": (Signal.LOGS, lambda: wrapped(b"\x12\x00" * HALF, 1, 2)),
    "a few log records": (Signal.LOGS, lambda: wrapped(b"\x12\x00" * 100_000, 1, 2)),
    "data points": (Signal.METRICS, lambda: wrapped(b"\x0a\x00" * HALF, 1, 2, 2, 7)),
    "JSON spans": (Signal.TRACES, lambda: b'{"resourceSpans":[{"scopeSpans":[{"spans":[' + b"{}," * 5_500_000),
    "JSON lists": (Signal.TRACES, lambda: b'{"resource_spans":' + b"[" * 16_000_000),
}


@given(rng=st.randoms(use_true_random=False), cut=st.integers(min_value=1, max_value=400))
def test_the_pieces_hold_what_the_whole_holds(rng: Random, cut: int) -> None:
    post = made_protobuf(rng)
    if "traces" not in post.path:
        return
    whole = ExportTraceServiceRequest.FromString(post.content)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(otlp_pieces, "PIECE_BYTES", cut)
        found = [ExportTraceServiceRequest.FromString(piece) for piece in pieces(post.content, Span.DESCRIPTOR)]
    assert spans_with_heads(*found) == spans_with_heads(whole)


def spans_with_heads(*requests: ExportTraceServiceRequest) -> list[tuple[bytes, bytes, bytes]]:
    return [
        tuple(each.SerializeToString(deterministic=True) for each in (group.resource, scope.scope, item))
        for request in requests
        for group in request.resource_spans
        for scope in group.scope_spans
        for item in scope.spans
    ]


def test_a_body_of_megabytes_becomes_pieces_of_half_a_megabyte() -> None:
    content = body(*(span(1, number, attributes=[text("k", "v" * 500)]) for number in range(1, 5001)))
    found = [len(piece) for piece in pieces(content, Span.DESCRIPTOR)]
    assert len(found) == len(content) // PIECE_BYTES + 1
    assert max(found) < PIECE_BYTES + 1000


def test_a_long_text_is_no_message() -> None:
    content = body(span(1, 1, attributes=[text("k", "\n\0" * 2_000_000)]))
    assert check_body(content, BodyFormat.PROTOBUF, Signal.TRACES).total == 1


def test_a_head_that_comes_last_counts_all_the_same() -> None:
    log = LogRecord(trace_id=b"\1" * 16, span_id=b"\2" * 8, severity_text="x" * PIECE_BYTES).SerializeToString()
    resource_last = wrapped(log, 2, 2) + wrapped(b"\x10\x05", 1)
    found = [
        ExportLogsServiceRequest.FromString(piece) for piece in pieces(wrapped(resource_last, 1), LogRecord.DESCRIPTOR)
    ]
    assert [group.resource.dropped_attributes_count for each in found for group in each.resource_logs] == [5]


@pytest.mark.parametrize("end", [b"\x0a", b"\x0a\xff", b"\xff" * 11, b"\x0a" + b"\xff" * 9 + b"\x01", b"\x0b"])
def test_what_is_cut_off_or_no_message_is_refused(end: bytes) -> None:
    content = body(span(1, 1, attributes=[text("k", "v" * PIECE_BYTES)])) + end
    with pytest.raises(InvalidInput, match="not a protobuf message"):
        list(pieces(content, Span.DESCRIPTOR))


@pytest.mark.parametrize("name", DENSE)
def test_a_body_of_nothing_but_beginnings_is_refused(name: str) -> None:
    signal, make = DENSE[name]
    body_format = BodyFormat.JSON if name.startswith("JSON") else BodyFormat.PROTOBUF
    with pytest.raises(BodyTooLarge, match=r"Expected at most \d+. Send smaller batches."):
        check_body(make(), body_format, signal)


def test_a_million_spans_that_cannot_be_are_refused_without_telling_of_each() -> None:
    for content, body_format in ((wrapped(b"\x12\x00" * 50_000, 1, 2), BodyFormat.PROTOBUF), (JSON, BodyFormat.JSON)):
        with pytest.raises(InvalidInput, match="More than 5000 spans or log records of the body cannot be taken"):
            check_body(content, body_format, Signal.TRACES)
