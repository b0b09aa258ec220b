"""Thread and process pools: what runs in a worker stands below the step that submitted it, and its wait is told.

Only Longpole's own variable is carried into a worker thread, not the whole context: the standard library leaves the
variables of other libraries behind, and a program may rely on that. A worker process gets a `traceparent`.
`asyncio.to_thread` and `loop.run_in_executor`, also with the default executor, come through `submit` too.
"""

from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from functools import partial
from typing import Any

from longpole.model.category import Category
from longpole.model.clock import steady_ns
from longpole.record.current import Record, current, is_unsampled
from longpole.record.instrument.replacement import Replacements
from longpole.record.propagate import continue_trace, trace_headers
from longpole.record.recorder import recorder
from longpole.record.trouble import complain
from longpole.record.waits import add_wait
from longpole.wire import longpole_names as names

SHORTEST_WAIT_NS = 1_000_000
_hook = Replacements()


def install() -> None:
    """Turns it on; again does nothing. While recording is off a call costs 0.1 us more than before."""
    if not _hook.is_on:
        _hook.add(ThreadPoolExecutor, "submit", _wrap_thread_submit)
        _hook.add(ProcessPoolExecutor, "submit", _wrap_process_submit)


def remove() -> None:
    """Turns it off. What was submitted before still finds its step."""
    _hook.remove()


def _wrap_thread_submit(original: Any, is_wanted: Callable[[], bool]) -> Any:
    def submit(self: Any, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
        if recorder.is_on and is_wanted():
            record = current.get()
            if record is not None:
                fn = partial(_run_below, record, steady_ns(), getattr(self, "_thread_name_prefix", ""), fn)
        return original(self, fn, *args, **kwargs)

    return submit


def _wrap_process_submit(original: Any, is_wanted: Callable[[], bool]) -> Any:
    def submit(self: Any, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
        if recorder.is_on and is_wanted():
            headers = trace_headers()
            if headers:
                fn = partial(_run_traced, headers, fn)
        return original(self, fn, *args, **kwargs)

    return submit


def _run_below(
    record: Record, submitted_ns: int, pool: str, fn: Callable[..., Any], /, *args: Any, **kwargs: Any
) -> Any:
    """In the worker thread."""
    before = current.get()
    current.set(record)
    try:
        started = steady_ns()
        if started - submitted_ns >= SHORTEST_WAIT_NS and recorder.is_on and not is_unsampled(record):
            _add_queue_wait(record, submitted_ns, started, pool)
        return fn(*args, **kwargs)
    finally:
        current.set(before)


def _run_traced(headers: dict[str, str], fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
    """In the worker process. Whether anything is recorded there is that process's own affair."""
    with continue_trace(headers):
        return fn(*args, **kwargs)


def _add_queue_wait(record: Record, submitted_ns: int, started_ns: int, pool: str) -> None:
    try:
        attributes = {names.QUEUE_POOL: pool} if pool else {}
        add_wait("wait for a thread", Category.QUEUE, record, submitted_ns, started_ns, attributes)
    except Exception as error:
        complain("concurrent_futures", error)
