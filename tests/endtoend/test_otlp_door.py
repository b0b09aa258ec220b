"""The OTLP door of a real server: what it takes, what it refuses and how, and that it always goes on."""

import gzip
import json
import random
import socket
import subprocess
import sys
import threading
import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from otlp_bodies import NOON_NS, body, json_body, json_span, span, text
from running_server import DEADLINE_S, JSON, RunningServer, wait_until

_numbers = count(1000)


@pytest.fixture
def door(shared_server: RunningServer) -> Iterator[RunningServer]:
    """The shared server. After the test a good span is taken and shown, all earlier ones are there, none is twice."""
    before = shared_server.stored_spans()
    taken_before = _taken(shared_server)
    yield shared_server
    assert shared_server.post(body(span(next(_numbers), 1))).status_code == 200
    after = shared_server.intake()
    assert after["internal_errors"] == 0
    assert after["unreadable"] == 0
    duplicates = after["duplicates"] - taken_before[1]
    shared_server.wait_for_spans(before + after["accepted"]["spans"] - taken_before[0] - duplicates)


def _taken(server: RunningServer) -> tuple[int, int]:
    intake = server.intake()
    return intake["accepted"]["spans"], intake["duplicates"]


def _problem(response: httpx.Response, status: int) -> str:
    """Checks problem details and gives their sentence."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    assert response.headers["x-longpole-version"]
    problem = response.json()
    assert problem["status"] == status
    assert "Traceback" not in problem["detail"]
    return problem["detail"]


def _refused_spans(response: httpx.Response) -> tuple[int, str]:
    """The number and the message of a partial success, whatever its format."""
    assert response.status_code == 200, response.text
    if response.headers["content-type"] == JSON:
        partial = response.json()["partialSuccess"]
        return int(partial["rejectedSpans"]), partial["errorMessage"]
    answer = ExportTraceServiceResponse.FromString(response.content).partial_success
    return answer.rejected_spans, answer.error_message


# What it takes


def test_a_body_in_protobuf_is_answered_in_protobuf(door: RunningServer) -> None:
    response = door.post(body(span(next(_numbers), 1)))
    assert response.status_code == 200
    assert response.headers["content-type"] == "application/x-protobuf"
    assert response.content == b""


def test_a_body_in_json_is_answered_in_json(door: RunningServer) -> None:
    response = door.post(json_body(json_span(next(_numbers), 1)), kind="application/json; charset=utf-8")
    assert response.headers["content-type"] == JSON
    assert response.json() == {}


def test_the_address_of_langfuse_clients_takes_traces(door: RunningServer) -> None:
    response = door.post(body(span(next(_numbers), 1)), path="/api/public/otel/v1/traces")
    assert response.status_code == 200


@pytest.mark.parametrize(
    ("name", "compress"),
    [
        ("gzip", gzip.compress),
        ("deflate", zlib.compress),
        ("deflate", lambda content: zlib.compress(content, wbits=-15)),
        ("identity", bytes),
    ],
    ids=["gzip", "deflate", "deflate without header", "identity"],
)
def test_compressed_bodies_are_taken(door: RunningServer, name: str, compress: Any) -> None:
    response = door.post(compress(body(span(next(_numbers), 1))), content_encoding=name)
    assert response.status_code == 200


def test_a_body_sent_in_chunks_is_taken(door: RunningServer) -> None:
    content = body(span(next(_numbers), 1))
    pieces = (content[at : at + 7] for at in range(0, len(content), 7))
    response = door.client.post(
        door.url + "/v1/traces", content=pieces, headers={"content-type": "application/x-protobuf"}
    )
    assert response.status_code == 200


@pytest.mark.parametrize("kind", ["application/x-protobuf", JSON])
@pytest.mark.parametrize("signal", ["traces", "logs", "metrics"])
def test_an_empty_body_is_a_request_with_nothing_in_it(door: RunningServer, signal: str, kind: str) -> None:
    assert door.post(b"", path=f"/v1/{signal}", kind=kind).status_code == 200


def test_metrics_are_counted_and_acknowledged(door: RunningServer) -> None:
    before = door.intake()["accepted"]["data_points"]
    points = {"metrics": [{"name": "m", "sum": {"dataPoints": [{"asInt": "1"}, {"asInt": "2"}]}}]}
    content = json.dumps({"resourceMetrics": [{"scopeMetrics": [points]}]}).encode()
    assert door.post(content, path="/v1/metrics", kind=JSON).json() == {}
    assert door.intake()["accepted"]["data_points"] == before + 2


def test_thirty_eight_thousand_spans_in_one_body_are_taken(door: RunningServer) -> None:
    trace = next(_numbers)
    response = door.post(body(*(span(trace, number, parent=number // 2) for number in range(1, 38_001))))
    assert response.status_code == 200
    assert response.content == b""


def test_a_span_sent_twice_counts_once(door: RunningServer) -> None:
    content = body(span(next(_numbers), 1))
    for _ in range(3):
        assert door.post(content).status_code == 200
    wait_until(lambda: door.intake()["pending_bytes"] == 0, "the spool to be read")


def test_real_clients_bodies_in_hostile_company_are_all_taken(door: RunningServer) -> None:
    good = [body(span(next(_numbers), 1)) for _ in range(40)]
    bad = [b"\xff" * 50, gzip.compress(b"x"), b"{}"]
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(door.post, [content for pair in zip(good, bad * 14, strict=False) for content in pair]))
    assert {answer.status_code for answer in answers[::2]} == {200}
    assert {answer.status_code for answer in answers[1::2]} == {400}


# What it refuses as a whole


def test_truncated_protobuf_is_refused(door: RunningServer) -> None:
    detail = _problem(door.post(body(span(next(_numbers), 1))[:-5]), 400)
    assert "protobuf" in detail


def test_json_under_the_name_of_protobuf_is_refused(door: RunningServer) -> None:
    _problem(door.post(json_body(json_span(next(_numbers), 1))), 400)


def test_protobuf_under_the_name_of_json_is_refused(door: RunningServer) -> None:
    _problem(door.post(body(span(next(_numbers), 1)), kind=JSON), 400)


def test_truncated_json_is_refused(door: RunningServer) -> None:
    _problem(door.post(json_body(json_span(next(_numbers), 1))[:-3], kind=JSON), 400)


def test_json_nested_without_end_is_refused(door: RunningServer) -> None:
    value = '{"arrayValue":{"values":[' * 20_000 + "]}}" * 20_000
    content = json_body(json_span(next(_numbers), 1, attributes=[{"key": "deep", "value": "VALUE"}]))
    _problem(door.post(content.replace(b'"VALUE"', value.encode()), kind=JSON), 400)


@pytest.mark.parametrize("kind", ["text/plain", "", "application/json; charset=utf-16", "application/grpc"])
def test_a_wrong_content_type_is_refused(door: RunningServer, kind: str) -> None:
    _problem(door.post(body(span(next(_numbers), 1)), kind=kind), 415)


@pytest.mark.parametrize("encoding", ["br", "zstd", "gzip, gzip"])
def test_an_unknown_encoding_is_refused(door: RunningServer, encoding: str) -> None:
    response = door.post(b"x", content_encoding=encoding)
    _problem(response, 415)
    assert response.headers["accept-encoding"] == "gzip, deflate"


def test_what_is_not_gzip_is_refused_as_such(door: RunningServer) -> None:
    assert "gzip" in _problem(door.post(body(span(next(_numbers), 1)), content_encoding="gzip"), 400)


def test_truncated_gzip_is_refused(door: RunningServer) -> None:
    _problem(door.post(gzip.compress(body(span(next(_numbers), 1)))[:-6], content_encoding="gzip"), 400)


def test_a_gzip_bomb_is_refused_and_never_unpacked(door: RunningServer) -> None:
    bomb = gzip.compress(bytes(2_000_000_000 // 10), 1)
    assert door.process is not None
    process = psutil.Process(door.process.pid)
    before = process.memory_info().rss
    _problem(door.post(bomb, content_encoding="gzip"), 413)
    assert process.memory_info().rss - before < 64 * 1024 * 1024


def test_a_body_over_the_limit_is_refused(door: RunningServer) -> None:
    assert "16777216" in _problem(door.post(bytes(17 * 1024 * 1024)), 413)


def test_a_body_over_the_limit_in_chunks_is_refused(door: RunningServer) -> None:
    pieces = (bytes(1024 * 1024) for _ in range(18))
    response = door.client.post(
        door.url + "/v1/traces", content=pieces, headers={"content-type": "application/x-protobuf"}
    )
    _problem(response, 413)


def test_invalid_utf8_in_protobuf_is_refused(door: RunningServer) -> None:
    content = body(span(next(_numbers), 1, name="abc"))
    _problem(door.post(content.replace(b"abc", b"\xff\xfe\xfd")), 400)


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH"])
def test_other_methods_are_not_possible(door: RunningServer, method: str) -> None:
    response = door.client.request(method, door.url + "/v1/traces")
    _problem(response, 405)
    assert response.headers["allow"] == "POST"


def test_other_paths_are_not_found(door: RunningServer) -> None:
    _problem(door.post(b"", path="/v1/profiles"), 404)


# What it refuses of a body


@pytest.mark.parametrize(
    ("fields", "word"),
    [
        ({"trace_id": b""}, "trace id"),
        ({"trace_id": bytes(16)}, "trace id"),
        ({"trace_id": b"\1" * 8}, "trace id"),
        ({"trace_id": b"\1" * 17}, "trace id"),
        ({"span_id": b""}, "span id"),
        ({"span_id": bytes(8)}, "span id"),
        ({"span_id": b"\1" * 16}, "span id"),
        ({"end_time_unix_nano": NOON_NS - 1}, "before its start"),
        ({"start_time_unix_nano": 0}, "start time 0"),
        ({"end_time_unix_nano": 0}, "end time is 0"),
        ({"start_time_unix_nano": 2**63, "end_time_unix_nano": 2**63 + 1}, "int64"),
        ({"end_time_unix_nano": 2**64 - 1}, "int64"),
        ({"start_time_unix_nano": 1}, "more than 366 days"),
    ],
)
def test_a_span_that_cannot_be_is_refused_alone_and_named(
    door: RunningServer, fields: dict[str, Any], word: str
) -> None:
    trace = next(_numbers)
    broken = span(trace, 2, **({"name": "the broken one"} | fields))
    number, message = _refused_spans(door.post(body(span(trace, 1), broken, span(trace, 3))))
    assert number == 1
    assert word in message
    assert "the broken one" in message


@pytest.mark.parametrize(
    "fields",
    [
        {"traceId": ""},
        {"traceId": None},
        {"traceId": "0" * 32},
        {"traceId": "xyz" * 10 + "12"},
        {"spanId": "abc"},
        {"spanId": "0" * 16},
        {"startTimeUnixNano": "0"},
        {"startTimeUnixNano": -5},
        {"endTimeUnixNano": 1},
        {"endTimeUnixNano": str(2**64)},
    ],
)
def test_a_json_span_that_cannot_be_is_refused_alone(door: RunningServer, fields: dict[str, Any]) -> None:
    trace = next(_numbers)
    number, message = _refused_spans(
        door.post(json_body(json_span(trace, 1), json_span(trace, 2, **fields)), kind=JSON)
    )
    assert number == 1
    assert "span 2" in message


def test_a_parent_id_of_the_wrong_length_is_told_and_the_span_kept_as_a_root(door: RunningServer) -> None:
    number, message = _refused_spans(door.post(body(span(next(_numbers), 1, parent_span_id=b"\1\2\3"))))
    assert number == 0
    assert "parent id '010203'" in message


def test_refusals_are_counted_by_rule(door: RunningServer) -> None:
    before = door.intake()["rejected"].get("trace_id", 0)
    door.post(body(span(0, 1), span(0, 2)))
    assert door.intake()["rejected"]["trace_id"] == before + 2


# What is strange but true


def test_a_cycle_of_parents_is_shown_and_ingest_goes_on(door: RunningServer) -> None:
    trace = next(_numbers)
    circle = [span(trace, 1, parent=3), span(trace, 2, parent=1), span(trace, 3, parent=2)]
    assert door.post(body(*circle)).content == b""
    assert door.post(body(span(trace, 9, parent=9))).content == b""


def test_ten_thousand_attributes_are_taken(door: RunningServer) -> None:
    trace = next(_numbers)
    assert door.post(body(span(trace, 1, attributes=[text(f"k{n}", "v") for n in range(10_000)]))).content == b""
    detail = _detail(door, trace, 1)
    assert "8976" in detail


def test_an_attribute_of_ten_megabytes_is_cut_and_says_so(door: RunningServer) -> None:
    trace = next(_numbers)
    assert door.post(body(span(trace, 1, attributes=[text("big", "x" * 10_000_000)]))).content == b""
    detail = _detail(door, trace, 1)
    assert len(detail) < 2_000_000
    assert "big: 10000000 characters" in detail


def test_nul_in_text_is_replaced(door: RunningServer) -> None:
    trace = next(_numbers)
    assert door.post(body(span(trace, 1, name="a\0b", attributes=[text("k\0", "v\0w")]))).content == b""
    assert "v\ufffdw" in _detail(door, trace, 1)


def test_lone_surrogates_and_wrong_bytes_in_json_are_replaced(door: RunningServer) -> None:
    trace = next(_numbers)
    attributes = [{"key": "k", "value": {"stringValue": "cut \ud83d"}}, {"key": "b", "value": {"stringValue": "BYTES"}}]
    content = json_body(json_span(trace, 1, attributes=attributes)).replace(b"BYTES", b"\xff\xfe")
    assert door.post(content, kind=JSON).json() == {}
    assert "cut \ufffd" in _detail(door, trace, 1)


def test_event_times_beyond_all_bounds_do_not_cost_the_span(door: RunningServer) -> None:
    events = [Span.Event(name="never", time_unix_nano=0), Span.Event(name="late", time_unix_nano=2**64 - 1)]
    assert door.post(body(span(next(_numbers), 1, events=events))).content == b""


def _detail(server: RunningServer, trace: int, number: int) -> str:
    """The bodies of a span as readable JSON, once it is there."""
    execution = f"{trace:032x}{number:016x}"
    path = f"/api/executions/{execution}/steps/{number:016x}"
    response = wait_until(lambda: (r := server.get(path)).status_code == 200 and r, f"{path} to be there")
    return json.dumps(response.json(), ensure_ascii=False)


# Who may ask


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "0.0.0.0", "192.168.1.4:7667", "[::]:80"])
def test_a_foreign_host_header_is_refused(door: RunningServer, host: str) -> None:
    assert "Expected one of localhost" in _problem(door.get("/api/executions", headers={"host": host}), 403)


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:1", "127.0.0.1:7667", "127.9.9.9", "[::1]:7667", "[::1]"])
def test_every_loopback_host_header_is_answered(door: RunningServer, host: str) -> None:
    assert door.get("/healthz", headers={"host": host}).status_code == 200


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://localhost.evil.example", "http://[", "x"])
def test_a_foreign_origin_is_refused(door: RunningServer, origin: str) -> None:
    _problem(door.post(body(span(next(_numbers), 1)), origin=origin), 403)


def test_a_page_of_this_machine_is_answered(door: RunningServer) -> None:
    assert door.get("/healthz", headers={"origin": "http://localhost:5173"}).status_code == 200


# The process


def test_the_server_refuses_a_public_address(tmp_path: Path) -> None:
    done = _serve(tmp_path, "--host", "0.0.0.0")
    assert done.returncode != 0
    assert "Refused to listen on '0.0.0.0'" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_taken_port_is_named(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = _serve(tmp_path, "--port", str(port))
    assert done.returncode != 0
    assert f"Port {port}" in done.stderr
    assert "Traceback" not in done.stderr


def _serve(folder: Path, *options: str) -> "subprocess.CompletedProcess[str]":
    program = Path(sys.executable).with_name("longpole")
    command = [str(program), "serve", "--data", str(folder), *options]
    return subprocess.run(command, capture_output=True, text=True, timeout=DEADLINE_S, check=False)


def test_server_json_names_the_process_and_goes_with_it(server: RunningServer) -> None:
    assert server.process is not None
    state = json.loads((server.folder / "server.json").read_text())
    assert (state["pid"], state["url"]) == (server.process.pid, server.url)
    assert server.stop() == 0
    assert not (server.folder / "server.json").exists()


def test_what_was_acknowledged_before_a_stop_is_there_after_a_start(server: RunningServer) -> None:
    server.post(body(*(span(7, number) for number in range(1, 101))))
    assert server.stop() == 0
    server.start().wait_for_spans(100)


def test_what_was_acknowledged_before_a_kill_is_there_once_after_a_restart(server: RunningServer) -> None:
    rng = random.Random(7)
    acknowledged: set[int] = set()
    for round_number in range(3):
        stop = threading.Event()

        def send(sender: int, base: int = round_number * 1_000_000, stop: threading.Event = stop) -> None:
            for trace in count(base + sender * 100_000 + 1):
                try:
                    if server.post(body(*(span(trace, n, parent=n // 2) for n in range(1, 8)))).status_code == 200:
                        acknowledged.add(trace)
                except httpx.TransportError:
                    return
                if stop.is_set():
                    return

        goal = len(acknowledged) + rng.randint(30, 150)
        with ThreadPoolExecutor(4) as senders:
            waiting = [senders.submit(send, sender) for sender in range(4)]
            wait_until(lambda goal=goal: len(acknowledged) >= goal, "bodies to be acknowledged")
            server.kill()
            stop.set()
            for sent in waiting:
                sent.result()
        server.start()
    wait_until(lambda: server.intake()["pending_bytes"] == 0, "the spool to be read")
    wait_until(lambda: _traces(server) >= acknowledged, "every acknowledged trace")
    totals = server.totals()
    traces = _traces(server)
    # A body may have become durable without its sender being told; it is whole or not there, and never there twice.
    assert totals["executions"] == len(traces)
    assert totals["steps"] == 6 * len(traces)


def _traces(server: RunningServer) -> set[int]:
    found: set[int] = set()
    cursor: str | None = ""
    while cursor is not None:
        page = server.get("/api/executions", params={"limit": 1000} | ({"cursor": cursor} if cursor else {})).json()
        found.update(int(item["trace_id"], 16) for item in page["items"])
        cursor = page["next_cursor"]
    return found


def test_a_sender_that_hangs_up_in_the_middle_harms_nobody(door: RunningServer) -> None:
    host, port = door.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port))) as line:
        line.sendall(b"POST /v1/traces HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n")
        line.sendall(b"content-length: 1000\r\n\r\n{")
    assert door.get("/healthz").status_code == 200
