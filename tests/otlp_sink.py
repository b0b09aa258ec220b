"""A real OTLP/HTTP server on loopback that can be down, slow, strict, or busy."""

import gzip
import json
import sqlite3
import threading
import time
import zlib
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from longpole.ship.spool import SpooledBody
from longpole.wire.otlp_encode import SpanOut


class OtlpSink:
    """Takes what comes, once `start()`ed. `answers` are given first, as (status, headers); then 200 for ever."""

    def __init__(self, *, is_longpole: bool = True) -> None:
        self.bodies: list[tuple[str, dict[str, Any]]] = []
        self.headers: list[dict[str, str]] = []
        self.answers: list[tuple[int, dict[str, str]]] = []
        self.largest = 10**9
        self.may_answer = threading.Event()
        self.may_answer.set()
        self.is_longpole = is_longpole
        self._is_serving = False
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler(), bind_and_activate=False)
        self._server.daemon_threads = True
        self._server.server_bind()
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def start(self) -> None:
        self._is_serving = True
        self._server.server_activate()
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def stop(self) -> None:
        self.may_answer.set()
        if self._is_serving:
            self._server.shutdown()
        self._server.server_close()

    @property
    def span_names(self) -> list[str]:
        return [span["name"] for path, body in self.bodies if path == "/v1/traces" for span in _spans(body)]

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        sink = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                self._say(200, {})

            def do_POST(self) -> None:
                raw = self.rfile.read(int(self.headers["content-length"]))
                sink.may_answer.wait(60)
                if len(raw) > sink.largest:
                    self._say(413, {})
                    return
                sink.headers.append({name.lower(): value for name, value in self.headers.items()})
                status, headers = sink.answers.pop(0) if sink.answers else (200, {})
                if status == 200:
                    packed = self.headers["content-encoding"] == "gzip"
                    sink.bodies.append((self.path, json.loads(gzip.decompress(raw) if packed else raw)))
                self._say(status, headers)

            def _say(self, status: int, headers: dict[str, str]) -> None:
                self.send_response(status)
                if sink.is_longpole:
                    self.send_header("x-longpole-version", "0")
                for name, value in {**headers, "content-length": "2"}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(b"{}")

            def log_message(self, format: str, *args: object) -> None:
                pass

        return Handler


def _spans(body: dict[str, Any]) -> list[dict[str, Any]]:
    return [span for group in body["resourceSpans"] for scope in group["scopeSpans"] for span in scope["spans"]]


def span(name: str, size: int = 10) -> SpanOut:
    return SpanOut(
        trace_id="0af7651916cd43dd8448eb211c80319c",
        span_id="b7ad6b7169203331",
        parent_span_id=None,
        name=name,
        started_ns=1,
        ended_ns=2,
        status_code=1,
        status_message="",
        attributes={"longpole.input": "x" * size},
    )


def wait_until(condition: Any, what: str, seconds: float = 10.0) -> None:
    """Waits for another thread or process: until the condition holds, at most `seconds`."""
    deadline, pause = time.monotonic() + seconds, threading.Event()
    while not condition():
        assert time.monotonic() < deadline, f"still waiting: {what}"
        pause.wait(0.01)


def spooled_bodies(file: Path) -> list[SpooledBody]:
    """What waits in a spool file, oldest first, also what somebody is sending just now."""
    if not file.is_file():
        return []
    with closing(sqlite3.connect(file)) as connection:
        rows = connection.execute("SELECT id, path, items, body FROM bodies ORDER BY id").fetchall()
    return [SpooledBody(id=row[0], path=row[1], items=row[2], body=zlib.decompress(row[3])) for row in rows]
