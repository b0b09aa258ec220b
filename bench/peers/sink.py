"""A server on loopback that takes what every peer sends, and counts the finished steps in it."""

import gzip
import json
import zlib
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

# What LangSmith's own client asks first. Without the multipart route it sends JSON, which can be counted here.
LANGSMITH_INFO = {
    "version": "0.10.0",
    "batch_ingest_config": {
        "use_multipart_endpoint": False,
        "size_limit": 100,
        "scale_up_qsize_trigger": 1000,
        "scale_up_nthreads_limit": 16,
        "scale_down_nempty_trigger": 4,
        "size_limit_bytes": 20971520,
    },
}
PENDING = "pending_span"  # Logfire's announcement of a step that has not ended


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Nothing to say: senders are killed on purpose."""


class CountingSink:
    """Listens on a free port of loopback from the start."""

    def __init__(self) -> None:
        self.bodies: list[tuple[str, bytes]] = []
        self._server = _Server(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        """Stops listening."""
        self._server.shutdown()
        self._server.server_close()

    def finished(self) -> set[str]:
        """The ids of all steps that arrived with an end."""
        return {step for path, body in self.bodies for step in _finished(path, body)}

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        sink = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                self._say(LANGSMITH_INFO if self.path.endswith("/info") else {})

            def do_POST(self) -> None:
                body = _unpacked(self._read(), self.headers.get("content-encoding", ""))
                sink.bodies.append((self.path, body))
                self._say({})

            def _read(self) -> bytes:
                if "chunked" not in self.headers.get("transfer-encoding", ""):
                    return self.rfile.read(int(self.headers.get("content-length") or 0))
                whole = b""
                while size := int(self.rfile.readline(), 16):
                    whole += self.rfile.read(size)
                    self.rfile.readline()
                self.rfile.readline()
                return whole

            def _say(self, value: Any) -> None:
                body = json.dumps(value).encode()
                self.send_response(200)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:
                pass

        return Handler


def _unpacked(body: bytes, encoding: str) -> bytes:
    if encoding == "gzip":
        return gzip.decompress(body)
    return zlib.decompress(body) if encoding == "deflate" else body


def _finished(path: str, body: bytes) -> Iterator[str]:
    if path.endswith("/traces"):
        yield from finished_spans(body)
    elif path.endswith("/runs/batch"):
        batch = json.loads(body)
        yield from (run["id"] for run in (*batch.get("post", ()), *batch.get("patch", ())) if run.get("end_time"))


def finished_spans(body: bytes) -> Iterator[str]:
    """The ids of the spans with an end in an OTLP body, JSON or protobuf."""
    if body[:1] == b"{":
        for resource in json.loads(body)["resourceSpans"]:
            for scope in resource["scopeSpans"]:
                yield from (span["spanId"] for span in scope["spans"] if span["endTimeUnixNano"] != "0")
        return
    for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
        for scope in resource.scope_spans:
            for span in scope.spans:
                if not any(each.value.string_value == PENDING for each in span.attributes):
                    yield span.span_id.hex()
