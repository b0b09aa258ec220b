"""The thread that takes records off the recorder, makes spans of them, and hands those on."""

from collections.abc import Callable
from logging import getLogger
from threading import RLock, Thread
from time import thread_time_ns
from typing import Any, Protocol

from msgspec.structs import replace

from longpole.model.bell import Bell
from longpole.model.clock import steady_ns
from longpole.record.current import ENDED, INPUT, MORE, OUTPUT, Record, forget_parent, ids_of
from longpole.record.heartbeat import Heartbeat
from longpole.record.more import BYTES, NEWS
from longpole.record.recorder import Recorder, line_bytes
from longpole.record.spans import SpanBuilder
from longpole.record.trouble import complain
from longpole.record.witness import witness
from longpole.wire.otlp_encode import LogOut, SpanOut

TICK_S = 0.02
SLOW_TICK_S = 0.05  # while nothing but open steps is there, of which none has told anything for a while:
QUIET_AFTER_NS = 500_000_000
LONGEST_PASS_S = 2.0
MOST_PASSES = 2
CHUNK = 128  # a whole batch at once held the interpreter for 10 ms
FEW_RECORDS, SAMPLED_RECORDS = 1024, 64
RECORD_BYTES = 400  # without contents: the list, its numbers, the heads of two byte strings
ANNOUNCE_AFTER_NS = 30_000_000
ANNOUNCE_AGAIN_NS = 250_000_000
_log = getLogger("longpole")


class Sink(Protocol):
    """Where spans go: `ship`, or a test's list."""

    def accept(self, spans: list[SpanOut], logs: list[LogOut], dropped: int) -> None:
        """Takes them without waiting. `dropped` steps were lost before."""
        ...

    def tick(self) -> bool:
        """Called every 20 to 50 ms while anything is under way; whether something still is."""
        ...

    def wants_open(self) -> bool:
        """Whether steps may be sent that have not ended."""
        ...

    def is_heard(self) -> bool:
        """Whether signs of life reach a server that wants them."""
        ...

    def cost(self) -> tuple[int, int]:
        """Bytes sent so far, and nanoseconds of CPU that it took."""
        ...


