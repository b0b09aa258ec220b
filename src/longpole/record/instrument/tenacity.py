"""tenacity: the pause before another attempt is a step, and the steps of that attempt carry its number.

All of tenacity's ways come through `iter`, which decides what to do next: try, sleep, or give back. stamina stands on
tenacity, so that its pauses are found here too.
"""

from collections.abc import Callable
from contextvars import ContextVar
from importlib import import_module
from typing import Any, NamedTuple

from longpole.model.category import Category
from longpole.record.instrument.replacement import Replacements
from longpole.record.recorder import recorder
from longpole.record.trouble import complain
from longpole.record.waits import Wait, begin_attempt, end_attempt

_hook = Replacements()
_SLEEP, _ATTEMPT = "longpole_sleep", "longpole_attempt"

retried: ContextVar[str | None] = ContextVar("longpole_retried", default=None)
"""What is being retried, where `stamina` knows it better."""


class _Sleep(NamedTuple):
    """What is known of a pause when it is decided; it travels on tenacity's own `DoSleep`."""

    name: str
    attempt: int
    cause: str | None


def install() -> None:
    """Turns it on; again does nothing."""
    if _hook.is_on:
        return
    tenacity, tenacity_asyncio = import_module("tenacity"), import_module("tenacity.asyncio")
    kinds = (tenacity.DoAttempt, tenacity.DoSleep)
    _hook.add(tenacity.BaseRetrying, "iter", lambda original, is_wanted: _wrap_iter(original, is_wanted, *kinds))
    _hook.add(
        tenacity_asyncio.AsyncRetrying,
        "iter",
        lambda original, is_wanted: _wrap_async_iter(original, is_wanted, *kinds),
    )
    _hook.add(tenacity.AttemptManager, "__enter__", _wrap_enter)
    if hasattr(tenacity.AttemptManager, "__aenter__"):  # before 9.2 `async for` gives the plain kind as well
        _hook.add(tenacity.AttemptManager, "__aenter__", _wrap_async_enter)
    _hook.add(tenacity.AttemptManager, "__exit__", _wrap_exit)  # tenacity's `__aexit__` calls it


def remove() -> None:
    """Turns it off."""
    _hook.remove()


def is_on() -> bool:
    """Whether it is on."""
    return _hook.is_on


def _wrap_iter(original: Any, is_wanted: Callable[[], bool], do_attempt: type, do_sleep: type) -> Any:
    def longpole_iter(self: Any, retry_state: Any) -> Any:
        if not (recorder.is_on and is_wanted()):
            return original(self, retry_state)
        outcome = _before(retry_state)
        do = original(self, retry_state)
        _after(self, retry_state, outcome, do, do_attempt, do_sleep, _timed)
        return do

    return longpole_iter


def _wrap_async_iter(original: Any, is_wanted: Callable[[], bool], do_attempt: type, do_sleep: type) -> Any:
    async def longpole_iter(self: Any, retry_state: Any) -> Any:
        if not (recorder.is_on and is_wanted()):
            return await original(self, retry_state)
        outcome = _before(retry_state)
        do = await original(self, retry_state)
        _after(self, retry_state, outcome, do, do_attempt, do_sleep, _timed_async)
        return do

    return longpole_iter


def _wrap_enter(original: Any, is_wanted: Callable[[], bool]) -> Any:
    def longpole_enter(self: Any) -> Any:
        _enter(self.retry_state, is_wanted)
        return original(self)

    return longpole_enter


def _wrap_async_enter(original: Any, is_wanted: Callable[[], bool]) -> Any:
    async def longpole_enter(self: Any) -> Any:
        _enter(self.retry_state, is_wanted)
        return await original(self)

    return longpole_enter


def _wrap_exit(original: Any, is_wanted: Callable[[], bool]) -> Any:
    def longpole_exit(self: Any, *error: Any) -> Any:
        _before(self.retry_state)
        return original(self, *error)

    return longpole_exit


def _enter(retry_state: Any, is_wanted: Callable[[], bool]) -> None:
    if recorder.is_on and is_wanted():
        try:
            _begin(retry_state)
        except Exception as error:
            complain("tenacity", error)


def _before(retry_state: Any) -> Any:
    """The attempt that ran, if any, is over; gives its outcome, which tenacity forgets before it sleeps."""
    try:
        end_attempt(vars(retry_state).pop(_ATTEMPT, None))
        return retry_state.outcome
    except Exception as error:
        complain("tenacity", error)
        return None


def _after(
    retrying: Any, retry_state: Any, outcome: Any, do: Any, do_attempt: type, do_sleep: type, timed: Callable[..., Any]
) -> None:
    try:
        if isinstance(do, do_attempt):
            if retry_state.fn is not None:  # else the attempt is a `with` block, and begins there
                _begin(retry_state)
        elif isinstance(do, do_sleep):
            _mark_sleep(retrying, retry_state, outcome, do, timed)
    except Exception as error:
        complain("tenacity", error)


def _begin(retry_state: Any) -> None:
    attempt = begin_attempt(retry_state.attempt_number)
    if attempt is not None:
        setattr(retry_state, _ATTEMPT, attempt)


def _mark_sleep(retrying: Any, retry_state: Any, outcome: Any, do: Any, timed: Callable[..., Any]) -> None:
    """Has the very next `retrying.sleep(do)` timed; then the function stands there as it was."""
    error = outcome.exception() if outcome is not None and outcome.failed else None
    function = retried.get() or getattr(retry_state.fn, "__qualname__", None)
    retried.set(None)
    name = f"wait to retry {function.rpartition('<locals>.')[2]}" if function else "wait to retry"
    cause = "result" if error is None else type(error).__name__
    setattr(do, _SLEEP, _Sleep(name, retry_state.attempt_number, cause))
    sleep = retrying.sleep

    def longpole_sleep(seconds: Any) -> Any:
        if retrying.sleep is longpole_sleep:
            retrying.sleep = sleep
        known = vars(seconds).pop(_SLEEP, None) if hasattr(seconds, "__dict__") else None
        return sleep(seconds) if known is None else timed(sleep, seconds, known)

    retrying.sleep = longpole_sleep


def _timed(sleep: Any, seconds: Any, known: _Sleep) -> Any:
    with Wait(known.name, Category.RETRY, attempt=known.attempt, cause=known.cause):
        return sleep(seconds)


async def _timed_async(sleep: Any, seconds: Any, known: _Sleep) -> Any:
    with Wait(known.name, Category.RETRY, attempt=known.attempt, cause=known.cause):
        return await sleep(seconds)
