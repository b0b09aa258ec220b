"""Runs the operations of a targets file and says what they took.

Each round is also a profiled call of the operation's name, so that profiled functions inside it are measured on their
own, and the time in which none of them ran is known.
"""

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from math import ceil
from pathlib import Path
from typing import Any, Literal

from msgspec import Struct

from longpole.model.clock import steady_ns
from longpole.model.profile import AggregatedMetrics
from longpole.record.profile_switch import switch
from longpole.record.profiler import PerformanceProfiler, profile_async
from longpole.testing.operations import find_operation
from longpole.testing.targets import Limit, Target

Status = Literal["passed", "missed", "failed", "measured"]
OnRound = Callable[[], None]
FAILURES = (Exception, SystemExit, asyncio.CancelledError)
"""What an operation may raise without ending the whole run; Ctrl-C is not among it."""
_SHARES = {"p50": 0.5, "p95": 0.95, "p99": 0.99}


class Figures(Struct, frozen=True, kw_only=True):
    """What the rounds took, in nanoseconds. Percentiles by nearest rank; those of `inside` are at most 1 % off."""

    count: int
    min_ns: int
    mean_ns: float
    p50_ns: int
    p95_ns: int
    p99_ns: int
    max_ns: int


class Outcome(Struct, frozen=True, kw_only=True):
    """How an operation, or one inside it, stands to its target.

    `missed`: slower than target and tolerance. `failed`: a round raised, or it did not run. `measured`: no target.
    """

    name: str
    status: Status
    percentile: str
    target_ns: int | None
    tolerance: float
    measured_ns: float | None = None
    figures: Figures | None = None
    errors: int = 0
    error: str | None = None


class OperationOutcome(Outcome, frozen=True, kw_only=True):
    """An operation's outcome with everything that was measured.

    `durations_ns` has one entry per round that ended well. `coordination_ns` is the mean time of a round in which none
    of its profiled children ran; unknown where there are none. `profiled` are all profiled operations inside.
    """

    run: str
    rounds: int
    warmup: int
    concurrency: int
    durations_ns: list[int]
    coordination_ns: float | None = None
    inside: list[Outcome] = []
    profiled: list[AggregatedMetrics] = []


def measure_operation(target: Target, folder: Path, on_round: OnRound = lambda: None) -> OperationOutcome:
    """Runs one operation as often as its target says. What it raises becomes part of the outcome.

    Args:
        target: the operation.
        folder: where the targets file stands.
        on_round: called after each round, warm-up included.
    """
    profiler = PerformanceProfiler()
    switch.is_on = True
    rounds = _Rounds(target, on_round)
    try:
        function = find_operation(target.run, folder)
        rounds.run(function, profiler)
    except FAILURES as error:
        rounds.note(error)
    return _outcome(target, rounds, profiler)


class _Rounds:
    """The rounds of one operation, and what came of them."""

    def __init__(self, target: Target, on_round: OnRound) -> None:
        self._target = target
        self._on_round = on_round
        self._tickets = iter(range(target.rounds))  # shared by all workers
        given = target.args
        self._args, self._kwargs = (given, {}) if isinstance(given, list) else ([], given)
        self.durations_ns: list[int] = []
        self.errors = 0
        self.error: str | None = None

    def run(self, function: Callable[..., Any], profiler: PerformanceProfiler) -> None:
        call = profile_async(self._target.name, send_to_langsmith=False)(function)
        if inspect.iscoroutinefunction(function):
            asyncio.run(self._run_async(call, profiler))
        else:
            self._run_sync(call, profiler)

    def note(self, error: BaseException) -> None:
        """Counts an error; the first one is told."""
        self.errors += 1
        self.error = self.error or f"{type(error).__name__}: {error}".removesuffix(": ")

    async def _run_async(self, call: Callable[..., Awaitable[Any]], profiler: PerformanceProfiler) -> None:
        for _ in range(self._target.warmup):
            await call(*self._args, **self._kwargs)
            self._on_round()
        profiler.reset()

        async def work() -> None:
            for _ in self._tickets:
                with self._round():
                    await call(*self._args, **self._kwargs)

        await asyncio.gather(*(work() for _ in range(self._target.concurrency)))

    def _run_sync(self, call: Callable[..., Any], profiler: PerformanceProfiler) -> None:
        for _ in range(self._target.warmup):
            call(*self._args, **self._kwargs)
            self._on_round()
        profiler.reset()

        def work() -> None:
            for _ in self._tickets:
                with self._round():
                    call(*self._args, **self._kwargs)

        if self._target.concurrency == 1:
            work()
            return
        with ThreadPoolExecutor(self._target.concurrency) as pool:
            for worker in [pool.submit(work) for _ in range(self._target.concurrency)]:
                worker.result()

    @contextmanager
    def _round(self) -> Generator[None]:
        started = steady_ns()
        try:
            yield
            self.durations_ns.append(steady_ns() - started)
        except FAILURES as error:
            self.note(error)
        self._on_round()


