"""From the spool to the store: one thread reads and recognises, one writes.

The reading thread takes bodies from the spool, decodes them again, and keeps the spans in a `TraceBook`. What the book
wants to be seen at once and what it wants to be durable goes through one queue to the writing thread, so that the
store sees changes in their order. With every durable batch goes the position before the oldest body of which something
is not stored yet: after a crash reading begins there, and the book recognises what it has seen before.
"""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, wait
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from typing import TypeVar

from msgspec import Struct

from longpole.ingest.activity import ActivityCount
from longpole.ingest.agents_seen import AgentRoll
from longpole.ingest.assemble import Recogniser, link_of
from longpole.ingest.batch_parts import missing_rows
from longpole.ingest.dead_letters import DeadLetters, LetterFolder, Outcome, batch_of, incoming_of, spans_of
from longpole.ingest.decode import decode_body
from longpole.ingest.facts import Facts
from longpole.ingest.heartbeats import Beat
from longpole.ingest.known_traces import KnownTrace, find_known_traces, find_unsettled
from longpole.ingest.limits import Decoded
from longpole.ingest.noise import Noise, RuleCount, Taken, Told
from longpole.ingest.open_trace import Key
from longpole.ingest.outage import Outage, Trouble
from longpole.ingest.pace import Pace
from longpole.ingest.process_watch import CRASHED_AFTER_NS, ProcessWatch
from longpole.ingest.reunite import StoredSpan, find_stored_spans
from longpole.ingest.seen_traces import SeenTraces
from longpole.ingest.settle import build_rows
from longpole.ingest.span import LogRecord, Span
from longpole.ingest.spool import START, Accepted, Damaged, Spool
from longpole.ingest.tail_sampling import TailSampling
from longpole.ingest.traces import Limits, TraceBook
from longpole.ingest.writer import RETRY_WAIT_S, Write, Writer
from longpole.model.batch import Batch, SpoolPosition
from longpole.model.clock import now_ns
from longpole.model.errors import InvalidInput, StoreError
from longpole.model.event import AgentSeen, Event
from longpole.model.intake import DeadLetter, LetterKind
from longpole.store.engine import Engine

_log = logging.getLogger("longpole.pipeline")

READ_WAIT_S = 0.025
# Saving again waits so long: each transaction costs 25 ms of processor time, however few rows it has. While nothing is
# there to save, it is looked for every `LOOK_EVERY_S`. What waits is shown from memory, and safe in the spool.
LOOK_EVERY_S = 0.2
SAVE_EVERY_S = 0.5
# While so many spans a second come it waits longer, to save more at a time: a transaction that fills groups of rows
# goes past the log of DuckDB (`store.engines.duckdb`). See docs/decisions/0029. Fewer are not gathered: to write 6,000
# keeps live steps waiting for 0.2 s.
MANY_SPANS_PER_S = 1_500
PACE_OVER_S = 2.0
ENOUGH_SPANS = 20_480
ENOUGH_BYTES = 16 * 1024 * 1024  # of the bodies that were read since; spans with long inputs would fill the memory
SAVE_AT_LEAST_EVERY_S = 6.0
CLOCK_STEP_NS = 1_000_000_000
"""From so much on a clock is called set back; less is waited for."""
CLOSE_TIMEOUT_S = 30.0
_DRAIN_SHARE = 0.75  # of the time to close; what is left is for the threads to end
UNSETTLED_AT_START = 1000
LINKED_AT_ONCE = 1000
LETTERS_AT_START = 10_000


Answer = TypeVar("Answer")


