"""Profiled calls as LangSmith runs of the type "tool", sent in batches from a thread of its own.

The body is that of `POST /runs/batch` as the official client 0.14 sends it to a server without the multipart route: ids
are UUIDs of version 7 made from the start time, a run of a trace carries the id of its first run as `trace_id`, and
`dotted_order` lists start times and ids from there down. Inputs and outputs of the program are not among it: what is
sent are name, times, error, memory, CPU and the decorator's metadata, without secrets.
"""

import os
import platform
from collections import deque
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from hashlib import blake2b
from logging import getLogger
from threading import Condition, Thread
from time import monotonic
from typing import Any
from uuid import UUID

import msgspec

from longpole.model.profile import ProfileMetrics, ProfilePlace
from longpole.ship.http import Answer, Connection
from longpole.wire.redact import Redactor

PUBLIC_ENDPOINT = "https://api.smith.langchain.com"
PATH = "/runs/batch"
MOST_WAITING = 5_000
LINGER_S = 1.0  # for fewer than a batch
FIRST_WAIT_S, LONGEST_WAIT_S = 0.25, 30.0
TRY_LATER = frozenset({0, 408, 425, 429, 500, 502, 503, 504})
ALREADY_THERE = 409
LAST_WAIT_S = 0.1
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_log = getLogger("longpole")
_encode = msgspec.json.Encoder(enc_hook=str).encode


