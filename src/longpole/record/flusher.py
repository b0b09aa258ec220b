"""The thread that takes records off the recorder, makes spans of them, and hands those on."""

from threading import Event, Lock, Thread
from typing import Any, Protocol

from longpole.model.clock import steady_ns
from longpole.record.annotate import EVENTS
from longpole.record.current import ENDED, MORE, Record, forget_parent
from longpole.record.recorder import MOST_RECORDS, Recorder
from longpole.record.spans import SpanBuilder
from longpole.wire.otlp_encode import LogOut, SpanOut

TICK_S = 0.02
SLOW_TICK_S = 0.05  # while nothing but long open steps is there
CHUNK = 128  # a whole batch at once held the interpreter for 10 ms
ANNOUNCE_AFTER_NS = 30_000_000
ANNOUNCE_AGAIN_NS = 250_000_000


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


class Flusher:
    """Turns what `recorder` collects into spans for `sink`, every 20 ms while records wait, else asleep."""

    def __init__(self, recorder: Recorder, builder: SpanBuilder, sink: Sink) -> None:
        self._recorder = recorder
        self._builder = builder
        self._sink = sink
        self._open: list[_Open] = []
        self._registered = 0
        self._pass_lock = Lock()
        self._poke = Event()
        self._is_stopping = False
        self._thread = Thread(target=self._run, name="longpole-flusher", daemon=True)

    def start(self) -> None:
        """Starts the thread."""
        self._recorder.wake = self._poke.set
        self._recorder.is_awake = True
        self._thread.start()

    def collect(self) -> None:
        """Hands on everything that has ended by now, and announces what is open. From any thread."""
        with self._pass_lock:
            self._pass()

    def stop(self) -> None:
        """Hands on what is there and ends the thread."""
        self._is_stopping = True
        self._poke.set()
        self.collect()

    def _run(self) -> None:
        while not self._is_stopping:
            try:
                with self._pass_lock:
                    is_busy = self._pass()
                is_under_way = self._sink.tick()
            except Exception:  # never the end of the thread: the next pass goes on with the next record
                is_busy = is_under_way = True
            if is_busy or is_under_way or self._open:
                self._poke.wait(TICK_S if is_busy else SLOW_TICK_S)
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

    def _pass(self) -> bool:
        """One round; whether anything was handed on."""
        waiting = len(self._recorder.records)
        dropped = self._drop_excess(waiting)
        dropped += self._take_unkept()
        handed_on = self._look_at_open()
        for _ in range(0, waiting, CHUNK):
            handed_on = self._take_chunk() or handed_on
        logs = self._logs()
        if logs or dropped:
            self._sink.accept([], logs, dropped)
        if not self._recorder.records and not self._open:
            self._recorder.held_bytes = 0  # threads add to it without a lock; here it is known again
        return handed_on or bool(logs) or waiting > 0

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
        for entry in self._open:
            if entry.record[ENDED] is not None:
                self._add(spans, entry.record)
            else:
                still_open.append(entry)
                if wants_open and entry.is_news(now):
                    self._add_open(spans, entry, now)
            if len(spans) >= CHUNK:
                self._sink.accept(spans, [], 0)
                spans = []
        self._open = still_open
        return self._hand_on(spans)

    def _hand_on(self, spans: list[SpanOut]) -> bool:
        if spans:
            self._sink.accept(spans, [], 0)
        return bool(spans)

    def _add(self, spans: list[SpanOut], record: Record) -> None:
        try:
            spans.append(self._builder.span(record))
        except Exception:
            self._recorder.unkept += 1
        self._recorder.release(record)
        forget_parent(record)

    def _add_open(self, spans: list[SpanOut], entry: "_Open", now: int) -> None:
        entry.announced_ns = now
        entry.events = entry.count_events()
        try:
            spans.append(self._builder.span(entry.record))
        except Exception:
            self._recorder.unkept += 1

    def _drop_excess(self, waiting: int) -> int:
        excess = max(waiting - MOST_RECORDS, 0)
        for _ in range(excess):
            self._recorder.records.popleft()
        return excess

    def _take_unkept(self) -> int:
        unkept, self._recorder.unkept = self._recorder.unkept, 0
        return unkept

    def _has_registrations(self) -> bool:
        return self._registered < len(self._recorder.registered)

    def _logs(self) -> list[LogOut]:
        sites = self._recorder.registered[self._registered :]
        self._registered += len(sites)
        logs = [self._builder.registration(site) for site in sites]
        while self._recorder.late:
            logs.append(self._builder.line(self._recorder.late.popleft()))
        return logs


class _Open:
    """A step that has not ended, and when it was last announced."""

    __slots__ = ("announced_ns", "events", "record", "seen_ns")

    def __init__(self, record: Record) -> None:
        self.record = record
        self.seen_ns = steady_ns()
        self.announced_ns: int | None = None
        self.events = 0

    def is_news(self, now: int) -> bool:
        if self.announced_ns is None:
            return now - self.seen_ns >= ANNOUNCE_AFTER_NS
        return now - self.announced_ns >= ANNOUNCE_AGAIN_NS and self.count_events() != self.events

    def count_events(self) -> int:
        more: dict[str, Any] | None = self.record[MORE]
        return len(more.get(EVENTS, ())) if more else 0
