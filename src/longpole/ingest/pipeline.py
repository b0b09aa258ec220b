"""From the spool to the store: one thread reads and recognises, one writes.

The reading thread takes bodies from the spool, decodes them again, and keeps the spans in a `TraceBook`. What the book
wants to be seen at once and what it wants to be durable goes through one queue to the writing thread, so that the
store sees changes in their order. With every durable batch goes the position before the oldest body of which something
is not stored yet: after a crash reading begins there, and the book recognises what it has seen before.
"""

import logging
import threading
import time
import traceback
from collections import deque
from collections.abc import Callable, Sequence
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from queue import Full, Queue

import msgspec
from msgspec import Struct

from longpole.ingest.agents_seen import AgentRoll
from longpole.ingest.assemble import Recogniser
from longpole.ingest.decode import decode_body
from longpole.ingest.facts import Facts
from longpole.ingest.heartbeats import Beat
from longpole.ingest.known_traces import KnownTrace, find_known_traces, find_unsettled
from longpole.ingest.limits import Decoded
from longpole.ingest.process_watch import CRASHED_AFTER_NS, ProcessWatch
from longpole.ingest.seen_traces import SeenTraces
from longpole.ingest.span import LogRecord
from longpole.ingest.spool import START, Accepted, Spool
from longpole.ingest.tail_sampling import TailSampling
from longpole.ingest.traces import Group, Limits, TraceBook
from longpole.model.batch import Batch, SpoolPosition
from longpole.model.clock import now_ns
from longpole.model.errors import StoreError
from longpole.model.event import AgentSeen, Body, Event
from longpole.store.engine import Engine

_log = logging.getLogger("longpole.pipeline")

READ_WAIT_S = 0.025
SAVE_EVERY_S = 0.2
RETRY_WAIT_S = 1.0
QUEUE_LENGTH = 8
CLOSE_TIMEOUT_S = 30.0
UNSETTLED_AT_START = 1000


class PipelineCounters(Struct):
    """What the pipeline has done since it was made."""

    bodies: int = 0
    spans: int = 0
    duplicates: int = 0
    replaced: int = 0
    logs: int = 0
    data_points: int = 0
    poisoned: int = 0
    failed_writes: int = 0
    dropped_writes: int = 0
    open_spans: int = 0
    crashed: int = 0
    sampled_out: int = 0


class _Write(Struct):
    """One thing for the writing thread to do."""

    batch: Batch
    groups: list[Group]
    done: threading.Event | None = None


