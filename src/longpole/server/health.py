"""`/api/health`, `/readyz` and what is behind them: one place that knows how this server is.

What happens is counted where it happens. Here it is read: by whoever asks, and every ten seconds for the picture of the
last hour, which is in memory only.
"""

import asyncio
import threading
from collections import deque
from collections.abc import Callable
from pathlib import Path
from resource import getpagesize

from msgspec import Struct

from longpole.ingest.activity import ActivityCount
from longpole.ingest.arrivals import Arrivals, Program
from longpole.model.clock import now_ns, to_rfc3339
from longpole.model.durations import DurationCounts
from longpole.reports.health_views import (
    HealthPoint,
    ProgramHealth,
    SenderHealth,
    ServerHealth,
    ServerParts,
    TimeSummary,
)
from longpole.reports.health_words import health_words
from longpole.reports.store_views import JobsState
from longpole.server.access import Access
from longpole.server.answer import THREAD_WAITS
from longpole.server.connections import ConnectionCounters
from longpole.server.forward import ForwardCounts, Forwarder
from longpole.server.intake import Intake, trouble_item
from longpole.server.live_hub import Hub
from longpole.server.loop_lag import LoopLag
from longpole.server.measures import Measures
from longpole.server.senders import Sender, Senders
from longpole.server.timed_store import TimedStore
from longpole.store.reading import CountsReading

POINT_S = 10
POINTS = 360
MOST_PROGRAMS_SHOWN = 200
MOST_SENDERS_SHOWN = 50


class Readiness(Struct, kw_only=True):
    """Whether this server takes what is sent to it; if not, `reasons` say why."""

    ready: bool
    reasons: list[str]


