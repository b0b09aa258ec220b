"""The public SDK, all of it but `longpole.remedies`. Everything else may change between releases.

    import longpole

    longpole.configure()

    @longpole.agent
    def answer(question: str) -> str: ...

After `configure()` nothing here raises into your program or blocks it: it counts, warns once (logger `longpole`), and
goes on. What most programs do not use is loaded when it is first asked for.

PYTEST_DONT_REWRITE: `longpole run -- pytest` imports this before pytest, which else warns that it came too late.
"""

import atexit
import os
from collections.abc import Callable
from importlib import import_module as _import_module
from threading import RLock
from typing import TYPE_CHECKING, Any

from longpole.record import after_fork as _reset_record_after_fork
from longpole.record.annotate import (
    complete_stage,
    current_execution,
    first_token,
    log_event,
    score,
    set_attributes,
    set_usage,
    track_decision,
    track_should_respond,
    track_stage,
)
from longpole.record.budget import check_budget
from longpole.record.current import current as _current
from longpole.record.current import ids_of as _ids_of
from longpole.record.decorate import agent, timing_step
from longpole.record.propagate import continue_trace, trace_environment, trace_headers, traceparent
from longpole.record.recorder import recorder as _recorder
from longpole.record.time_step import time_step

if TYPE_CHECKING:
    from pathlib import Path

    from longpole.aliases import CurrentExecution as CurrentExecution
    from longpole.client.analytics import ExecutionAnalytics as ExecutionAnalytics
    from longpole.client.analytics_service import ExecutionAnalyticsService as ExecutionAnalyticsService
    from longpole.client.analytics_service import ExecutionMetrics as ExecutionMetrics
    from longpole.client.guide_answers import AgentCallChain as AgentCallChain
    from longpole.client.guide_answers import AgentExecution as AgentExecution
    from longpole.client.guide_answers import AgentExecutionLog as AgentExecutionLog
    from longpole.client.guide_answers import AgentPerformanceMetrics as AgentPerformanceMetrics
    from longpole.client.pattern_analyzer import ExecutionPatternAnalyzer as ExecutionPatternAnalyzer
    from longpole.client.timing_aggregator import AggregateStats as AggregateStats
    from longpole.client.timing_aggregator import Bottleneck as Bottleneck
    from longpole.client.timing_aggregator import OptimizationReport as OptimizationReport
    from longpole.client.timing_aggregator import TimingAggregator as TimingAggregator
    from longpole.client.timing_persistence import TimingFilters as TimingFilters
    from longpole.client.timing_persistence import TimingPersistence as TimingPersistence
    from longpole.client.timing_persistence import TrendData as TrendData
    from longpole.model.category import Category as Category
    from longpole.model.errors import BudgetExceeded as BudgetExceeded
    from longpole.model.stage import ExecutionStage as ExecutionStage
    from longpole.model.status import ExecutionStatus as ExecutionStatus
    from longpole.record.agent_class import BaseAgent as BaseAgent
    from longpole.record.budget import OnBudget
    from longpole.record.collector import ExecutionTimingCollector as ExecutionTimingCollector
    from longpole.record.collector import ExecutionTimingTree as ExecutionTimingTree
    from longpole.record.collector import TimingEntry as TimingEntry
    from longpole.record.execution_context import ExecutionContext as ExecutionContext
    from longpole.record.instrument import instrument as instrument
    from longpole.record.instrument import uninstrument as uninstrument
    from longpole.record.instrument.asgi import TimingMiddleware as TimingMiddleware
    from longpole.record.instrument.logging import LogFilter as LogFilter
    from longpole.record.instrument.logging import LogHandler as LogHandler
    from longpole.record.instrument.structlog import structlog_processor as structlog_processor
    from longpole.record.loop_watch import watch_loop as watch_loop
    from longpole.record.no_op_tracker import NoOpTracker as NoOpTracker
    from longpole.record.profiler import AggregatedMetrics as AggregatedMetrics
    from longpole.record.profiler import PerformanceProfiler as PerformanceProfiler
    from longpole.record.profiler import ProfileMetrics as ProfileMetrics
    from longpole.record.profiler import profile_async as profile_async
    from longpole.record.profiler import profile_sync as profile_sync
    from longpole.record.supervisor import BaseSubAgent as BaseSubAgent
    from longpole.record.supervisor import SupervisorAgent as SupervisorAgent
    from longpole.record.tracker import ExecutionTracker as ExecutionTracker
    from longpole.record.tracker_factory import AgentTrackerFactory as AgentTrackerFactory
    from longpole.replay.start import recording as recording
    from longpole.replay.start import recovered_checkpoint as recovered_checkpoint
    from longpole.rerun import replaying as replaying
    from longpole.session import Session as _Session

