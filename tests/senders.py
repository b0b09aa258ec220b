"""Load for tests of trouble: threads that send traces whatever happens, and what must be stored of them afterwards."""

from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from itertools import count
from threading import Event, Lock, Thread

import httpx
import psycopg

from otlp_bodies import body, span
from running_server import DEADLINE_S, PROTOBUF, RunningServer, wait_until

SENDERS = 3
STEPS = 6
ROWS = """
SELECT trace_id, step_id FROM longpole.steps UNION ALL SELECT trace_id, span_id FROM longpole.executions
"""


def trace_of(number: int) -> bytes:
    """A trace of six spans."""
    return body(*(span(number, place, min(place - 1, 1)) for place in range(1, STEPS + 1)))


class Senders:
    """Threads that send traces whatever happens; `acknowledged` are those that were taken.

    Several of them send apart: the numbers of each begin at `first`.
    """

    def __init__(self, server: RunningServer, first: int = 1) -> None:
        self.acknowledged: set[int] = set()
        self.sent: set[int] = set()
        self._server = server
        self._numbers = count(first)
        self._lock = Lock()
        self._enough = Event()
        self._threads = [Thread(target=self._send, daemon=True) for _ in range(SENDERS)]

    @contextmanager
    def running(self) -> Generator[None]:
        for thread in self._threads:
            thread.start()
        try:
            yield
        finally:
            self._enough.set()
            for thread in self._threads:
                thread.join(DEADLINE_S)

    def go_on(self, bodies: int) -> None:
        """Wait until so many more were acknowledged."""
        goal = len(self.acknowledged) + bodies
        wait_until(lambda: len(self.acknowledged) >= goal, f"{bodies} more bodies")

    def _send(self) -> None:
        client = httpx.Client(timeout=5, trust_env=False)
        while not self._enough.is_set():
            with self._lock:
                number = next(self._numbers)
            self.sent.add(number)
            content = trace_of(number)
            try:
                answer = client.post(
                    f"{self._server.url}/v1/traces", content=content, headers={"content-type": PROTOBUF}
                )
            except httpx.TransportError:
                client.close()
                client = httpx.Client(timeout=5, trust_env=False)
                self._enough.wait(0.05)
                continue
            assert answer.status_code in (200, 429, 503)
            if answer.status_code == 200:
                self.acknowledged.add(number)
            self._enough.wait(0.01)
        client.close()


def is_drained(server: RunningServer) -> bool:
    with suppress(httpx.TransportError):
        health = server.get("/healthz").json()
        return health["pending_bytes"] == 0 and health["store_trouble"] is None
    return False


def check_rows(senders: Senders, rows: Callable[[], list[int]]) -> None:
    """Every acknowledged trace is there with all its spans, none twice, none in part."""

    def all_there() -> bool:
        return senders.acknowledged <= set(rows())

    wait_until(all_there, "what was acknowledged")
    found = rows()
    assert len(found) == len(set(found)) * STEPS
    assert set(found) <= senders.sent


def traces_of(database: str) -> list[int]:
    """The trace of each stored span; fails if a span is there twice."""
    with psycopg.connect(database) as connection:
        rows = connection.execute(ROWS.encode()).fetchall()
    assert len(rows) == len(set(rows))
    return [int(trace, 16) for trace, _ in rows]


def shown(server: RunningServer) -> list[int]:
    """The trace of each span that the server shows."""
    found: list[int] = []
    cursor: str | None = ""
    while cursor is not None:
        page = server.get("/api/executions", params={"limit": 1000} | ({"cursor": cursor} if cursor else {})).json()
        for item in page["items"]:
            found += [int(item["trace_id"], 16)] * (1 + item["steps_completed"])
        cursor = page["next_cursor"]
    return found
