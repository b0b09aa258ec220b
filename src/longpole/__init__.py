"""The public SDK, all of it. Everything else under `longpole` may change between releases.

    import longpole

    longpole.configure()

    @longpole.agent
    def answer(question: str) -> str: ...

After `configure()` nothing here raises into your program or blocks it: it counts, warns once (logger `longpole`), and
goes on. This is also the place where recording and shipping are joined; neither knows the other.
"""

import atexit
import os
import sys
from pathlib import Path
from threading import RLock
from typing import TYPE_CHECKING, Any

from longpole import settings as _settings
from longpole.model.clock import steady_ns as _steady_ns
from longpole.record import after_fork as _reset_record_after_fork
from longpole.record.annotate import (
    CurrentExecution,
    continue_trace,
    current_execution,
    first_token,
    log_event,
    set_attributes,
    set_usage,
    traceparent,
    track_decision,
    track_should_respond,
    track_stage,
)
from longpole.record.capture import Renderer as _Renderer
from longpole.record.current import current as _current
from longpole.record.current import ids_of as _ids_of
from longpole.record.decorate import agent, timing_step
from longpole.record.flusher import Flusher as _Flusher
from longpole.record.recorder import recorder as _recorder
from longpole.record.spans import SpanBuilder as _SpanBuilder
from longpole.record.time_step import time_step

if TYPE_CHECKING:
    from longpole.ship.shipper import Shipper as _Shipper

__version__ = "0.1.0"
__all__ = [
    "CurrentExecution",
    "agent",
    "configure",
    "continue_trace",
    "current_execution",
    "first_token",
    "flush",
    "log_event",
    "set_attributes",
    "set_usage",
    "shutdown",
    "time_step",
    "timing_step",
    "traceparent",
    "track_decision",
    "track_should_respond",
    "track_stage",
]

EXIT_S = 1.5
_lock = RLock()
_running: "tuple[_settings.Settings, _Flusher, _Shipper] | None" = None
_inherited: list[Any] = []  # a child keeps its parent's connections untouched: closing them would disturb the parent


def configure(
    *,
    endpoint: str | None = None,
    spool: str | Path | None = None,
    workspace: str | None = None,
    service: str | None = None,
    version: str | None = None,
    environment: str | None = None,
    content: str | None = None,
    sampling_rate: float | None = None,
    enabled: bool | None = None,
    **more: Any,
) -> None:
    """Switches recording on, for everything that is decorated already and later. Call it once, early.

    Every argument is a setting of `docs/reference/settings.md`; what is not given comes from `LONGPOLE_*`, then
    `longpole.yaml`, then the defaults. Called again it delivers what is recorded so far and starts anew.

    Args:
        endpoint: the server's address, such as `http://127.0.0.1:7667`. Without it a server on this machine is looked
            for in the background, and everything is spooled while there is none.
        spool: folder for what cannot be delivered.
        workspace: whose data it is.
        service: the program's name.
        version: the program's version.
        environment: where it runs.
        content: what is kept of inputs and outputs: "off", "hashed" or "full".
        sampling_rate: share of executions that are recorded, 0 to 1.
        enabled: `False` records nothing.
        more: further settings by name.

    Raises:
        SettingsError: a setting has an unknown name or a value out of its range.
    """
    chosen = _settings.load(
        endpoint=endpoint,
        spool=spool,
        workspace=workspace,
        service=service,
        version=version,
        environment=environment,
        content=content,
        sampling_rate=sampling_rate,
        enabled=enabled,
        **more,
    )
    with _lock:
        shutdown()
        if chosen.enabled:
            _start(chosen)


def flush(timeout: float = 2.0) -> bool:
    """Delivers what has ended so far; waits at most `timeout` seconds.

    Returns:
        Whether all of it is with the server, or safe in the spool because none answers.
    """
    running = _running
    if running is None:
        return True
    _, flusher, shipper = running
    flusher.collect()
    return shipper.flush(timeout)


def shutdown(timeout: float = EXIT_S) -> bool:
    """Delivers, or spools what cannot be delivered within `timeout` seconds, and stops recording.

    It runs by itself when the program exits.

    Returns:
        Whether nothing was lost.
    """
    global _running
    with _lock:
        if _running is None:
            return True
        _, flusher, shipper = _running
        _running = None
        _recorder.is_on = False
        started = _steady_ns()
        flusher.stop()
        return shipper.close(max(timeout - (_steady_ns() - started) / 1e9, 0.1))


def _start(chosen: _settings.Settings) -> None:
    global _running
    from longpole.ship import start as ship  # noqa: PLC0415 - HTTP and SQLite: 40 ms for those only who configure

    content = _settings.content_mode(chosen)
    renderer = None
    if content != "off":
        renderer = _Renderer(content, ship.content_key(chosen), chosen.content_limit_bytes)
    weight = 1 / chosen.sampling_rate if chosen.sampling_rate else 1.0
    shipper = ship.start_shipper(chosen, _resource(chosen), __version__)
    flusher = _Flusher(_recorder, _SpanBuilder(renderer, weight), shipper)
    _recorder.sampling_rate = chosen.sampling_rate
    _recorder.keeps_content = content != "off"
    _recorder.set_limit(chosen.content_limit_bytes)
    _recorder.held_limit = chosen.queue_limit_bytes
    flusher.start()
    _running = (chosen, flusher, shipper)
    _recorder.is_on = True


def _resource(chosen: _settings.Settings) -> dict[str, Any]:
    """The OTLP resource: who this process is, in the names of the OpenTelemetry conventions."""
    return {
        "service.name": chosen.service or Path(sys.argv[0] or "python").stem,
        "service.version": chosen.version,
        "service.instance.id": os.urandom(8).hex(),
        "deployment.environment.name": chosen.environment,
        "longpole.workspace": chosen.workspace,
        "process.pid": os.getpid(),
        "telemetry.sdk.name": "longpole",
        "telemetry.sdk.language": "python",
        "telemetry.sdk.version": __version__,
    }


def _before_fork() -> None:
    """The step that forks gets its ids now, so that the child's steps find it as their parent."""
    record = _current.get()
    if _running is not None and record is not None and record[1] is not None:
        _ids_of(record)


def _after_fork_in_child() -> None:
    """Threads do not survive a fork, and what the parent has recorded is the parent's to send."""
    global _lock, _running
    _lock = RLock()
    _reset_record_after_fork()
    if _running is not None:
        _inherited.append(_running)
        _start(_running[0])


os.register_at_fork(before=_before_fork, after_in_child=_after_fork_in_child)
atexit.register(shutdown)
