"""Fresh rows on their way to a database that several servers share: gathered, so that they are written seldom.

A trace is published again and again while it grows. What is published while an earlier state waits takes its place, and
a trace that is stored durably takes what waits of it along. So most states are never written at all.
"""

import logging
from collections.abc import Callable, Collection, Generator
from contextlib import contextmanager
from threading import Condition, Lock, Thread

from longpole.model.batch import Batch
from longpole.store.engines.fresh import TraceRows, join_rows, rows_by_trace
from longpole.store.tables import MERGED_TABLES, Pair

_log = logging.getLogger(__name__)


class PendingRows:
    """Gathers fresh batches and hands them to `flush` at most every `every_s` seconds, or when asked to.

    A trace that is being stored durably is not handed out meanwhile: its later state would be taken for the earlier
    one. Safe across threads. What `flush` raises when nobody has asked is logged; the next durable write tells it all.
    """

    def __init__(self, flush: Callable[[Batch], None], *, every_s: float) -> None:
        self._flush_batch = flush
        self._every_s = every_s
        self._traces: dict[Pair, TraceRows] = {}
        self._replace: set[Pair] = set()
        self._loose: list[Batch] = []
        self._storing: set[Pair] = set()
        self._handed_out: set[str] | None = None  # the trace ids of what is being written
        self._flushing = Lock()
        self._changed = Condition()
        self._is_closing = False
        self._thread = Thread(target=self._run, name="longpole-publish", daemon=True)
        self._thread.start()

    def add(self, batch: Batch) -> None:
        """Gather a batch."""
        traces = rows_by_trace(batch)
        with self._changed:
            for pair, rows in traces.items():
                self._traces[pair] = join_rows(self._traces.get(pair), rows)
            self._replace.update(batch.replace)
            if any(getattr(batch, name) for name in MERGED_TABLES):
                self._loose.append(Batch(agents=batch.agents, findings=batch.findings, processes=batch.processes))
            self._changed.notify()

    @contextmanager
    def storing(self, pairs: set[Pair]) -> Generator[None]:
        """While these traces are stored durably: what waits of them is dropped, what comes of them waits."""
        with self._flushing, self._changed:
            for pair in pairs:
                self._traces.pop(pair, None)
                self._replace.discard(pair)
            self._storing |= pairs
        try:
            yield
        finally:
            with self._changed:
                self._storing -= pairs
                self._changed.notify()

    def flush(self, trace_ids: Collection[str] | None = None) -> None:
        """Hand out what waits, unless there is nothing, or nothing of the given traces; afterwards it is written.

        What another thread is handing out is waited for. Ingest asks for every body about traces that it does not hold,
        which is no reason to write those that it does.
        """
        if not (self._has_any() if trace_ids is None else self._has_of(trace_ids)):
            return
        with self._flushing:
            batch = self._take()
            try:
                if batch is not None:
                    self._flush_batch(batch)
            finally:
                with self._changed:
                    self._handed_out = None

    def close(self) -> None:
        """End the thread. What waits is not handed out: whoever closes a store has stored everything durably."""
        with self._changed:
            self._is_closing = True
            self._changed.notify()
        self._thread.join()

    def _has_any(self) -> bool:
        with self._changed:
            waits = self._loose or self._traces.keys() - self._storing or self._replace - self._storing
            return bool(waits) or self._handed_out is not None

    def _has_of(self, trace_ids: Collection[str]) -> bool:
        asked = set(trace_ids)
        with self._changed:
            waits = any(pair[1] in asked for pairs in (self._traces, self._replace) for pair in pairs)
            return waits or not asked.isdisjoint(self._handed_out or ())

    def _take(self) -> Batch | None:
        with self._changed:
            pairs = self._traces.keys() - self._storing
            replaced = self._replace - self._storing
            if not (pairs or replaced or self._loose):
                return None
            batch = Batch(replace=sorted(replaced))
            self._handed_out = {trace_id for _, trace_id in pairs | replaced}
            self._replace -= replaced
            for pair in sorted(pairs):
                for name, rows in self._traces.pop(pair).items():
                    getattr(batch, name).extend(rows)
            for loose in self._loose:
                for name in MERGED_TABLES:
                    getattr(batch, name).extend(getattr(loose, name))
            self._loose = []
            return batch

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._is_closing or self._has_any())
                self._changed.wait_for(lambda: self._is_closing, self._every_s)
                if self._is_closing:
                    return
            try:
                self.flush()
            except Exception:
                _log.exception("publishing failed; what was published is seen once it is stored")