class Pipeline:
    """The way of accepted bodies into the store. `start` it once; the other methods may be called from any thread."""

    def __init__(
        self,
        engine: Engine,
        spool: Spool,
        *,
        dead_letters: Path,
        limits: Limits | None = None,
        now: Callable[[], int] = now_ns,
        recogniser: Recogniser | None = None,
        sampling: TailSampling | None = None,
        crashed_after_ns: int = CRASHED_AFTER_NS,
        decode: Callable[[Accepted], Decoded] = decode_body,
    ) -> None:
        """A pipeline that reads on where the store says that it stopped.

        Args:
            engine: the store; its schema must be there.
            spool: where the bodies are.
            dead_letters: a folder for bodies that could not be read and rows that could not be written.
            limits: the waits and sizes of the book of traces.
            now: the time in nanoseconds since 1970.
            recogniser: makes facts of spans; one with the default redaction and prices if not given.
            sampling: decides which settled executions are kept; without it all are.
            crashed_after_ns: so long nothing may be heard of a process until what it left open is called crashed.
            decode: makes spans of a body.
        """
        self.counters = PipelineCounters()
        self._engine = engine
        self._spool = spool
        self._dead_letters = dead_letters
        self._limits = limits or Limits()
        self._now = now
        self._recogniser = recogniser or Recogniser()
        self._decode = decode
        self._book = TraceBook(self._find_known, self._limits, bury=self._bury, sampling=sampling)
        self._processes = ProcessWatch(
            engine, self._book, crashed_after_ns=crashed_after_ns, ended_after_ns=self._limits.settle_after_ns
        )
        self._heard_ns = 0  # when the last body that was read had come
        self._agents = AgentRoll()
        self._seen = SeenTraces()
        self._read_position = self._stored_position = stored_position(engine)
        self._starts: deque[tuple[int, SpoolPosition]] = deque()  # of the bodies that may be unsaved
        self._queued_position = self._read_position
        self._writes: Queue[_Write | None] = Queue(QUEUE_LENGTH)
        self._written: deque[list[Group]] = deque()
        self._drains: deque[threading.Event] = deque()
        self._closing = threading.Event()
        self._next_save_s = 0.0
        self._lister = threading.Thread(target=self._load_seen, name="longpole-seen", daemon=True)
        self._reader = threading.Thread(target=self._read, name="longpole-read", daemon=True)
        self._writer = threading.Thread(target=self._write, name="longpole-write", daemon=True)

    def start(self) -> None:
        """Begin to read and to write."""
        for thread in (self._writer, self._reader, self._lister):
            thread.start()

    @property
    def position(self) -> SpoolPosition:
        """How far the spool has been read; what lies behind it waits (`Spool.unread_bytes`)."""
        return self._read_position

    @property
    def stored(self) -> SpoolPosition:
        """How far everything is durable in the store."""
        return self._stored_position

    def drain(self, timeout_s: float) -> bool:
        """Store durably everything that the spool held when this was called; whether that was done in time.

        Executions that still run are written as they are.
        """
        done = threading.Event()
        self._drains.append(done)
        return done.wait(timeout_s)

    def close(self, timeout_s: float = CLOSE_TIMEOUT_S) -> bool:
        """Drain, then stop both threads; whether everything was stored. What was not is read again after a restart."""
        is_drained = self.drain(timeout_s) if self._reader.is_alive() else False
        self._closing.set()
        for thread in (self._lister, self._reader, self._writer):
            if thread.is_alive():
                thread.join(timeout_s)
        return is_drained

    # The reading thread

    def _read(self) -> None:
        self._resume()
        while not self._closing.is_set():
            try:
                self._read_once()
            except Exception:
                # Nothing is lost by going on: what was not saved is still in the spool.
                _log.exception("reading the spool failed; trying again in %s s", RETRY_WAIT_S)
                self._closing.wait(RETRY_WAIT_S)
        self._put(None)

    def _resume(self) -> None:
        """Take up the traces that were stored unsettled when the server stopped."""
        try:
            for workspace, traces in find_unsettled(self._engine, limit=UNSETTLED_AT_START).items():
                for known in traces:
                    self._book.restore(workspace, known, now_ns=self._now())
            self._processes.resume(self._now())
        except Exception:  # they stay as they are until more of them comes
            _log.exception("the traces that had not settled could not be read")

    def _read_once(self) -> None:
        began = time.monotonic()
        bodies = self._spool.read(self._read_position, timeout_s=READ_WAIT_S)
        for accepted in bodies:
            self._take(accepted)
        while self._written:
            self._book.saved(self._written.popleft())
        self._judge_processes()
        self._publish()
        self._count()
        self._save(self._drains.popleft() if self._drains and self._is_read() else None)
        if not bodies and (rest := READ_WAIT_S - (time.monotonic() - began)) > 0:
            self._closing.wait(rest)  # a closed spool answers at once

    def _count(self) -> None:
        counters, seen = self.counters, self._book.counters
        counters.spans, counters.duplicates, counters.replaced = seen.spans, seen.duplicates, seen.replaced
        counters.open_spans = self._book.span_count
        counters.crashed, counters.sampled_out = self._processes.crashed, seen.sampled_out

    def _is_read(self) -> bool:
        return self._spool.unread_bytes(self._read_position) == 0

    def _take(self, accepted: Accepted) -> None:
        """Bring one body into the book. Whatever is wrong with it, the next one is read."""
        self.counters.bodies += 1
        number = self.counters.bodies
        self._starts.append((number, self._read_position))
        try:
            self._add(accepted, number)
        except _StoreSilentError:
            self.counters.bodies -= 1
            self._starts.pop()
            raise
        except Exception as error:
            self.counters.poisoned += 1
            _log.exception("a body of %d bytes could not be taken; kept in %s", len(accepted.body), self._dead_letters)
            self._bury(f"body-{accepted.position_after.segment}-{accepted.position_after.offset}", accepted.body, error)
        self._read_position = accepted.position_after

    def _add(self, accepted: Accepted, number: int) -> None:
        decoded = self._decode(accepted)
        self.counters.data_points += decoded.data_points
        self.counters.logs += len(decoded.logs)
        self._heard_ns = max(self._heard_ns, accepted.received_ns)
        spans: list[tuple[Facts, Body | None]] = [self._recogniser.span(span) for span in decoded.spans]
        self._hear([facts for facts, _ in spans], accepted.received_ns, number)
        events: list[Event] = []
        for record in decoded.logs:
            self._add_log(record, events, accepted.received_ns, number)
        if spans or events:
            self._book.add(spans, events, number=number, now_ns=self._now())

    def _add_log(self, record: LogRecord, events: list[Event], heard_ns: int, number: int) -> None:
        told = self._recogniser.log(record)
        if isinstance(told, Beat):
            self._processes.beat(told, heard_ns=heard_ns, number=number)
            return
        if (process := self._recogniser.process_of(record.source)) is not None:
            self._processes.hear(record.workspace, process, told_ns=record.time_ns, heard_ns=heard_ns, number=number)
        if isinstance(told, AgentSeen):
            self._agents.register(told)
        elif told is not None:
            events.append(told)

    def _hear(self, spans: Sequence[Facts], heard_ns: int, number: int) -> None:
        """Tell the watch of the processes that spans came from; neighbours mostly share theirs."""
        for (workspace, process), group in groupby(spans, _process_of):
            if process is None:
                continue
            told_ns, has_open = 0, False
            for facts in group:
                time_ns = facts.ended_ns
                if time_ns is None:
                    time_ns, has_open = facts.started_ns, True
                told_ns = max(told_ns, time_ns)
            self._processes.hear(
                workspace, process, told_ns=told_ns, heard_ns=heard_ns, number=number, has_open=has_open
            )

    def _judge_processes(self) -> None:
        """Look for processes that fell silent. What waits unread is not silence: then only what was read counts."""
        now = self._now()
        if self._processes.is_due(now):
            self._processes.judge(now if self._is_read() else self._heard_ns, number=self.counters.bodies)

    def _find_known(self, workspace: str, trace_ids: Sequence[str]) -> list[KnownTrace]:
        trace_ids = [trace_id for trace_id in trace_ids if self._seen.may_have(trace_id)]
        if not trace_ids:
            return []
        try:
            return find_known_traces(self._engine, workspace, trace_ids, limit=self._limits.group_traces)
        except Exception as error:
            raise _StoreSilentError(
                f"The store did not say which of {len(trace_ids)} traces it knows: {error}. "
                "Expected an answer. The body waits in the spool and is tried again."
            ) from error

    def _publish(self) -> None:
        batch = self._book.publish(self._now())
        if batch is not None:
            try:
                self._engine.write(batch, fresh=True)
            except Exception:  # the durable write will show them
                self.counters.failed_writes += 1
                _log.exception("publishing %d steps failed", len(batch.steps))

    def _save(self, drain: threading.Event | None) -> None:
        """Queue what is to be durable, with the position up to which everything then is."""
        now_s = time.monotonic()
        if drain is None and now_s < self._next_save_s:
            return
        self._next_save_s = now_s + SAVE_EVERY_S
        saved = self._book.save(self._now(), everything=drain is not None)
        batch, groups = saved or (Batch(), [])
        self._agents.note(batch.executions)
        self._note_seen(batch)
        batch.agents.extend(self._agents.take())
        batch.processes.extend(self._processes.take(self._now()))
        position = self._safe_position()
        is_news = position != self._queued_position or batch.agents or batch.processes or batch.executions
        if not (is_news or groups or drain):
            return
        batch.position = self._queued_position = position
        self._put(_Write(batch, groups, drain))

    def _note_seen(self, batch: Batch) -> None:
        seen: set[str | None] = set()
        for row in (*batch.executions, *batch.steps):
            seen.add(row.trace_id)
            seen.add(row.link_trace_id)
        for trace_id in seen:
            if trace_id is not None:
                self._seen.add(trace_id)

    def _load_seen(self) -> None:
        try:
            self._seen.load(self._engine)
        except Exception:  # the store is asked about every trace then, which is slower and as right
            _log.exception("the stored traces could not be listed")

    def _safe_position(self) -> SpoolPosition:
        """The position before the oldest body of which something is not in a saved batch."""
        oldest = self._book.oldest_unsaved()
        while self._starts and (oldest is None or self._starts[0][0] < oldest):
            self._starts.popleft()
        return self._starts[0][1] if self._starts else self._read_position

    def _put(self, write: _Write | None) -> None:
        """Queue for the writing thread; while the queue is full, the spool grows instead of the memory."""
        while True:
            try:
                self._writes.put(write, timeout=RETRY_WAIT_S)
                return
            except Full:
                if self._closing.is_set() and not self._writer.is_alive():
                    return

    # The writing thread

    def _write(self) -> None:
        while (write := self._writes.get()) is not None:
            if not self._store(write.batch):
                return  # closing: what was queued behind it must not be stored with a later position
            self._advance(write.batch.position)
            self._written.append(write.groups)
            if write.done is not None:
                write.done.set()

    def _advance(self, position: SpoolPosition | None) -> None:
        if position is not None and position != self._stored_position:
            self._stored_position = position
            self._spool.forget(position)

    def _store(self, batch: Batch) -> bool:
        """Write a batch, again and again; whether it is stored. Rows that no database takes are put aside."""
        while True:
            try:
                self._engine.write(batch)
                return True
            except Exception as error:
                self.counters.failed_writes += 1
                _log.exception("writing %d steps failed", len(batch.steps))
                if _is_unwritable(error):
                    return self._store_parts(batch, error)
            if self._closing.wait(RETRY_WAIT_S):
                return False

    def _store_parts(self, batch: Batch, error: Exception) -> bool:
        """Write a batch trace by trace, so that one bad row takes only its own trace with it."""
        parts = split_by_trace(batch)
        if len(parts) <= 1:
            self.counters.dropped_writes += 1
            self._bury(f"rows-{self.counters.dropped_writes}-{self._now()}", msgspec.json.encode(batch), error)
            return True
        if not all(self._store(part) for part in parts):
            return False
        return self._store(Batch(agents=batch.agents, processes=batch.processes, position=batch.position))

    def _bury(self, name: str, content: bytes, error: Exception) -> None:
        """Keep what could not be taken, with the reason, for somebody to look at."""
        try:
            self._dead_letters.mkdir(parents=True, exist_ok=True)
            (self._dead_letters / f"{name}.bin").write_bytes(content)
            reason = "".join(traceback.format_exception(error))
            (self._dead_letters / f"{name}.txt").write_text(reason, encoding="utf-8", errors="replace")
        except OSError:
            _log.exception("%s could not be kept in %s", name, self._dead_letters)


