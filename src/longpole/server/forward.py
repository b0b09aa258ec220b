"""Forwards settled executions to another OTLP collector, whole and selected: it never waits for the collector.

What has settled is heard from the pipeline and put into a queue of names; the spans are read from the store when their
turn has come. While the collector is away the queue grows to its bound, and is kept in a file, so that a restart loses
nothing of it.
"""

import logging
import threading
from collections import OrderedDict, deque
from collections.abc import Callable
from hashlib import blake2b
from pathlib import Path

import msgspec
from msgspec import Struct

from longpole.ingest.outage import Outage, Trouble
from longpole.model.batch import Batch
from longpole.model.clock import now_ns
from longpole.model.execution import Execution
from longpole.reports.export.otlp_spans import SpanGroup, groups_under_root
from longpole.server.forward_send import Collector, Refused, Unreachable, logs_request, traces_requests
from longpole.store.engine import Engine

FIRST_BACK_OFF_S = 1.0
LONGEST_BACK_OFF_S = 60.0
STORED_AFTER_NS = 500_000_000
"""What settles is told before it is stored: so much later it is read."""

LOOK_EVERY_S = 0.5
MOST_HEARD = 10_000
MOST_REMEMBERED = 20_000
WAITING_FILE = "forward.json"

_log = logging.getLogger("longpole.forward")


class Selection(Struct, frozen=True, kw_only=True):
    """Which executions are forwarded, by the one at the top of the tree; an empty set is all."""

    agents: frozenset[str] = frozenset()
    environments: frozenset[str] = frozenset()
    statuses: frozenset[str] = frozenset()
    min_duration_ns: int = 0
    share: float = 1.0

    def has(self, top: Execution) -> bool:
        """Whether it is one of them. The share is drawn by the trace's id: all servers draw the same."""
        return (
            (not self.agents or top.agent in self.agents)
            and (not self.environments or (top.environment or "") in self.environments)
            and (not self.statuses or top.status in self.statuses)
            and (top.duration_ns or 0) >= self.min_duration_ns
            and (self.share >= 1 or _draw(top.trace_id) < self.share)
        )


class ForwardCounts(Struct):
    """Since the server started: executions by what became of them, and spans that were sent. `waiting` is now."""

    sent: int = 0
    dropped: int = 0
    refused: int = 0
    spans: int = 0
    failures: int = 0
    waiting: int = 0


class _Waiting(Struct, array_like=True):
    workspace: str
    root_execution_id: str
    due_ns: int