class Flusher:
    """Turns what `recorder` collects into spans for `sink`, every 20 ms while records wait, else asleep."""

    def __init__(
        self,
        recorder: Recorder,
        builder: SpanBuilder,
        sink: Sink,
        heartbeat: Heartbeat | None = None,
        at_end: Callable[[Record], None] | None = None,
    ) -> None:
        self._recorder = recorder
        self._builder = builder
        self._sink = sink
        self._heartbeat = heartbeat or Heartbeat(recorder)
        self._at_end = at_end
        self._open: list[_Open] = []
        self._registered = 0
        self._pass_lock = RLock()  # a signal handler or a finalizer may flush in the middle of a pass
        self._passes = 0
        self._poke = Bell()
        self._is_stopping = False
        self._has_warned = False
        self._thread = Thread(target=self._run, name="longpole-flusher", daemon=True)

    def start(self) -> None:
        """Starts the thread."""
        self._recorder.wake = self._poke.set
        self._recorder.is_awake = True
        witness.collect = self.collect
        self._thread.start()

    def collect(self, within_s: float = LONGEST_PASS_S) -> None:
        """Hands on everything that has ended by now, and announces what is open. From any thread.

        Args:
            within_s: after so many seconds the rest has to wait for the thread: the caller has things to do.
        """
        if self._pass_lock.acquire(timeout=within_s):
            try:
                self._guarded_pass(steady_ns() + round(within_s * 1e9))
            finally:
                self._pass_lock.release()

    def stop(self, within_s: float = LONGEST_PASS_S) -> None:
        """Hands on what is there and ends the thread. What that takes longer for than `within_s` is lost."""
        self._is_stopping = True
        if witness.collect == self.collect:
            witness.collect = None
        self._poke.set()
        if not self._pass_lock.acquire(timeout=within_s):
            return
        try:
            self._guarded_pass(steady_ns() + round(within_s * 1e9))
            self._leave()
        except Exception as error:
            complain("flusher", error)
        finally:
            self._pass_lock.release()

    def _leave(self) -> None:
        """Drops what there was no time for, and leaves what is open to whoever is configured next."""
        still_open = [entry.record for entry in self._open]
        records, lost = self._recorder.records, 0
        while records:
            record = records.popleft()
            if record[ENDED] is None:
                still_open.append(record)
            else:
                lost += 1
        if lost:
            self._heartbeat.dropped += lost
            self._sink.accept([], [], lost)
            _log.warning("%d steps were not delivered: there was no time left when recording ended.", lost)
        self._beat(is_last=True)
        records.extend(still_open)
        self._open = []

    def _run(self) -> None:
        busy_ns = 0
        while not self._is_stopping:
            try:
                with self._pass_lock:
                    is_busy = not self._is_stopping and self._guarded_pass()
                is_under_way = self._sink.tick()
                self._heartbeat.flusher_ns = thread_time_ns()
            except Exception:  # never the end of the thread: the next pass goes on with the next record
                is_busy = is_under_way = True
            if is_busy:
                busy_ns = steady_ns()
            if is_busy or is_under_way or self._open:
                # The end of an open step is found by looking: where steps end all the time, soon.
                self._poke.wait(TICK_S if steady_ns() - busy_ns < QUIET_AFTER_NS else SLOW_TICK_S)
            else:
                self._sleep()

    def _sleep(self) -> None:
        """Sleeps until the recorder calls. A record that came in between is seen by the second look."""
        self._poke.clear()
        self._recorder.is_awake = False
        if not (self._recorder.records or self._recorder.late or self._has_registrations() or self._is_stopping):
            self._poke.wait()
        self._recorder.is_awake = True
        self._poke.clear()
        self._poke.wait(TICK_S)  # let a few come together

    def _guarded_pass(self, deadline_ns: int | None = None) -> bool:
        """A round that never raises; inside of another one, which a signal interrupted, goes on with the rest."""
        if self._passes >= MOST_PASSES:
            return True
        self._passes += 1
        try:
            return self._pass(deadline_ns)
        except Exception as error:  # the next round goes on with the next record
            complain("flusher", error)
            return True
        finally:
            self._passes -= 1

    def _pass(self, deadline_ns: int | None) -> bool:
        """One round; whether anything was handed on."""
        waiting = len(self._recorder.records)
        dropped = self._drop_excess(waiting)
        dropped += self._take_unkept()
        handed_on = self._look_at_open()
        for _ in range(0, waiting, CHUNK):
            if deadline_ns is not None and steady_ns() > deadline_ns:
                break
            handed_on = self._take_chunk() or handed_on
        self._heartbeat.dropped += dropped
        logs = self._registrations()
        handed_on = self._hand_on_lines() or handed_on
        if logs or dropped:
            self._sink.accept([], logs, dropped)
        self._beat()
        if not self._recorder.records and not self._open:
            self._recorder.held_bytes = 0  # threads add to it without a lock; here it is known again
        return handed_on or bool(logs) or waiting > 0

    def _beat(self, *, is_last: bool = False) -> None:
        # The first one goes by the spool if need be: it tells the server that this process can be missed.
        is_heard = self._sink.is_heard() or (self._sink.wants_open() and not self._heartbeat.has_beaten)
        if not is_heard or not (self._heartbeat.recorded or self._open):
            return
        beat = self._heartbeat.beat(len(self._open), *self._sink.cost(), is_last=is_last)
        if beat is not None:
            # A workspace hears of a process only what is told in it.
            workspaces = {ids_of(entry.record).workspace for entry in self._open} - {None}
            self._sink.accept([], [beat, *(replace(beat, workspace=each) for each in workspaces)], 0)

    def _take_chunk(self) -> bool:
        records, spans = self._recorder.records, list[SpanOut]()
        for _ in range(CHUNK):
            try:
                record = records.popleft()
            except IndexError:
                break
            if record[ENDED] is None:
                self._open.append(_Open(record))
            else:
                self._add(spans, record)
        return self._hand_on(spans)

    def _look_at_open(self) -> bool:
        still_open: list[_Open] = []
        spans: list[SpanOut] = []
        now, wants_open = steady_ns(), self._sink.wants_open()
        entries, self._open = self._open, []
        for entry in entries:
            if entry.record[ENDED] is not None:
                self._add(spans, entry.record)
            else:
                still_open.append(entry)
                if wants_open and entry.is_news(now):
                    self._add_open(spans, entry, now)
            if len(spans) >= CHUNK:
                self._sink.accept(spans, [], 0)
                spans = []
        self._open = still_open + self._open
        return self._hand_on(spans)

    def _hand_on(self, spans: list[SpanOut]) -> bool:
        if spans:
            self._sink.accept(spans, [], 0)
        return bool(spans)

    def _add(self, spans: list[SpanOut], record: Record) -> None:
        self._heartbeat.recorded += 1
        if self._at_end is not None:
            self._at_end(record)
        count = len(spans)
        self._build(spans, record)
        if witness.take is not None and len(spans) > count:
            witness.take(spans[-1])
        self._recorder.release(record)
        forget_parent(record)

    def _add_open(self, spans: list[SpanOut], entry: "_Open", now: int) -> None:
        entry.announced_ns = now
        entry.news = entry.count_news()
        self._build(spans, entry.record)

    def _build(self, spans: list[SpanOut], record: Record) -> None:
        try:
            spans.append(self._builder.span(record))
        except Exception as error:
            self._count_lost(error)

    def _count_lost(self, error: Exception) -> None:
        self._recorder.unkept += 1
        if not self._has_warned:
            self._has_warned = True
            _log.warning(
                "A step could not be told and is counted as dropped: %s: %s. Please report it.",
                type(error).__name__,
                error,
                exc_info=True,
            )

    def _drop_excess(self, waiting: int) -> int:
        """Drops the oldest records beyond the recorder's limit of bytes, which are estimated from a few of them."""
        records = self._recorder.records
        if waiting < FEW_RECORDS:
            return 0
        sampled = [records[number] for number in range(0, waiting, waiting // SAMPLED_RECORDS)]
        each = RECORD_BYTES + sum(map(_contents_bytes, sampled)) // len(sampled)
        dropped = 0
        for _ in range(waiting - self._recorder.held_limit // each):
            record = records.popleft()
            if record[ENDED] is None:  # an execution around all the others: it is still to end
                self._open.append(_Open(record))
            else:
                self._recorder.release(record)
                dropped += 1
        return dropped

    def _take_unkept(self) -> int:
        unkept, self._recorder.unkept = self._recorder.unkept, 0
        return unkept

    def _has_registrations(self) -> bool:
        return self._registered < len(self._recorder.registered)

    def _registrations(self) -> list[LogOut]:
        sites = self._recorder.registered[self._registered :]
        self._registered += len(sites)
        return [self._builder.registration(site) for site in sites]

    def _hand_on_lines(self) -> bool:
        """Hands on the lines that are there now; those that come meanwhile have their turn in the next round."""
        late = self._recorder.late
        waiting = len(late)
        for start in range(0, waiting, CHUNK):
            logs: list[LogOut] = []
            for _ in range(start, min(start + CHUNK, waiting)):
                try:
                    line = late.popleft()
                except IndexError:  # the recorder has dropped some
                    break
                self._recorder.late_bytes -= line_bytes(line)
                try:
                    logs.append(self._builder.line(line))
                except Exception as error:
                    self._count_lost(error)
            self._sink.accept([], logs, 0)
        if not late:
            self._recorder.late_bytes = 0  # threads add to it without a lock; here it is known again
        return waiting > 0


def _contents_bytes(record: Record) -> int:
    more: dict[str, Any] = record[MORE] or {}
    return len(record[INPUT] or b"") + len(record[OUTPUT] or b"") + more.get(BYTES, 0)


class _Open:
    """A step that has not ended, and when it was last announced."""

    __slots__ = ("announced_ns", "news", "record", "seen_ns")

    def __init__(self, record: Record) -> None:
        self.record = record
        self.seen_ns = steady_ns()
        self.announced_ns: int | None = None
        self.news = 0

    def is_news(self, now: int) -> bool:
        if self.announced_ns is None:
            return now - self.seen_ns >= ANNOUNCE_AFTER_NS
        return now - self.announced_ns >= ANNOUNCE_AGAIN_NS and self.count_news() != self.news

    def count_news(self) -> int:
        more: dict[str, Any] | None = self.record[MORE]
        return more.get(NEWS, 0) if more else 0
