"""What runs between `configure()` and `shutdown()`: the place where recording and shipping are joined.

Neither knows the other. A module of its own because it brings in HTTP, SQLite and msgspec: a program that imports
Longpole and never configures it does not pay for them.
"""

import os
import sys
from collections.abc import Callable
from functools import partial
from importlib import import_module
from logging import getLogger
from pathlib import Path
from random import Random
from typing import Any

from longpole import settings
from longpole.model.clock import from_rfc3339, steady_ns
from longpole.record.budget import OnBudget, UsedUp, budgets
from longpole.record.flusher import Flusher
from longpole.record.heartbeat import Heartbeat
from longpole.record.instrument.when_imported import when_imported, when_imported_install
from longpole.record.profile_switch import switch as profile_switch
from longpole.record.propagate import continue_process
from longpole.record.recorder import Recorder
from longpole.record.render import Renderer
from longpole.record.runtime_switch import start_runtime_watch, stop_runtime_watch
from longpole.record.snapshot import pack, pack_hard, pack_short
from longpole.record.spans import SpanBuilder
from longpole.record.stand_in import stand_ins
from longpole.settings import Settings
from longpole.ship.budgets import UsedUpBudget
from longpole.ship.commit import find_commit
from longpole.ship.start import content_key, start_langsmith, start_shipper
from longpole.wire import longpole_names as names
from longpole.wire.redact import Redactor

Redact = Callable[[str], str]
_REPLAY = "longpole.replay.start"  # loaded only where it is asked for
_log = getLogger("longpole")
_registered: list[Callable[[], bool]] = []


class Session:
    """Recording that is switched on: the chosen settings, the flusher, the shipper.

    Args:
        chosen: the settings.
        recorder: what the decorators write to.
        version: of Longpole.
        redact: the program's own rule for texts; called in the background, after the built-in ones.
        on_budget: what is done where a budget is used up; nothing is asked without it.
    """

    def __init__(
        self,
        chosen: Settings,
        recorder: Recorder,
        version: str,
        redact: Redact | None = None,
        on_budget: OnBudget = None,
    ) -> None:
        self._start_again = partial(Session, chosen, recorder, version, redact, on_budget)
        self._recorder = recorder
        content = settings.content_mode(chosen)
        redactor = Redactor([key.strip() for key in chosen.redact_keys.split(",") if key.strip()], redact)
        stand_ins.redactor = redactor
        renderer = None
        if content == "off":
            recorder.keeps_content = False
        else:
            renderer = Renderer(content, content_key(chosen), chosen.content_limit_bytes, redactor)
            recorder.keep_contents(chosen.content_limit_bytes, pack, pack_hard, pack_short)
        recorder.sampling_rate, recorder.roll = chosen.sampling_rate, Random().random
        recorder.held_limit = chosen.queue_limit_bytes // 2
        continue_process(chosen.traceparent, chosen.tracestate)
        when_imported_install("opentelemetry.trace", "longpole.record.instrument.opentelemetry_context")
        if chosen.carry_into_pools:
            when_imported_install("concurrent.futures", "longpole.record.instrument.concurrent_futures")
        budgets.choose(on_budget, chosen.version, chosen.environment)
        take_budgets = None if on_budget is None else _take_budgets
        self._shipper = start_shipper(chosen, _resource(chosen, version), version, take_budgets)
        builder = SpanBuilder(renderer, 1 / chosen.sampling_rate if chosen.sampling_rate else 1.0, redactor)
        self._runtime = start_runtime_watch(chosen.watch_runtime)
        at_end = None if self._runtime is None else self._runtime.note
        self._flusher = Flusher(recorder, builder, self._shipper, Heartbeat(recorder), at_end)
        self._flusher.start()
        self._langsmith = start_langsmith(chosen, version, redactor)
        profile_switch.sink = None if self._langsmith is None else self._langsmith.accept
        profile_switch.choose(is_on=chosen.profile, tracks_memory=chosen.profile_memory, tracks_cpu=chosen.profile_cpu)
        recorder.is_on = True
        if chosen.replay is not None:
            import_module(_REPLAY).replay_in_this_process(chosen.replay)
        elif chosen.recording:
            import_module(_REPLAY).record_this_process()

    def before_fork(self) -> None:
        """Brings everything that a child must not find halfway to rest."""
        self._shipper.before_fork()

    def after_fork(self) -> None:
        """In the parent: goes on."""
        self._shipper.after_fork()

    def start_in_child(self) -> "Session":
        """The same for a process that was just forked off: its own threads, connection and identity."""
        return self._start_again()

    def flush(self, timeout_s: float) -> bool:
        """Delivers what has ended so far; whether all of it is with the server or safe in the spool."""
        if self._langsmith is not None:
            self._langsmith.hurry()
        started = steady_ns()
        self._flusher.collect(timeout_s)
        is_done = self._shipper.flush(timeout_s)
        return (self._langsmith is None or self._langsmith.flush(_left(timeout_s, started))) and is_done

    def close(self, timeout_s: float) -> bool:
        """Stops recording and delivers or spools what there is; whether nothing was lost."""
        self._recorder.is_on = False
        budgets.choose(None, None, None)
        profile_switch.sink = None
        started = steady_ns()
        if self._langsmith is not None:
            self._langsmith.hurry()
        self._flusher.stop(timeout_s)
        stop_runtime_watch(self._runtime)
        is_done = self._shipper.close(_left(timeout_s, started))
        return (self._langsmith is None or self._langsmith.close(_left(timeout_s, started))) and is_done