class Forwarder:
    """Takes what has settled and sends it on. `start` it once; the other methods may be called from any thread.

    Args:
        store: where the spans are.
        collector: where they go.
        selection: which of them go.
        limit: executions that may wait; beyond it the oldest are dropped and counted.
        folder: where the queue is kept while the collector is away.
        now: the time in nanoseconds since 1970.
    """

    def __init__(
        self,
        store: Engine,
        collector: Collector,
        selection: Selection,
        *,
        limit: int,
        folder: Path,
        now: Callable[[], int] = now_ns,
    ) -> None:
        self._store = store
        self._collector = collector
        self._selection = selection
        self._limit = limit
        self._file = folder / WAITING_FILE
        self._now = now
        self._counts = ForwardCounts()
        self._heard: deque[tuple[str, str]] = deque()
        self._waiting: OrderedDict[tuple[str, str], int] = OrderedDict()
        self._sent_until: OrderedDict[tuple[str, str], int] = OrderedDict()
        self._kept = b""
        self._bell = threading.Event()
        self._closing = threading.Event()
        self._outage = Outage("The collector takes nothing", _log, now)
        self._thread = threading.Thread(target=self._run, name="longpole-forward", daemon=True)

    def start(self) -> None:
        """Begin with what an earlier server left."""
        self._load()
        self._thread.start()

    def close(self, timeout_s: float = 1.0) -> None:
        """Send no more; what waits is kept for the next start."""
        self._closing.set()
        self._bell.set()
        if self._thread.is_alive():
            self._thread.join(timeout_s)

    def hear(self, batch: Batch) -> None:
        """Take what has settled in a batch. Returns at once, never raises."""
        for row in batch.executions:
            if row.settled_ns is None or row.execution_id != row.root_execution_id or not self._selection.has(row):
                continue
            if len(self._heard) >= MOST_HEARD:  # the thread is behind, as when the store does not answer
                self._heard.popleft()
                self._counts.dropped += 1
            self._heard.append((row.workspace, row.root_execution_id))

    def counts(self) -> ForwardCounts:
        """What was done, and what waits."""
        self._counts.waiting = len(self._waiting) + len(self._heard)
        return self._counts

    @property
    def trouble(self) -> Trouble | None:
        """Why nothing can be sent, and since when; nothing if it can."""
        return self._outage.trouble

    # The forwarder's thread

    def _run(self) -> None:
        back_off_s = 0.0
        while not self._closing.is_set():
            self._bell.wait(back_off_s or LOOK_EVERY_S)
            self._bell.clear()
            self._take_heard()
            try:
                self._send_due()
                back_off_s = 0.0
            except Unreachable as error:
                back_off_s = error.retry_after_s or min(max(FIRST_BACK_OFF_S, back_off_s * 2), LONGEST_BACK_OFF_S)
                self._failed(error)
            except Exception as error:  # a store that is away, too: what waits goes on waiting
                back_off_s = min(max(FIRST_BACK_OFF_S, back_off_s * 2), LONGEST_BACK_OFF_S)
                self._failed(error)
            self._keep()
        self._take_heard()
        self._keep()
        self._collector.close()

    def _failed(self, error: Exception) -> None:
        self._counts.failures += 1
        self._outage.failed(error)

    def _take_heard(self) -> None:
        due_ns = self._now() + STORED_AFTER_NS
        while self._heard:
            self._waiting[self._heard.popleft()] = due_ns
        while len(self._waiting) > self._limit:
            self._waiting.popitem(last=False)
            self._counts.dropped += 1

    def _send_due(self) -> None:
        while self._waiting and not self._closing.is_set():
            key, due_ns = next(iter(self._waiting.items()))
            if due_ns > self._now():
                return
            self._send(key)
            del self._waiting[key]
            self._take_heard()

    def _send(self, key: tuple[str, str]) -> None:
        """Send a tree, of one that was sent before what has come since.

        Raises:
            Unreachable: the collector is away or busy.
        """
        after_ns = self._sent_until.get(key, 0)
        until_ns = self._now()
        groups = groups_under_root(self._store, *key, after_ns=after_ns, share=self._selection.share)
        spans = sum(len(group.spans) for group in groups)
        if not spans:
            return
        try:
            self._post(groups)
        except Refused as error:
            self._counts.refused += 1
            self._outage.failed(error)
            return
        self._outage.worked()
        self._counts.spans += spans
        self._counts.sent += not after_ns
        self._sent_until[key] = until_ns
        self._sent_until.move_to_end(key)
        while len(self._sent_until) > MOST_REMEMBERED:
            self._sent_until.popitem(last=False)

    def _post(self, groups: list[SpanGroup]) -> None:
        for request in traces_requests(groups):
            self._collector.post("/v1/traces", request)
        if (logs := logs_request(groups)) is not None:
            self._collector.post("/v1/logs", logs)

    def _keep(self) -> None:
        """Write down what waits, if that is something else than what is written."""
        content = msgspec.json.encode([_Waiting(*key, due_ns) for key, due_ns in self._waiting.items()])
        if content == self._kept or (content == b"[]" and not self._kept):
            return
        try:
            draft = self._file.with_suffix(".tmp")
            draft.write_bytes(content)
            draft.replace(self._file)
            self._kept = content
        except OSError as error:
            _log.warning("what waits to be forwarded cannot be written to %s: %s", self._file, error)

    def _load(self) -> None:
        try:
            self._kept = self._file.read_bytes()
            found = msgspec.json.decode(self._kept, type=list[_Waiting])
        except (OSError, msgspec.MsgspecError):
            return
        self._waiting.update({(one.workspace, one.root_execution_id): one.due_ns for one in found})


def _draw(trace_id: str) -> float:
    """A number from 0 up to 1 that is always the same for a trace."""
    return int.from_bytes(blake2b(trace_id.encode(), digest_size=6).digest(), "big") / 2**48
