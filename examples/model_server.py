"""A model that needs no network: a small OpenAI-like server on loopback with seeded latencies.

It streams its answers, refuses a request marked busy once with 429 and `retry-after`, and counts what it served, so
that the example's tokens can be checked against somebody else's book-keeping (`GET /served`).
"""

import json
import random
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

ANSWER = "The long pole in the tent decides how long the whole job takes so look there first"
WORDS = ANSWER.split()


class ModelServer(ThreadingHTTPServer):
    """Listens on a free loopback port; use it as a context manager."""

    daemon_threads = True

    def __init__(self, seed: int = 7) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.random = random.Random(seed)
        self.lock = threading.Lock()
        self.seen: set[str] = set()
        self.served = {"calls": 0, "refused": 0, "input_tokens": 0, "output_tokens": 0}

    @property
    def port(self) -> int:
        return self.server_address[1]

    def __enter__(self) -> "ModelServer":
        threading.Thread(target=self.serve_forever, name="model-server", daemon=True).start()
        return self

    def __exit__(self, *exception: object) -> None:
        self.shutdown()
        self.server_close()


class _Handler(BaseHTTPRequestHandler):
    server: ModelServer
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: object) -> None:
        """The terminal belongs to the example."""

    def do_GET(self) -> None:
        self._answer(200, self.server.served)

    def do_POST(self) -> None:
        request = json.loads(self.rfile.read(int(self.headers["content-length"])))
        prompt = request["prompt"]
        if request.get("busy") and self._is_first(prompt):
            self._answer(429, {"error": "too many requests"}, {"retry-after": "0.4"})
            return
        with self.server.lock:
            wait = self.server.random.uniform(0.15, 0.25)
        words = WORDS[: request.get("words", 8)]
        usage = {"input_tokens": len(prompt.split()) + 12, "output_tokens": len(words)}
        with self.server.lock:
            self.server.served["calls"] += 1
            for name, tokens in usage.items():
                self.server.served[name] += tokens
        self._stream(words, usage, wait)

    def _is_first(self, prompt: str) -> bool:
        with self.server.lock:
            if prompt in self.server.seen:
                return False
            self.server.seen.add(prompt)
            self.server.served["refused"] += 1
            return True

    def _stream(self, words: list[str], usage: dict[str, int], wait: float) -> None:
        self.send_response(200)
        self.send_header("content-type", "application/x-ndjson")
        self.send_header("connection", "close")
        self.end_headers()
        time.sleep(wait)
        for word in words:
            self.wfile.write(json.dumps({"word": word}).encode() + b"\n")
            self.wfile.flush()
            time.sleep(0.02)
        self.wfile.write(json.dumps({"usage": usage}).encode() + b"\n")

    def _answer(self, status: int, body: object, headers: dict[str, str] | None = None) -> None:
        text = json.dumps(body).encode()
        self.send_response(status)
        every = {**(headers or {}), "content-type": "application/json", "content-length": str(len(text))}
        for name, value in every.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(text)