__version__ = "0.1.0"

# Loaded at first use: each of these is worth more than the whole import otherwise costs.
_LATER = {
    "ExecutionStage": "longpole.model.stage",
    "ExecutionStatus": "longpole.model.status",
    "Category": "longpole.model.category",
    "AgentTrackerFactory": "longpole.record.tracker_factory",
    "ExecutionTracker": "longpole.record.tracker",
    "NoOpTracker": "longpole.record.no_op_tracker",
    "BaseAgent": "longpole.record.agent_class",
    "BudgetExceeded": "longpole.model.errors",
    "ExecutionTimingCollector": "longpole.record.collector",
    "ExecutionTimingTree": "longpole.record.collector",
    "TimingEntry": "longpole.record.collector",
    "BaseSubAgent": "longpole.record.supervisor",
    "SupervisorAgent": "longpole.record.supervisor",
    "ExecutionContext": "longpole.record.execution_context",
    "CurrentExecution": "longpole.aliases",
    "TimingMiddleware": "longpole.record.instrument.asgi",
    "PerformanceProfiler": "longpole.record.profiler",
    "ProfileMetrics": "longpole.record.profiler",
    "AggregatedMetrics": "longpole.record.profiler",
    "profile_async": "longpole.record.profiler",
    "profile_sync": "longpole.record.profiler",
    "instrument": "longpole.record.instrument",
    "uninstrument": "longpole.record.instrument",
    "recording": "longpole.replay.start",
    "recovered_checkpoint": "longpole.replay.start",
    "replaying": "longpole.rerun",
    "watch_loop": "longpole.record.loop_watch",
    "LogFilter": "longpole.record.instrument.logging",
    "LogHandler": "longpole.record.instrument.logging",
    "structlog_processor": "longpole.record.instrument.structlog",
    "AgentCallChain": "longpole.client.guide_answers",
    "AgentExecution": "longpole.client.guide_answers",
    "AgentExecutionLog": "longpole.client.guide_answers",
    "AgentPerformanceMetrics": "longpole.client.guide_answers",
    "ExecutionAnalytics": "longpole.client.analytics",
    "ExecutionAnalyticsService": "longpole.client.analytics_service",
    "ExecutionMetrics": "longpole.client.analytics_service",
    "ExecutionPatternAnalyzer": "longpole.client.pattern_analyzer",
    "AggregateStats": "longpole.client.timing_aggregator",
    "Bottleneck": "longpole.client.timing_aggregator",
    "OptimizationReport": "longpole.client.timing_aggregator",
    "TimingAggregator": "longpole.client.timing_aggregator",
    "TimingFilters": "longpole.client.timing_persistence",
    "TimingPersistence": "longpole.client.timing_persistence",
    "TrendData": "longpole.client.timing_persistence",
}
__all__ = [
    "AgentCallChain",
    "AgentExecution",
    "AgentExecutionLog",
    "AgentPerformanceMetrics",
    "AgentTrackerFactory",
    "AggregateStats",
    "AggregatedMetrics",
    "BaseAgent",
    "BaseSubAgent",
    "Bottleneck",
    "BudgetExceeded",
    "Category",
    "CurrentExecution",
    "ExecutionAnalytics",
    "ExecutionAnalyticsService",
    "ExecutionContext",
    "ExecutionMetrics",
    "ExecutionPatternAnalyzer",
    "ExecutionStage",
    "ExecutionStatus",
    "ExecutionTimingCollector",
    "ExecutionTimingTree",
    "ExecutionTracker",
    "LogFilter",
    "LogHandler",
    "NoOpTracker",
    "OptimizationReport",
    "PerformanceProfiler",
    "ProfileMetrics",
    "SupervisorAgent",
    "TimingAggregator",
    "TimingEntry",
    "TimingFilters",
    "TimingMiddleware",
    "TimingPersistence",
    "TrendData",
    "agent",
    "check_budget",
    "complete_stage",
    "configure",
    "continue_trace",
    "current_execution",
    "first_token",
    "flush",
    "instrument",
    "log_event",
    "profile_async",
    "profile_sync",
    "recording",
    "recovered_checkpoint",
    "replaying",
    "score",
    "set_attributes",
    "set_usage",
    "shutdown",
    "structlog_processor",
    "time_step",
    "timing_step",
    "trace_environment",
    "trace_headers",
    "traceparent",
    "track_decision",
    "track_should_respond",
    "track_stage",
    "uninstrument",
    "watch_loop",
]

EXIT_S = 1.5
_lock = RLock()
_running: "_Session | None" = None
_watches_forks = False
_inherited: list[Any] = []  # a child keeps its parent's connections untouched: closing them would disturb the parent


