"""The server's jobs: one thread runs them by turns, on the one server that holds the lease.

A job is a generator that yields between short pieces of work, also for how long it wants to rest. There the lease is
renewed, and there a job is left when another server has taken the lease. When this server stops, the statement that
runs is cancelled. What a job has done by then stays done.
"""

import logging
import threading
import time
from collections.abc import Callable, Generator, Sequence

from msgspec import Struct

from longpole.model.batch import Batch
from longpole.model.clock import now_ns, to_rfc3339
from longpole.model.intake import Lease
from longpole.reports.store_views import JobsState, JobState
from longpole.store.cancel import Cancellation
from longpole.store.engine import Engine

LEASE = "jobs"
ONLY_SERVER = "the only server"
"""Who holds the lease in a database that no other server can write to."""

LEASE_NS = 30 * 10**9
LOOK_EVERY_S = 2.0
RETRY_NS = 60 * 10**9
CLOSE_S = 2.0
_CANCEL_EVERY_S = 0.1

_log = logging.getLogger("longpole.jobs")

Work = Generator[float | None, None, str]
"""A run of a job: yields between pieces, perhaps seconds of rest, and gives a few words on what it did."""


class Job(Struct, frozen=True):
    """Something to be done every so often; `run` is given the time and begins one run."""

    name: str
    every_ns: int
    run: Callable[[int], Work]


class Jobs:
    """Runs jobs while this server holds the lease. `turn` may be called by one thread at a time."""

    def __init__(self, store: Engine, jobs: Sequence[Job], *, holder: str, now: Callable[[], int] = now_ns) -> None:
        """Nothing runs until `start`, or until somebody calls `turn`.

        Args:
            store: where the lease is.
            jobs: what is to be done; the first has the first turn.
            holder: the name of this server.
            now: the time in nanoseconds since 1970.
        """
        self._store = store
        self._jobs = jobs
        self._holder = holder
        self._now = now
        self._is_here = False
        self._leased_until_ns = 0
        self._due_ns = {job.name: 0 for job in jobs}
        self._states = {job.name: JobState(name=job.name, every_s=job.every_ns / 1e9) for job in jobs}
        self._lease_trouble: str | None = None
        self._closing = threading.Event()
        self._statements = Cancellation()
        self._thread = threading.Thread(target=self._run, name="longpole-jobs", daemon=True)

    def start(self) -> None:
        """Begin to look every two seconds."""
        self._thread.start()

    def close(self, timeout_s: float = CLOSE_S) -> None:
        """Cancel what is being done, and let another server take over at once; returns after so many seconds at most.

        A database that does not answer gets its lease back when it runs out.
        """
        self._closing.set()
        if self._thread.ident is None:
            self._give_back()
        end = time.monotonic() + timeout_s
        while self._thread.is_alive() and (left := end - time.monotonic()) > 0:
            self._statements.cancel()
            self._thread.join(min(_CANCEL_EVERY_S, left))

    def state(self) -> JobsState:
        """How the jobs stand."""
        rows = self._store.rows("lease", {"name": LEASE})
        holder = rows[0]["holder"] if rows and rows[0]["until_ns"] > self._now() else None
        is_here = self._is_here and holder == self._holder
        return JobsState(holder=holder, is_here=is_here, jobs=[self._states[job.name] for job in self._jobs])

    def turn(self) -> list[str]:
        """Take the lease and do what is due; the names of the jobs that were begun."""
        begun: list[str] = []
        for job in self._jobs:
            if self._closing.is_set() or not self._holds():
                break
            if self._is_due(job):
                begun.append(job.name)
                self._do(job)
        return begun

    def _is_due(self, job: Job) -> bool:
        """Whether its time has come; also if the clock was set back, by days perhaps, since that time was noted."""
        now, due_ns = self._now(), self._due_ns[job.name]
        return not due_ns - job.every_ns <= now < due_ns

    def _run(self) -> None:
        with self._statements.scope():
            while not self._closing.is_set():
                self.turn()
                self._closing.wait(LOOK_EVERY_S)
        self._give_back()

    def _give_back(self) -> None:
        if not self._is_here:
            return
        now = self._now()
        lease = Lease(name=LEASE, holder=self._holder, asked_ns=now, until_ns=now)
        try:
            self._store.write(Batch(leases=[lease]))
        except Exception as error:  # it runs out by itself
            _log.warning("the lease of the jobs could not be given back: %s", error)

    def _do(self, job: Job) -> None:
        """One run of a job, to its end, to its failure, or until the lease is lost."""
        began = self._now()
        state = self._states[job.name]
        state.last_started = to_rfc3339(began)
        try:
            outcome = self._whole_run(job.run(began))
        except Exception as error:
            if not self._closing.is_set():  # else it was cancelled
                self._failed(job, error)
        else:
            if outcome is None:
                return  # left half done; whoever has the lease next goes on
            if state.error is not None:
                _log.warning("the job %s works again", job.name)
            state.outcome, state.error = outcome, None
            state.runs += 1
            self._due_ns[job.name] = began + job.every_ns
        finally:
            state.last_duration_ns = self._now() - began

    def _whole_run(self, work: Work) -> str | None:
        while True:
            try:
                rest_s = next(work)
            except StopIteration as end:
                return str(end.value)
            if self._closing.wait(rest_s or 0.0) or not self._holds():
                work.close()
                return None

    def _failed(self, job: Job, error: Exception) -> None:
        state = self._states[job.name]
        reason = f"{type(error).__name__}: {error}"
        if state.error != reason:  # once, not at every turn
            _log.error("the job %s failed and is tried again every minute", job.name, exc_info=error)
        state.error = reason
        state.failures += 1
        self._due_ns[job.name] = self._now() + min(RETRY_NS, job.every_ns)

    def _holds(self) -> bool:
        """Whether this server holds the lease; asks for it again when a third of its time has passed."""
        now = self._now()
        if self._is_here and now < self._leased_until_ns - LEASE_NS * 2 // 3:
            return True
        until_ns = now + LEASE_NS
        try:
            self._store.write(Batch(leases=[Lease(name=LEASE, holder=self._holder, asked_ns=now, until_ns=until_ns)]))
            rows = self._store.rows("lease", {"name": LEASE})
        except Exception as error:
            reason = f"{type(error).__name__}: {error}"
            if self._lease_trouble != reason and not self._closing.is_set():
                _log.warning("the lease of the jobs could not be asked for: %s", reason)
            self._lease_trouble = reason
            self._is_here = self._is_here and now < self._leased_until_ns
            return self._is_here
        self._lease_trouble = None
        self._is_here = bool(rows) and rows[0]["holder"] == self._holder and rows[0]["until_ns"] == until_ns
        self._leased_until_ns = until_ns if self._is_here else 0
        return self._is_here