class PipelineCounters(Struct):
    """What the pipeline has done since it was made."""

    bodies: int = 0
    spans: int = 0
    duplicates: int = 0
    replaced: int = 0
    logs: int = 0
    data_points: int = 0
    poisoned: int = 0
    damaged_bytes: int = 0
    failed_writes: int = 0
    dropped_writes: int = 0
    open_spans: int = 0
    crashed: int = 0
    sampled_out: int = 0


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
        told: Callable[[Batch], None] | None = None,
        noise: Noise | None = None,
        activity: ActivityCount | None = None,
    ) -> None:
        """A pipeline that reads on where the store says that it stopped.

        Args:
            engine: the store; its schema must be there.
            spool: where the bodies are.
            dead_letters: a folder for dead letters that the store refuses.
            limits: the waits and sizes of the book of traces.
            now: the time in nanoseconds since 1970.
            recogniser: makes facts of spans; one with the default redaction and prices if not given.
            sampling: decides which settled executions are kept; without it all are.
            crashed_after_ns: so long nothing may be heard of a process until what it left open is called crashed.
            decode: makes spans of a body.
            told: called with every batch that was published or is about to be saved; returns at once, never raises.
            noise: takes steps away that are not worth a row; without it all are stored.
            activity: counts what settles.
        """
        self._counters, self._failed_publishes = PipelineCounters(), 0
        self._engine, self._spool = engine, spool
        self._limits = limits or Limits()
        self._now, self._decode, self._told, self._noise = now, decode, told, noise
        self._recogniser = recogniser or Recogniser()
        self._letters = DeadLetters(engine.server, now)
        self._book = self._open_book(sampling, activity)
        self._heard_ns = self._clock_ns = 0  # when the last body that was read had come; the time at the last look
        self._agents, self._seen = AgentRoll(), SeenTraces()
        self._read_position = self._stored_position = self._queued_position = stored_position(engine)
        self._starts: deque[tuple[int, SpoolPosition]] = deque()  # of the bodies that may be unsaved
        self._drains, self._deletions = deque[threading.Event](), deque[Write]()
        self._rewrites: deque[tuple[Write, Future[None]]] = deque()
        self._closing = threading.Event()
        self._publishing = Outage("What has just come cannot be shown before it is stored", _log)
        self._outage = Outage("The store answers no questions; the spool holds what comes", _log, now)
        settled_ns = self._limits.settle_after_ns
        self._processes = ProcessWatch(
            engine, self._book, self._outage, crashed_after_ns=crashed_after_ns, ended_after_ns=settled_ns
        )
        self._writer = Writer(engine, self._letters, LetterFolder(dead_letters), self._closing, stored=self._advance)
        self._next_save_s = self._saved_s = 0.0
        self._gathered_bytes = 0  # read since it was saved
        self._pace = Pace(PACE_OVER_S)
        self._lister = threading.Thread(target=self._load_seen, name="longpole-seen", daemon=True)
        self._reader = threading.Thread(target=self._read, name="longpole-read", daemon=True)

    def _open_book(self, sampling: TailSampling | None, activity: ActivityCount | None) -> TraceBook:
        find_spans = self._find_spans if self._engine.is_shared else None
        return TraceBook(
            self._find_known,
            self._limits,
            bury=self._bury,
            sampling=sampling,
            find_spans=find_spans,
            activity=activity,
            publishes_in_memory=self._engine.publishes_in_memory,
        )

    def start(self) -> None:
        """Begin to read and to write."""
        self._writer.start()
        self._reader.start()
        self._lister.start()

    @property
    def counters(self) -> PipelineCounters:
        """What has been done so far."""
        self._counters.failed_writes = self._failed_publishes + self._writer.failed_writes
        self._counters.dropped_writes = self._writer.dropped_writes
        return self._counters

    @property
    def noise(self) -> dict[str, RuleCount]:
        """By rule against noise, the steps that it took away."""
        return {} if self._noise is None else self._noise.counts

    @property
    def position(self) -> SpoolPosition:
        """How far the spool has been read; what lies behind it waits (`Spool.unread_bytes`)."""
        return self._read_position

    @property
    def trouble(self) -> Trouble | None:
        """Why the store takes no writes or answers no questions, and since when; nothing if it does."""
        found = [trouble for trouble in (self._writer.outage.trouble, self._outage.trouble) if trouble is not None]
        return min(found, key=lambda trouble: trouble.since_ns, default=None)

    @property
    def queued_writes(self) -> int:
        """How many batches wait to be written."""
        return self._writer.queued

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
        """Drain, then stop all threads, within so many seconds in all; whether everything was stored.

        What was not is read again after a restart.
        """
        end = time.monotonic() + timeout_s
        is_drained = self.drain(timeout_s * _DRAIN_SHARE) if self._reader.is_alive() else False
        self._closing.set()
        for thread in (self._lister, self._reader):
            if thread.is_alive():
                thread.join(max(0.0, end - time.monotonic()))
        self._writer.join(max(0.0, end - time.monotonic()))
        return is_drained

    def write(self, batch: Batch, timeout_s: float = CLOSE_TIMEOUT_S) -> None:
        """Store a batch on the writing thread, once; what the store raises is raised here.

        Raises:
            StoreError: it was not done in time; it may still be done.
        """
        answer: Future[None] = Future()
        self._writer.put(Write(batch, [], answer=answer))
        _wait_for(answer, timeout_s)

    def rewrite(self, make: Callable[[], Batch], timeout_s: float = CLOSE_TIMEOUT_S) -> None:
        """Store what `make` gives, called on the writing thread after everything that has come is stored.

        Nothing else of this server is read or stored meanwhile, and the book holds no settled trace afterwards: it
        would store it once more as it was.

        Raises:
            StoreError: it was not done in time; it may still be done.
        """
        answer: Future[None] = Future()
        self._rewrites.append((Write(Batch(), [], answer=answer, make=make), answer))
        _wait_for(answer, timeout_s)

    def delete(self, batch: Batch, timeout_s: float = CLOSE_TIMEOUT_S) -> None:
        """Store a batch that forgets traces, after everything that is on its way of them, and let go of them here.

        What they send afterwards begins anew: an execution without what it told before.

        Raises:
            StoreError: it was not done in time; it may still be done.
        """
        answer: Future[None] = Future()
        self._deletions.append(Write(batch, [], answer=answer))
        _wait_for(answer, timeout_s)

    def empty_spool(self, timeout_s: float = CLOSE_TIMEOUT_S) -> bool:
        """Store everything that the spool holds now, and delete it there; whether that was done in time."""
        self._spool.turn()
        is_drained = self.drain(timeout_s)
        self._spool.forget(self._stored_position)
        return is_drained

    def retry(self, letter: DeadLetter) -> Outcome:
        """Try a dead letter again: a body through the spool, rows and spans on the writing thread.

        Rows of spans that were stored since are left out. The letter goes when it succeeded; else it has one attempt
        more. The future says which, once it is durable.

        Raises:
            InvalidInput: it holds damaged bytes that nothing can read.
            SpoolFull: the spool takes no body now.
        """
        outcome = self._letters.expect(letter)
        try:
            if letter.kind == LetterKind.BODY:
                self._spool.append(incoming_of(letter)).result(CLOSE_TIMEOUT_S)
            else:
                self._writer.put(self._rows_again(letter))
        except BaseException:
            self._letters.give_up(letter)
            raise
        return outcome

    def _rows_again(self, letter: DeadLetter) -> Write:
        if letter.kind == LetterKind.DAMAGE:
            raise InvalidInput(
                f"The dead letter {letter.letter_id} holds {letter.size_bytes} damaged bytes of the spool. Expected a "
                "body, rows or spans. Look at it with 'longpole deadletter show', and drop it."
            )
        try:
            batch = batch_of(letter) if letter.kind == LetterKind.ROWS else self._rows_of(letter)
        except Exception as error:
            return Write(Batch(records=[self._letters.failed_again(letter, error)]), [])
        found = missing_rows(self._engine, batch)
        found.removed = [letter]
        return Write(found, [], retried=letter)

    def _rows_of(self, letter: DeadLetter) -> Batch:
        rows = build_rows(
            spans_of(letter), now_ns=self._now(), is_final=True, stray_events={}, thresholds=self._limits.thresholds
        )
        return Batch(
            executions=rows.executions,
            steps=rows.steps,
            events=rows.events,
            decisions=rows.decisions,
            scores=rows.scores,
            findings=rows.findings,
        )

    # The reading thread

    def _read(self) -> None:
        self._resume()
        while not self._closing.is_set():
            try:
                self._read_once()
            except _StoreSilentError as error:
                self._outage.failed(error)
                self._closing.wait(RETRY_WAIT_S)
            except Exception:
                # Nothing is lost by going on: what was not saved is still in the spool.
                _log.exception("reading the spool failed; trying again in %s s", RETRY_WAIT_S)
                self._closing.wait(RETRY_WAIT_S)
        self._writer.put(None)

    def _resume(self) -> None:
        """Take up the traces that were stored unsettled when the server stopped."""
        try:
            self._take_up()
        except Exception:  # they stay as they are until more of them comes
            _log.exception("the traces that had not settled could not be read")

    def _take_up(self) -> None:
        with self._outage.attempt():
            for workspace, traces in find_unsettled(self._engine, limit=UNSETTLED_AT_START).items():
                for known in traces:
                    self._book.restore(workspace, known, now_ns=self._now())
            self._processes.resume(self._now())
            asked = {"server": self._engine.server, "limit": LETTERS_AT_START}
            rows = self._engine.rows("dead_bodies", asked)
            self._letters.remember([DeadLetter(**row, content="") for row in rows])

    def _read_once(self) -> None:
        began = time.monotonic()
        self._follow_clock()
        bodies = self._spool.read(self._read_position, timeout_s=READ_WAIT_S)
        told = [self._decoded(item) for item in bodies]
        self._bring_back(told)
        for item, decoded in zip(bodies, told, strict=True):
            self._take(item, decoded)
        self._note_saved()
        self._judge_processes()
        self._publish()
        self._count()
        self._save(self._drains.popleft() if self._drains and self._is_read() else None)
        while self._deletions:
            deletion = self._deletions.popleft()
            self._book.drop(deletion.batch.forget)
            self._writer.put(deletion)
        while self._rewrites:
            self._rewrite(*self._rewrites.popleft())
        if not bodies and (rest := READ_WAIT_S - (time.monotonic() - began)) > 0:
            self._closing.wait(rest)  # a closed spool answers at once

    def _follow_clock(self) -> None:
        """Waits reckoned by a clock that was set back since would last until it is as late again."""
        now = self._now()
        if now < self._clock_ns - CLOCK_STEP_NS:
            _log.warning("the clock was set back by %.0f s", (self._clock_ns - now) / 1e9)
            self._heard_ns = min(self._heard_ns, now)
            self._book.set_back(now)
            self._processes.set_back(now)
        self._clock_ns = now

    def _note_saved(self) -> None:
        while self._writer.written:
            self._book.saved(self._writer.written.popleft())

    def _rewrite(self, write: Write, answer: "Future[None]") -> None:
        self._save(threading.Event())
        self._writer.put(write)
        while not (answer.done() or self._closing.is_set()):
            wait([answer], READ_WAIT_S)
        self._note_saved()

    def _count(self) -> None:
        counters, seen = self._counters, self._book.counters
        counters.spans, counters.duplicates, counters.replaced = seen.spans, seen.duplicates, seen.replaced
        counters.open_spans = self._book.span_count
        counters.crashed, counters.sampled_out = self._processes.crashed, seen.sampled_out

    def _is_read(self) -> bool:
        return self._spool.unread_bytes(self._read_position) == 0

    def _decoded(self, item: Accepted | Damaged) -> Decoded | Exception | None:
        """What is in a body, or why it cannot be read; nothing of damaged bytes."""
        if isinstance(item, Damaged):
            return None
        try:
            return self._decode(item)
        except Exception as error:
            return error

    def _bring_back(self, told: Sequence[Decoded | Exception | None]) -> None:
        """Ask the store about the traces of all these bodies at once: each question costs as much as many traces."""
        keys: dict[Key, None] = {}
        for decoded in told:
            if not isinstance(decoded, Decoded):
                continue
            for span in decoded.spans:
                keys[span.workspace, span.trace_id] = None
                if span.links and (link := link_of(span)) is not None:
                    keys[span.workspace, link.trace_id] = None
            for record in decoded.logs:
                if record.trace_id is not None:
                    keys[record.workspace, record.trace_id] = None
        self._book.bring_back(keys, self._now())

    def _take(self, item: Accepted | Damaged, decoded: Decoded | Exception | None) -> None:
        """Bring one body into the book. Whatever is wrong with it, the next one is read."""
        self._counters.bodies += 1
        number = self._counters.bodies
        self._starts.append((number, self._read_position))
        try:
            if isinstance(item, Damaged):
                self._counters.damaged_bytes += len(item.content)
                self._letters.bury_damaged(item)
            elif isinstance(decoded, Decoded):
                self._gathered_bytes += len(item.body)
                self._add(decoded, item.received_ns, number)
                self._letters.has_read(item)
            elif decoded is not None:
                raise decoded
        except _StoreSilentError:
            self._counters.bodies -= 1
            self._starts.pop()
            raise
        except Exception as error:
            if isinstance(item, Damaged):
                raise
            self._counters.poisoned += 1
            self._letters.bury_body(item, error)
        self._read_position = item.position_after

    def _bury(self, _name: str, content: bytes, error: Exception) -> None:
        self._letters.bury_spans(content, error)

    def _add(self, decoded: Decoded, received_ns: int, number: int) -> None:
        self._counters.data_points += decoded.data_points
        self._counters.logs += len(decoded.logs)
        self._heard_ns = max(self._heard_ns, received_ns)
        spans = self._recogniser.spans(decoded.spans)
        self._hear([facts for facts, _ in spans], received_ns, number)
        events: list[Event] = []
        for record in decoded.logs:
            self._add_log(record, events, received_ns, number)
        if self._noise is not None:
            self._add_sifted(self._noise, decoded.spans, spans, events, number)
        elif spans or events:
            self._book.add(spans, events, number=number, now_ns=self._now())

    def _add_sifted(
        self, noise: Noise, decoded: Sequence[Span], spans: list[Told], events: list[Event], number: int
    ) -> None:
        """As `book.add`, without what is noise. What the book has seen open is told its end, or it would stay open."""
        kept, taken = noise.sift(decoded, spans)
        gone: list[Taken] = []
        for one in taken:
            if self._book.has_open(one.told[0]):
                kept.append(one.told)
            else:
                gone.append(one)
        if kept or events:
            self._book.add(kept, events, number=number, now_ns=self._now())
        noise.note(gone)

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
            self._processes.judge(now if self._is_read() else self._heard_ns, number=self._counters.bodies)

    def _find_known(self, workspace: str, trace_ids: Sequence[str]) -> list[KnownTrace]:
        trace_ids = [trace_id for trace_id in trace_ids if self._seen.may_have(trace_id)]
        if not trace_ids:
            return []
        limit = min(self._limits.group_traces * len(trace_ids), LINKED_AT_ONCE)
        return self._answer(lambda: find_known_traces(self._engine, workspace, trace_ids, limit=limit))

    def _find_spans(self, workspace: str, trace_ids: Sequence[str]) -> list[StoredSpan]:
        return self._answer(lambda: find_stored_spans(self._engine, workspace, trace_ids))

    def _answer(self, question: Callable[[], list[Answer]]) -> list[Answer]:
        try:
            with self._outage.attempt():
                found = question()
        except Exception as error:
            raise _StoreSilentError(
                f"The store did not say what it knows of some traces: {error}. "
                "Expected an answer. What came of them waits in the spool and is tried again."
            ) from error
        self._outage.worked()
        return found

    def _publish(self) -> None:
        batch = self._book.publish(self._now())
        if batch is not None:
            self._agents.note(batch.executions)  # who asks why one did not fire must not hear that it does not exist
            batch.agents.extend(self._agents.news())
            try:
                with self._outage.attempt():  # on PostgreSQL it waits for locks, as every write
                    self._engine.write(batch, fresh=True)
            except Exception as error:  # the durable write will show them
                self._failed_publishes += 1
                self._publishing.failed(error)
            else:
                self._publishing.worked()
                if self._told is not None:
                    self._told(batch)

    def _save(self, drain: threading.Event | None) -> None:
        """Queue what is to be durable, with the position up to which everything then is."""
        now_s = time.monotonic()
        if drain is None and (now_s < self._next_save_s or self._is_gathering(now_s)):
            return
        self._next_save_s, self._saved_s, self._gathered_bytes = now_s + LOOK_EVERY_S, now_s, 0
        saved = self._book.save(self._now(), everything=drain is not None)
        batch, groups = saved or (Batch(), [])
        if self._told is not None and saved is not None:
            self._told(batch)
        self._agents.note(batch.executions)
        self._note_seen(batch)
        batch.agents.extend(self._agents.take())
        batch.processes.extend(self._processes.take(self._now()))
        letters, done = self._letters.take()
        batch.records, batch.removed = [*letters], [*done]
        position = self._safe_position()
        is_news = position != self._queued_position or batch != Batch()
        if not (is_news or groups or drain):
            return
        self._next_save_s = now_s + SAVE_EVERY_S
        batch.position = self._queued_position = position
        self._writer.put(Write(batch, groups, drain))

    def _is_gathering(self, now_s: float) -> bool:
        """Whether so much comes that it is better to save more of it at a time."""
        if self._pace.per_s(self._counters.spans, now_s) < MANY_SPANS_PER_S:
            return False
        if now_s - self._saved_s >= SAVE_AT_LEAST_EVERY_S or self._gathered_bytes >= ENOUGH_BYTES:
            return False
        self._next_save_s = now_s + LOOK_EVERY_S / 4
        return self._book.prepare_quiet(self._now()) < ENOUGH_SPANS

    def _note_seen(self, batch: Batch) -> None:
        seen: set[str | None] = set()
        for rows in (batch.executions, batch.steps):
            seen.update([row.trace_id for row in rows], [row.link_trace_id for row in rows])
        for trace_id in seen:
            if trace_id is not None:
                self._seen.add(trace_id)

    def _load_seen(self) -> None:
        if self._engine.is_shared:  # other servers add traces that nobody tells us of: the store is always asked
            return
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

    # The writing thread

    def _advance(self, position: SpoolPosition) -> None:
        if position != self._stored_position:
            self._stored_position = position
            self._spool.forget(position)


_process_of = attrgetter("workspace", "process")


def _wait_for(answer: "Future[None]", timeout_s: float) -> None:
    """What a write that somebody waits for raised."""
    try:
        answer.result(timeout_s)
    except TimeoutError:
        raise StoreError(
            f"The store did not take a write within {timeout_s:g} seconds. Expected it sooner. "
            "See what GET /healthz says of the store, and try again."
        ) from None


class _StoreSilentError(StoreError):
    """The store could not be asked; what waits for its answer is tried again."""


def stored_position(engine: Engine) -> SpoolPosition:
    """Up to where the spool is stored, or its start."""
    rows = engine.rows("spool_position", {"server": engine.server})
    return SpoolPosition(segment=rows[0]["segment"], offset=rows[0]["offset"]) if rows else START