def __getattr__(name: str) -> Any:
    module = _LATER.get(name)
    if module is None:
        raise AttributeError(f"module 'longpole' has no attribute {name!r}")
    value = globals()[name] = getattr(_import_module(module), name)
    return value


def configure(
    *,
    endpoint: str | None = None,
    spool: "str | Path | None" = None,
    workspace: str | None = None,
    service: str | None = None,
    version: str | None = None,
    environment: str | None = None,
    content: str | None = None,
    redact: Callable[[str], str] | None = None,
    on_budget: "OnBudget" = None,
    sampling_rate: float | None = None,
    enabled: bool | None = None,
    **more: Any,
) -> None:
    """Switches recording on, for everything that is decorated already and later. Call it once, early.

    Every argument but `redact` and `on_budget` is a setting of `docs/reference/settings.md`; what is not given comes
    from `LONGPOLE_*`, then `longpole.yaml`, then the defaults. Called again it delivers what is recorded so far and
    starts anew.

    Args:
        endpoint: the server's address, such as `http://127.0.0.1:7667`. Without it a server on this machine is looked
            for in the background, and everything is spooled while there is none.
        spool: folder for what cannot be delivered.
        workspace: whose data it is.
        service: the program's name.
        version: the program's version.
        environment: where it runs.
        content: what is kept of inputs and outputs: "off", "hashed" or "full".
        redact: your own rule: gets each text that is about to leave the process, after the built-in rules, and gives
            back what may leave. Called in the background; if it raises, the text is replaced as a whole.
        on_budget: what happens where an execution of an agent begins whose budget is used up: "raise" raises
            `BudgetExceeded` there, a callable is given that error. Without it nothing happens and nobody asks.
        sampling_rate: share of executions that are recorded, 0 to 1.
        enabled: `False` records nothing.
        more: further settings by name.

    Raises:
        SettingsError: a setting has an unknown name or a value out of its range, or `on_budget` is neither.
    """
    _check_on_budget(on_budget)
    from longpole import session, settings  # noqa: PLC0415 - HTTP, SQLite, msgspec: 60 ms for those who configure

    chosen = settings.load(
        endpoint=endpoint, spool=spool, workspace=workspace, service=service, version=version, environment=environment,
        content=content, sampling_rate=sampling_rate, enabled=enabled, **more,
    )  # fmt: skip
    settings.put_in_force(chosen)
    global _running
    with _lock:
        shutdown()
        _watch_forks()
        if chosen.enabled:
            _running = session.start(chosen, _recorder, __version__, redact, on_budget)
            session.shut_down_in_children(shutdown)


def _check_on_budget(on_budget: object) -> None:
    if on_budget is None or on_budget == "raise" or callable(on_budget):
        return
    from longpole.model.errors import SettingsError  # noqa: PLC0415 - only who gets it wrong needs it

    raise SettingsError(
        f"The argument `on_budget` is {on_budget!r}. Expected: 'raise' or a callable that takes a BudgetExceeded. "
        "Change it where configure() is called, or leave it out."
    )


def flush(timeout: float = 2.0) -> bool:
    """Delivers what has ended so far; waits at most `timeout` seconds.

    Returns:
        Whether all of it is with the server, or safe in the spool because none answers.
    """
    running = _running
    return True if running is None else running.flush(timeout)


def shutdown(timeout: float = EXIT_S) -> bool:
    """Delivers, or spools what cannot be delivered within `timeout` seconds, and stops recording.

    It runs by itself when the program exits.

    Returns:
        Whether nothing was lost.
    """
    global _running
    with _lock:
        running, _running = _running, None
        return True if running is None else running.close(timeout)


def _watch_forks() -> None:
    """Once, and not at the import: hooks run in the order in which they were set, and the child's threads must not log
    before `logging` has made its locks anew."""
    global _watches_forks
    if not _watches_forks:
        _watches_forks = True
        os.register_at_fork(
            before=_before_fork, after_in_parent=_after_fork_in_parent, after_in_child=_after_fork_in_child
        )


def _before_fork() -> None:
    """The step that forks gets its ids now, so that the child's steps find it as their parent."""
    record = _current.get()
    if _running is not None:
        if record is not None and record[1] is not None:
            _ids_of(record)
        _running.before_fork()


def _after_fork_in_parent() -> None:
    if _running is not None:
        _running.after_fork()


def _after_fork_in_child() -> None:
    """Threads do not survive a fork, and what the parent has recorded is the parent's to send."""
    global _lock, _running
    _lock = RLock()
    _reset_record_after_fork()
    if _running is not None:
        _inherited.append(_running)
        _running = _running.start_in_child()


atexit.register(shutdown)