def start(
    chosen: Settings, recorder: Recorder, version: str, redact: Redact | None, on_budget: OnBudget = None
) -> Session | None:
    """A session; `None` where none can be, as without a thread at the end of the interpreter. It is told in the log."""
    try:
        return Session(chosen, recorder, version, redact, on_budget)
    except Exception as error:
        _log.warning("Nothing is recorded: %s: %s.", type(error).__name__, error)
        return None


def shut_down_in_children(shutdown: Callable[[], bool]) -> None:
    """Has the processes that multiprocessing forks deliver at their end: they leave without what `atexit` knows."""
    when_imported("multiprocessing.util", partial(_register_in_children, shutdown))


def _register_in_children(shutdown: Callable[[], bool]) -> None:
    util: Any = sys.modules["multiprocessing.util"]
    if shutdown in _registered:
        return
    _registered.append(shutdown)
    # A child forgets the finalizers of its parent when it starts, and then calls this.
    util.register_after_fork(shutdown, lambda _: util.Finalize(None, shutdown, exitpriority=-100))  # pyright: ignore[reportUnknownLambdaType]


def _take_budgets(told: list[UsedUpBudget]) -> None:
    """What the server says, as the recorder keeps it; a budget whose end cannot be read is left out."""
    taken: list[UsedUp] = []
    for each in told:
        try:
            until_ns = from_rfc3339(each.until)
        except ValueError:
            continue
        of = {"agent": each.agent, "version": each.version, "environment": each.environment, "user": each.user}
        taken.append(UsedUp(each.title, each.said, until_ns, **of))
    budgets.take(tuple(taken))


def _left(timeout_s: float, started_ns: int) -> float:
    """What is left of a time limit, in seconds; at least a tenth."""
    return max(timeout_s - (steady_ns() - started_ns) / 1e9, 0.1)


def _resource(chosen: Settings, version: str) -> dict[str, Any]:
    """The OTLP resource: who this process is, in the names of the OpenTelemetry conventions."""
    program = Path((getattr(sys, "argv", None) or ["python"])[0] or "python")  # embedded, a program may have none
    return {
        "service.name": chosen.service or program.stem,
        "service.version": chosen.version,
        "service.instance.id": os.urandom(8).hex(),
        "deployment.environment.name": chosen.environment,
        names.WORKSPACE: chosen.workspace,
        names.COMMIT: _commit_of(program),
        "process.pid": os.getpid(),
        "telemetry.sdk.name": "longpole",
        "telemetry.sdk.language": "python",
        "telemetry.sdk.version": version,
    }


def _commit_of(program: Path) -> str | None:
    try:
        return find_commit(program.absolute().parent)
    except OSError:  # the folder it runs in is gone
        return None
