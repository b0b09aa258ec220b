"""A language model that needs no network: a small HTTP server with seeded latencies, and a client for it.

It answers in set phrases, but takes its time as a hosted model does: first a pause, then word after word. It counts the
tokens that it serves; `GET /served` tells them, so that anyone can check what Longpole has measured.
"""

import asyncio
import json
import random
import time
from collections.abc import AsyncIterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

ANSWERS = {
    "plan": "First find out about the city, then check the facts, then write.",
    "summary": "Lisbon lies on seven hills at the mouth of the Tagus and has about 550,000 inhabitants.",
    "check": "The number of inhabitants could not be confirmed.",
    "answer": "Lisbon is the capital of Portugal. It lies on seven hills at the mouth of the river Tagus, has about "
    "550,000 inhabitants, and its yellow trams climb where buses cannot.",
}


class RateLimitError(Exception):
    """The model asks to wait `retry_after` seconds."""

    def __init__(self, retry_after: float) -> None:
        super().__init__(f"the model asks to wait {retry_after} s")
        self.retry_after = retry_after


class LocalModel:
    """The server, running from `start()` to `stop()`, and the calls of its clients.

    Every reply is a line of JSON: `{"text": ...}` word by word, at last `{"usage": {...}}`.
    """

    name = "gpt-4o-mini"  # what it is priced as

    def __init__(self, seed: int = 7) -> None:
        self.served = {"calls": 0, "input_tokens": 0, "output_tokens": 0, "tasks": {}}
        self._random = random.Random(seed)
        self._has_refused = False
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self.port = self._server.server_port

    def start(self) -> None:
        Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    async def ask(self, task: str, prompt: str) -> tuple[str, dict[str, int]]:
        """The whole answer, and its token counts."""
        text, usage = "", {}
        async for line in self.stream(task, prompt):
            text += line.get("text", "")
            usage = line.get("usage", usage)
        return text, usage

    async def stream(self, task: str, prompt: str) -> AsyncIterator[dict]:
        """The answer as it comes.

        Raises:
            RateLimitError: too many requests; ask again later.
        """
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            body = json.dumps({"task": task, "prompt": prompt}).encode()
            writer.write(b"POST /v1/generate HTTP/1.0\r\ncontent-length: %d\r\n\r\n%b" % (len(body), body))
            status = int((await reader.readline()).split()[1])
            headers = dict([line.decode().strip().lower().split(": ", 1) async for line in _until_blank(reader)])
            if status == 429:
                raise RateLimitError(float(headers["retry-after"]))
            while line := await reader.readline():
                yield json.loads(line)
        finally:
            writer.close()

    def _handler(model) -> type[BaseHTTPRequestHandler]:  # noqa: N805 - `self` is the request below
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self._begin(200)
                self.wfile.write(json.dumps(model.served).encode())

            def do_POST(self) -> None:
                request = json.loads(self.rfile.read(int(self.headers["content-length"])))
                # The first request for the final answer meets a rate limit, as it happens on a busy day.
                if request["task"] == "answer" and not model._has_refused:
                    model._has_refused = True
                    self._begin(429, ("retry-after", "0.5"))
                    return
                self._begin(200)
                model._reply(self.wfile, request)

            def _begin(self, status: int, *headers: tuple[str, str]) -> None:
                self.send_response(status)
                for name, value in headers:
                    self.send_header(name, value)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass  # the terminal belongs to the example

        return Handler

    def _reply(self, out, request: dict) -> None:
        words = ANSWERS[request["task"]].split(" ")
        time.sleep(self._random.uniform(0.25, 0.4))  # until the first word
        for position, word in enumerate(words):
            time.sleep(self._random.uniform(0.01, 0.03))
            out.write(json.dumps({"text": word if position == 0 else " " + word}).encode() + b"\n")
            out.flush()
        usage = {"input_tokens": 8 + len(request["prompt"]) // 4, "output_tokens": len(words) + len(words) // 3}
        self.served["calls"] += 1
        task = self.served["tasks"].setdefault(request["task"], {"input_tokens": 0, "output_tokens": 0})
        for name, count in usage.items():
            self.served[name] += count
            task[name] += count
        out.write(json.dumps({"usage": usage}).encode() + b"\n")


async def _until_blank(reader: asyncio.StreamReader) -> AsyncIterator[bytes]:
    while (line := await reader.readline()).strip():
        yield line