class RunBody:
    """Makes run bodies of profiled calls. Deterministic but for the process's own secret.

    Args:
        project: the LangSmith project, `session_name` on the wire.
        version: of Longpole.
        redactor: takes secrets out of errors and metadata.
        seed: with which run ids are made; random by default, so that two processes do not meet.
    """

    def __init__(self, project: str, version: str, redactor: Redactor, seed: bytes | None = None) -> None:
        self._project = project
        self._redactor = redactor
        self._seed = seed or os.urandom(16)
        self._id_of = lru_cache(4096)(self._new_id)
        self._runtime = {
            "sdk": "longpole",
            "sdk_version": version,
            "library": "longpole",
            "platform": platform.system(),
            "runtime": "python",
            "py_implementation": platform.python_implementation(),
            "runtime_version": platform.python_version(),
        }

    def run(self, call: ProfileMetrics) -> dict[str, Any]:
        """One run that has ended, as it stands in `post`. The call has a path."""
        ids = [self._id_of(place) for place in call.path]
        body: dict[str, Any] = {
            "id": ids[-1],
            "trace_id": ids[0],
            "dotted_order": ".".join(map(_dotted, call.path, ids)),
            "name": call.name,
            "run_type": "tool",
            "session_name": self._project,
            "start_time": _time_text(call.started_ns),
            "end_time": _time_text(call.started_ns + call.duration_ns),
            "inputs": {},
            "outputs": self._figures(call),
            "events": [],
            "tags": ["longpole"],
            "extra": {"metadata": self._metadata(call), "runtime": self._runtime},
        }
        if len(ids) > 1:
            body["parent_run_id"] = ids[-2]
        if call.error_type is not None:
            body["error"] = f"{call.error_type}: {self._redactor.text(call.error or '')}"
        return body

    def batch(self, calls: Sequence[ProfileMetrics]) -> bytes:
        """The body of one request. Runs are complete when they are sent, so nothing is ever patched."""
        return _encode({"post": [self.run(call) for call in calls], "patch": []})

    def _figures(self, call: ProfileMetrics) -> dict[str, Any]:
        figures = {
            "duration_ms": call.duration_ns / 1e6,
            "cpu_ms": None if call.cpu_ns is None else call.cpu_ns / 1e6,
            "coordination_ms": None if call.coordination_ns is None else call.coordination_ns / 1e6,
            "memory_delta_bytes": call.memory_delta_bytes,
            "memory_peak_bytes": call.memory_peak_bytes,
        }
        return {name: value for name, value in figures.items() if value is not None}

    def _metadata(self, call: ProfileMetrics) -> dict[str, Any]:
        own: dict[str, Any] = self._redactor.value(dict(call.metadata or {}))
        parent = {} if call.parent is None else {"longpole_parent": call.parent}
        return {**own, **self._figures(call), "longpole_concurrent": call.concurrent, **parent}

    def _new_id(self, place: ProfilePlace) -> str:
        """A UUID of version 7 (RFC 9562, 5.7): the start time in ms, then a keyed hash of the call's number."""
        digest = blake2b(place.number.to_bytes(8, "big"), digest_size=10, key=self._seed).digest()
        raw = bytearray((place.started_ns // 1_000_000).to_bytes(6, "big") + digest)
        raw[6] = 0x70 | raw[6] & 0x0F
        raw[8] = 0x80 | raw[8] & 0x3F
        return str(UUID(bytes=bytes(raw)))


class LangSmithExporter:
    """The profiler's sink. `accept` returns at once; everything else happens in a thread that the first call starts.

    What cannot be delivered waits, at most `MOST_WAITING` calls; beyond that the oldest are dropped and counted, like
    batches that the server refuses for good.

    Args:
        endpoint: the server's address, without `/runs/batch`.
        api_key: sent as `x-api-key`; `None` sends none.
        body: makes the requests.
        batch: calls in one request.
        timeout_s: limit for connecting and for each answer.
        linger_s: how long fewer than a batch wait for more.
    """

    def __init__(
        self,
        endpoint: str,
        api_key: str | None,
        body: RunBody,
        *,
        batch: int = 10,
        timeout_s: float = 10.0,
        linger_s: float = LINGER_S,
    ) -> None:
        headers = {} if api_key is None else {"x-api-key": api_key}
        # Without gzip: the real client does not use it, and says nothing about servers that would take it.
        self._connection = Connection(endpoint, timeout_s, headers=headers, packs=False)
        self._body = body
        self._batch = batch
        self._linger_s = linger_s
        self._waiting: deque[ProfileMetrics] = deque()
        self._changed = Condition()
        self._is_stopping = self._is_hurried = False
        self._is_sending = self._is_down = self._is_told = False
        self._since = 0.0
        self._thread: Thread | None = None
        self.sent = 0
        self.dropped = 0

    def accept(self, call: ProfileMetrics) -> None:
        """Takes a call that has ended. Never waits for the network, never raises."""
        with self._changed:
            if self._is_stopping:
                self.dropped += 1
                return
            if not self._waiting:
                self._since = monotonic()
            self._waiting.append(call)
            if len(self._waiting) > MOST_WAITING:
                self._waiting.popleft()
                self.dropped += 1
            if self._thread is None:
                self._thread = Thread(target=self._run, name="longpole-langsmith", daemon=True)
                self._thread.start()
            if len(self._waiting) == 1 or len(self._waiting) >= self._batch:
                self._changed.notify_all()

    def flush(self, timeout_s: float) -> bool:
        """Sends what waits, batch or not; whether all of it was taken within `timeout_s` seconds."""
        self.hurry()
        try:
            with self._changed:
                self._changed.wait_for(lambda: self._is_idle() or self._is_down, timeout_s)
                return self._is_idle()
        finally:
            self._is_hurried = False

    def hurry(self) -> None:
        """Sends what waits from now on at once, and tries again at once if nobody answered so far."""
        with self._changed:
            self._is_hurried, self._is_down = True, False
            self._changed.notify_all()

    def close(self, timeout_s: float) -> bool:
        """Flushes and stops. What nobody took by then is dropped and counted; whether there was nothing of the kind."""
        is_done = self.flush(timeout_s)
        with self._changed:
            self._is_stopping = True
            self.dropped += len(self._waiting)
            self._waiting.clear()
            self._changed.notify_all()
        if self._thread is not None:
            self._thread.join(LAST_WAIT_S)
        if self.dropped:
            _log.warning("Profiled calls that did not reach LangSmith: %d.", self.dropped)
        return is_done

    def _is_idle(self) -> bool:
        return not self._waiting and not self._is_sending

    def _run(self) -> None:
        wait_s = FIRST_WAIT_S
        while not self._is_stopping:
            calls = self._next_batch()
            if not calls:
                continue
            try:
                answer = self._connection.post(PATH, self._body.batch(calls))
            except Exception as error:  # a body that cannot be made; never the end of the thread
                answer = Answer(status=400, body=repr(error).encode())
            if self._take_answer(calls, answer):
                wait_s = FIRST_WAIT_S
            else:
                self._rest(wait_s if answer.retry_after_s is None else answer.retry_after_s)
                wait_s = min(wait_s * 2, LONGEST_WAIT_S)
        self._connection.close()

    def _next_batch(self) -> list[ProfileMetrics]:
        """A full batch, or what there is after `linger_s` seconds."""
        with self._changed:
            self._changed.wait_for(lambda: bool(self._waiting) or self._is_stopping)
            self._changed.wait_for(self._is_due, max(self._since + self._linger_s - monotonic(), 0))
            calls = [self._waiting.popleft() for _ in range(min(self._batch, len(self._waiting)))]
            self._is_sending = bool(calls)
            self._since = monotonic()
            return calls

    def _is_due(self) -> bool:
        return len(self._waiting) >= self._batch or self._is_hurried or self._is_stopping

    def _rest(self, wait_s: float) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self._is_stopping or (self._is_hurried and not self._is_down), wait_s)

    def _take_answer(self, calls: list[ProfileMetrics], answer: Answer) -> bool:
        """Whether the batch is off the list: taken, or refused for good."""
        is_taken = 200 <= answer.status < 300 or answer.status == ALREADY_THERE
        is_settled = is_taken or answer.status not in TRY_LATER
        with self._changed:
            self._is_sending = False
            self._is_down = not is_settled
            if is_taken:
                self.sent += len(calls)
            elif is_settled or self._is_stopping:
                self.dropped += len(calls)
            else:
                self._waiting.extendleft(reversed(calls))
            self._changed.notify_all()
        if not is_taken:
            self._tell(answer, is_settled)
        return is_settled

    def _tell(self, answer: Answer, is_refused: bool) -> None:
        if self._is_told:
            return
        self._is_told = True
        says = answer.body[:200].decode("utf-8", "replace")
        what = f"answered {answer.status}: {says}" if answer.status else f"does not answer: {says}"
        then = "Such calls are dropped and counted. Check `langsmith_api_key`." if is_refused else "It is tried again."
        _log.warning("The LangSmith endpoint %s. Expected 202 for a batch of runs. %s", what, then)


def _time_text(time_ns: int) -> str:
    return (_EPOCH + timedelta(microseconds=time_ns // 1000)).isoformat(timespec="microseconds")


def _dotted(place: ProfilePlace, run_id: str) -> str:
    """A run's part of a dotted order: its start to the microsecond, and its id."""
    return f"{_EPOCH + timedelta(microseconds=place.started_ns // 1000):%Y%m%dT%H%M%S%fZ}{run_id}"