def _outcome(target: Target, rounds: _Rounds, profiler: PerformanceProfiler) -> OperationOutcome:
    own = profiler.get_metrics(target.name)
    profiled = [each for each in profiler.all_metrics() if each.name != target.name]
    figures = _figures(rounds.durations_ns)
    inside = [
        _judged(name, limit, _figures_of(profiler.get_metrics(name)), *_inside_errors(name, profiler))
        for name, limit in target.inside.items()
    ]
    judged = _judged(target.name, target, figures, rounds.errors, rounds.error)
    coordination = None
    if own is not None and own.coordination_ns is not None:
        coordination = own.coordination_ns / own.coordinating_calls
    return OperationOutcome(
        name=judged.name,
        status=judged.status,
        percentile=judged.percentile,
        target_ns=judged.target_ns,
        tolerance=judged.tolerance,
        measured_ns=judged.measured_ns,
        figures=figures,
        errors=judged.errors,
        error=judged.error,
        run=target.run,
        rounds=target.rounds,
        warmup=target.warmup,
        concurrency=target.concurrency,
        durations_ns=rounds.durations_ns,
        coordination_ns=coordination,
        inside=inside,
        profiled=profiled,
    )


def _judged(name: str, limit: Limit, figures: Figures | None, errors: int, error: str | None) -> Outcome:
    measured: float | None = None if figures is None else getattr(figures, f"{limit.percentile}_ns")
    if errors or measured is None:
        status: Status = "failed"
    elif limit.target_ns is None:
        status = "measured"
    else:
        status = "passed" if limit.is_kept_by(measured) else "missed"
    return Outcome(
        name=name,
        status=status,
        percentile=limit.percentile,
        target_ns=limit.target_ns,
        tolerance=limit.tolerance,
        measured_ns=measured,
        figures=figures,
        errors=errors,
        error=error,
    )


def _inside_errors(name: str, profiler: PerformanceProfiler) -> tuple[int, str | None]:
    metrics = profiler.get_metrics(name)
    if metrics is None:
        return 0, f"no profiled operation of the name {name} ran"
    failed = [call for call in profiler.recent(name) if call.has_failed]
    return metrics.errors, f"{failed[0].error_type}: {failed[0].error}" if failed else None


def _figures(durations: Sequence[int]) -> Figures | None:
    if not durations:
        return None
    ordered = sorted(durations)
    p50, p95, p99 = (ordered[ceil(share * len(ordered)) - 1] for share in _SHARES.values())
    return Figures(
        count=len(ordered),
        min_ns=ordered[0],
        mean_ns=sum(ordered) / len(ordered),
        p50_ns=p50,
        p95_ns=p95,
        p99_ns=p99,
        max_ns=ordered[-1],
    )


def _figures_of(metrics: AggregatedMetrics | None) -> Figures | None:
    if metrics is None:
        return None
    return Figures(
        count=metrics.count,
        min_ns=metrics.min_ns,
        mean_ns=metrics.mean_ns,
        p50_ns=metrics.p50_ns,
        p95_ns=metrics.p95_ns,
        p99_ns=metrics.p99_ns,
        max_ns=metrics.max_ns,
    )