_process_of = attrgetter("workspace", "process")


class _StoreSilentError(StoreError):
    """The store could not be asked; what waits for its answer is tried again."""


# A value that no column takes fails each time; everything else (a full disk, a lock) may pass. The names are those of
# the databases' own exceptions.
_UNWRITABLE = {"ConversionException", "ConstraintException", "InvalidInputException", "OutOfRangeException"}


def _is_unwritable(error: Exception) -> bool:
    return isinstance(error, ValueError | TypeError | OverflowError) or type(error).__name__ in _UNWRITABLE


def stored_position(engine: Engine) -> SpoolPosition:
    """Up to where the spool is stored, or its start."""
    rows = engine.rows("spool_position", {"server": engine.server})
    return SpoolPosition(segment=rows[0]["segment"], offset=rows[0]["offset"]) if rows else START


def split_by_trace(batch: Batch) -> list[Batch]:
    """The batch as one batch per trace, without position, agents and processes."""
    parts: dict[tuple[str, str], Batch] = {}

    def part(workspace: str, trace_id: str) -> Batch:
        return parts.setdefault((workspace, trace_id), Batch())

    for pair in batch.replace:
        part(*pair).replace.append(pair)
    for pair in batch.forget:
        part(*pair).forget.append(pair)
    traces: dict[str | None, str] = {}
    for execution in batch.executions:
        part(execution.workspace, execution.trace_id).executions.append(execution)
        traces[execution.execution_id] = execution.trace_id
    for step in batch.steps:
        part(step.workspace, step.trace_id).steps.append(step)
    for event in batch.events:
        part(event.workspace, event.trace_id).events.append(event)
    for decision in batch.decisions:
        part(decision.workspace, decision.trace_id).decisions.append(decision)
    for body in batch.bodies:
        part(body.workspace, body.trace_id).bodies.append(body)
    for score in batch.scores:
        part(score.workspace, score.trace_id).scores.append(score)
    for finding in batch.findings:
        part(finding.workspace, traces.get(finding.execution_id, "")).findings.append(finding)
    return list(parts.values())