class Watch:
    """What the parts of a server count. `begin` and `end` are called in the event loop, `health` in any thread."""

    def __init__(
        self,
        store: TimedStore,
        arrivals: Arrivals,
        *,
        version: str,
        backlog_limit_bytes: int,
        hub: Hub,
        jobs: Callable[[], JobsState] | None = None,
        activity: ActivityCount | None = None,
        forwarder: Forwarder | None = None,
    ) -> None:
        """Nothing is read until `join` has told where the counts of the doors are.

        Args:
            store: the store, with its clocks.
            arrivals: what arrived of which program.
            version: of Longpole.
            backlog_limit_bytes: from so many unread bytes on senders are refused.
            hub: tells live clients what happens.
            jobs: how the jobs stand.
            activity: what agents did.
            forwarder: what forwards to another collector, if one is set.
        """
        self.forwarder = forwarder
        self.senders = Senders()
        self.requests = 0
        """Of all kinds; whoever takes one counts it here."""
        self.lag = LoopLag(lambda: self.requests)
        self.is_ending = False
        self._store = store
        self._arrivals = arrivals
        self._version = version
        self._backlog_limit_bytes = backlog_limit_bytes
        self._started_ns = now_ns()
        self._points: deque[HealthPoint] = deque(maxlen=POINTS)
        self._before: tuple[int, int] = (0, 0)
        self._intake: Callable[[], Intake] | None = None
        self._hub = hub
        self._jobs = jobs
        self._activity = activity or ActivityCount()
        self._connections = ConnectionCounters()
        self._queued_writes: Callable[[], int] = lambda: 0
        self._letters: int | None = None
        self._is_counting = False
        self._timer: asyncio.TimerHandle | None = None

    def join(
        self, intake: Callable[[], Intake], queued_writes: Callable[[], int], connections: ConnectionCounters
    ) -> None:
        """Tell where the counts of the doors and of the pipeline come from; nothing of that may ask the store."""
        self._intake, self._queued_writes, self._connections = intake, queued_writes, connections

    def begin(self) -> None:
        """Watch the loop that runs, and take a point now and every ten seconds."""
        self.take_point()
        self.lag.start()
        self._next(asyncio.get_running_loop())

    def end(self) -> None:
        """Stop watching; from now on this server is not ready."""
        self.is_ending = True
        self.lag.stop()
        if self._timer is not None:
            self._timer.cancel()

    def measures(self) -> Measures:
        """What `/metrics` shows."""
        intake = self._taken()
        intake.dead_letters = self._letters
        return Measures(
            version=self._version,
            intake=intake,
            missing=self._arrivals.missing(),
            dropped_by_programs=self._arrivals.dropped(),
            loop_lag=self.lag.delays.counted(),
            loop_stalled=self.lag.stalls.counted(),
            loop_blocked=self.lag.blocks.counted(),
            commits=self._store.commits.counted(),
            publishes=self._store.publishes.counted(),
            questions=self._store.questions.counted(),
            reading=self._store.engine.reading() if isinstance(self._store.engine, CountsReading) else None,
            thread_waits=THREAD_WAITS.counted(),
            rows_written=self._store.rows_written,
            store_failures=dict(self._store.failures),
            queued_writes=self._queued_writes(),
            live=self._hub.counters,
            connections=self._connections,
            forward=ForwardCounts() if self.forwarder is None else self.forwarder.counts(),
            activity=self._activity.read(),
        )

    def readiness(self) -> Readiness:
        """Whether bodies are taken now. A store that is away is no reason: what comes waits in the spool."""
        intake = self._taken()
        reasons = ["the server stops"] if self.is_ending else []
        if intake.spool_trouble is not None:
            reasons.append(f"the spool cannot be written: {intake.spool_trouble.reason}")
        if intake.pending_bytes > self._backlog_limit_bytes:
            reasons.append(f"{intake.pending_bytes} bytes wait to be read, more than {self._backlog_limit_bytes}")
        return Readiness(ready=not reasons, reasons=reasons)

    def health(self, access: Access) -> ServerHealth:
        """What may be told to who asks: a key of one workspace sees the programs of that only."""
        now = now_ns()
        found = [each for each in self._arrivals.programs() if access.workspace in (None, each.workspace)]
        programs = sorted((_program(each, now) for each in found), key=_how_bad)[:MOST_PROGRAMS_SHOWN]
        server = self._parts() if access.workspace is None else None
        return ServerHealth(words=health_words(programs, server), programs=programs, server=server)

    def _parts(self) -> ServerParts:
        intake = self._taken()
        self._count_letters()
        return ServerParts(
            version=self._version,
            started_at=to_rfc3339(self._started_ns),
            accepted=intake.accepted,
            rejected=intake.rejected,
            refused=intake.refused,
            duplicates=intake.duplicates,
            noise=intake.noise,
            open_spans=intake.open_spans,
            spool_bytes=intake.spool_bytes,
            unread_bytes=intake.pending_bytes,
            backlog_limit_bytes=self._backlog_limit_bytes,
            dead_letters=self._letters,
            rows_written=self._store.rows_written,
            commits=_summary(self._store.commits.counted()),
            questions=_summary(self._store.questions.counted()),
            thread_waits=_summary(THREAD_WAITS.counted()),
            loop_lag=_summary(self.lag.delays.counted()),
            memory_bytes=_resident_bytes(),
            threads=threading.active_count(),
            jobs=self._jobs_state(),
            store_trouble=intake.store_trouble,
            spool_trouble=intake.spool_trouble,
            live_trouble=trouble_item(self._hub.elsewhere()),
            senders=[_sender(each) for each in self.senders.all()[:MOST_SENDERS_SHOWN]],
            point_s=POINT_S,
            points=list(self._points),
        )

    def _taken(self) -> Intake:
        assert self._intake is not None, "nothing was joined"
        return self._intake()

    def _jobs_state(self) -> JobsState | None:
        try:
            return None if self._jobs is None else self._jobs()
        except Exception:  # a store that is away; the words say so
            return None

    def _next(self, loop: asyncio.AbstractEventLoop) -> None:
        self._timer = loop.call_later(POINT_S, self._note, loop)

    def _note(self, loop: asyncio.AbstractEventLoop) -> None:
        self._next(loop)
        self.take_point()
        if not self._is_counting:  # a store that does not answer must not take all threads
            self._is_counting = True
            loop.run_in_executor(None, self._count_letters)

    def take_point(self) -> None:
        """Note how the last ten seconds were."""
        intake = self._taken()
        accepted, refused = sum(intake.accepted.values()), sum(intake.refused.values())
        before_accepted, before_refused = self._before
        self._before = (accepted, refused)
        self._points.append(
            HealthPoint(
                at=to_rfc3339(now_ns()),
                accepted=accepted - before_accepted,
                refused=refused - before_refused,
                missing=self._arrivals.missing(),
                unread_bytes=intake.pending_bytes,
                commit_ns=self._store.commits.take_peak_ns(),
                loop_lag_ns=self.lag.delays.take_peak_ns(),
                loop_blocked_ns=self.lag.blocks.take_peak_ns(),
            )
        )

    def _count_letters(self) -> None:
        try:
            rows = self._store.engine.rows("dead_letter_count", {"workspace": None, "kind": None})
            self._letters = rows[0]["letters"]
        except Exception:  # a store that is away
            self._letters = None
        finally:
            self._is_counting = False


def _program(program: Program, now: int) -> ProgramHealth:
    has_told = program.dropped is not None or program.lost
    return ProgramHealth(
        workspace=program.workspace,
        process=program.process,
        service=program.service,
        sdk=program.sdk,
        spans=program.spans,
        logs=program.logs,
        rejected=dict(program.rejected),
        missing=program.missing(now),
        dropped=max(program.dropped or 0, program.lost) if has_told else None,
        heard_at=to_rfc3339(program.heard_ns),
    )


def _how_bad(program: ProgramHealth) -> tuple[int, int]:
    return -(program.missing or 0), -((program.dropped or 0) + sum(program.rejected.values()))


def _sender(sender: Sender) -> SenderHealth:
    return SenderHealth(
        name=sender.name,
        address=sender.address,
        requests=sender.requests,
        refused=dict(sender.refused),
        heard_at=to_rfc3339(sender.heard_ns),
        refused_at=None if sender.refused_ns is None else to_rfc3339(sender.refused_ns),
    )


def _summary(counted: DurationCounts) -> TimeSummary:
    p50_ns, p95_ns, p99_ns = (counted.quantile_ns(share) for share in (0.5, 0.95, 0.99))
    return TimeSummary(number=counted.number, p50_ns=p50_ns, p95_ns=p95_ns, p99_ns=p99_ns)


def _resident_bytes() -> int | None:
    """Memory of this process that is in RAM, where the system tells it in a file (Linux)."""
    try:
        return int(Path("/proc/self/statm").read_bytes().split()[1]) * getpagesize()
    except (OSError, IndexError, ValueError):
        return None
