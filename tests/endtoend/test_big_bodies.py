"""Fifty senders with 8 MB each, and bodies that are made to burst: memory stays bounded, and nobody else waits long."""

import gzip
import time
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Event, Thread

import httpx
import psutil
import pytest

from otlp_bodies import body, json_body, json_span, span, text
from running_server import JSON, PROTOBUF, RunningServer, wait_until

SENDERS = 50
SPANS = 10
GIGABYTE = 1024**3
BUSY = (429, 503)
HALF = 8 * 1024 * 1024 - 100


@contextmanager
def memory_watched(server: RunningServer) -> Generator[list[int]]:
    """The server's memory every 20 ms."""
    assert server.process is not None
    process, enough = psutil.Process(server.process.pid), Event()
    seen: list[int] = []

    def watch() -> None:
        while not enough.wait(0.02):
            seen.append(process.memory_info().rss)

    thread = Thread(target=watch)
    thread.start()
    try:
        yield seen
    finally:
        enough.set()
        thread.join()


def send_until_taken(server: RunningServer, content: bytes) -> int:
    """Send a body as an exporter does; gives how often it was told to wait."""
    waits = 0
    with httpx.Client(timeout=60, trust_env=False) as client:
        headers = {"content-type": PROTOBUF}
        while True:
            try:
                status = client.post(f"{server.url}/v1/traces", content=content, headers=headers).status_code
            except httpx.TransportError:  # answered and closed before all of it was sent
                status = 429
            if status == 200:
                return waits
            assert status in BUSY
            waits += 1
            Event().wait(0.2)


def test_eight_megabytes_from_fifty_senders_are_stored_within_a_gigabyte(server: RunningServer) -> None:
    big = "x" * (8_000_000 // SPANS)
    made = [
        body(*(span(trace, number, min(number - 1, 1), attributes=[text("k", big)]) for number in range(1, SPANS + 1)))
        for trace in range(1, SENDERS + 1)
    ]
    with memory_watched(server) as memory, ThreadPoolExecutor(SENDERS) as pool:
        waits = sum(pool.map(lambda content: send_until_taken(server, content), made))
        assert server.get("/healthz").status_code == 200
        server.wait_for_spans(SENDERS * SPANS)
    assert max(memory) < GIGABYTE
    assert server.intake()["refused"].get("429", 0) <= waits
    wait_until(lambda: server.intake()["open_spans"] == 0, "all of it to be stored")


BOMBS = {
    "two bytes a resource": (PROTOBUF, lambda: b"\x0a\x00" * HALF),
    "an object a span": (JSON, lambda: b'{"resourceSpans":[{"scopeSpans":[{"spans":[' + b"{}," * 5_500_000),
    "lists in lists": (JSON, lambda: b'{"resource_spans":' + b"[" * 16_000_000),
    "a gigabyte of zeros": (PROTOBUF, lambda: bytes(GIGABYTE // 4)),
    "many members": (PROTOBUF, lambda: b""),
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_small_body_that_bursts_is_refused_and_holds_nobody_up(shared_server: RunningServer, name: str) -> None:
    kind, make = BOMBS[name]
    packed = gzip.compress(make(), 1) if name != "many members" else gzip.compress(bytes(100_000)) * 1000
    waits: list[float] = []
    with memory_watched(shared_server) as memory, ThreadPoolExecutor(4) as pool:
        sent = [pool.submit(shared_server.post, packed, "/v1/traces", kind, content_encoding="gzip") for _ in range(4)]
        while not all(each.done() for each in sent):
            began = time.monotonic()
            assert shared_server.get("/healthz").status_code == 200
            waits.append(time.monotonic() - began)
    assert {each.result().status_code for each in sent} <= {400, 413}
    assert max(memory) - memory[0] < GIGABYTE // 2
    assert sorted(waits)[len(waits) // 2] < 1


def test_a_million_attributes_are_refused_and_a_hundred_thousand_cut(shared_server: RunningServer) -> None:
    million = body(span(1, 1, attributes=[text("k", "v")] * 1_000_000))
    with memory_watched(shared_server) as memory:
        assert shared_server.post(million).status_code == 413
        many = body(span(2, 1, attributes=[text(f"k{number}", "v") for number in range(90_000)]))
        assert shared_server.post(many).status_code == 200
        objects = [{"key": f"k{number}", "value": {"stringValue": "v"}} for number in range(200_000)]
        assert shared_server.post(json_body(json_span(3, 1, attributes=objects)), kind=JSON).status_code == 200
    assert max(memory) < GIGABYTE
    for trace in (2, 3):
        path = f"/api/executions/{trace:032x}{1:016x}/steps/{1:016x}"
        answer = wait_until(lambda path=path: (r := shared_server.get(path)).status_code == 200 and r, "the span")
        assert "longpole.dropped" in answer.text
        assert len(answer.content) < 200_000


def test_a_name_of_megabytes_is_cut(shared_server: RunningServer) -> None:
    assert shared_server.post(body(span(4, 1, attributes=[text("k" * 3_000_000, "v")]))).status_code == 200
    content = json_body(json_span(5, 1, attributes=[{"key": "k" * 3_000_000, "value": {"intValue": 1}}]))
    assert shared_server.post(content, kind=JSON).status_code == 200
    for trace in (4, 5):
        path = f"/api/executions/{trace:032x}{1:016x}/steps/{1:016x}"
        answer = wait_until(lambda path=path: (r := shared_server.get(path)).status_code == 200 and r, "the span")
        assert "a name of 3000000 characters" in answer.text
        assert len(answer.content) < 10_000
