"""openai and anthropic: the pause before their clients try again is a step, and the next requests carry their number.

Both clients come from one generator and are built alike; others of its make can be added to `CLIENTS`.
"""

import sys
from collections.abc import Callable
from contextvars import ContextVar
from importlib import import_module
from typing import Any

from longpole.model.category import Category
from longpole.record.current import Record
from longpole.record.instrument.replacement import Replacements
from longpole.record.recorder import recorder
from longpole.record.trouble import complain
from longpole.record.waits import Wait, begin_attempt, end_attempt

CLIENTS = ("openai", "anthropic")
TOO_MANY_REQUESTS = 429

_hooks: dict[str, Replacements] = {}
_attempt: ContextVar[Record | None] = ContextVar("longpole_request_attempt", default=None)


def install(client: str | None = None) -> None:
    """Turns it on for one client library, or for those of them that are imported; again does nothing."""
    for name in (client,) if client else [name for name in CLIENTS if name in sys.modules]:
        hook = _hooks.setdefault(name, Replacements())
        if hook.is_on:
            continue
        module = import_module(f"{name}._base_client")
        hook.add(module.SyncAPIClient, "request", _wrap_request)
        hook.add(module.SyncAPIClient, "_sleep_for_retry", _wrap_sleep)
        hook.add(module.AsyncAPIClient, "request", _wrap_async_request)
        hook.add(module.AsyncAPIClient, "_sleep_for_retry", _wrap_async_sleep)


def remove(client: str | None = None) -> None:
    """Turns it off."""
    for name in (client,) if client else tuple(_hooks):
        _hooks.pop(name, Replacements()).remove()


def retry_after_ms(headers: Any) -> float | None:
    """What a server asked for in `retry-after-ms` or, in seconds, `retry-after`; of a date nothing is made."""
    for name, factor in (("retry-after-ms", 1.0), ("retry-after", 1000.0)):
        try:
            return float(headers[name]) * factor
        except (KeyError, TypeError, ValueError):
            continue
    return None


def _wrap_sleep(original: Any, is_wanted: Callable[[], bool]) -> Any:
    def longpole_sleep_for_retry(self: Any, *args: Any, **kwargs: Any) -> Any:
        if not (recorder.is_on and is_wanted()):
            return original(self, *args, **kwargs)
        _end_attempt()
        with _wait(kwargs):
            result = original(self, *args, **kwargs)
        _begin_attempt(kwargs)
        return result

    return longpole_sleep_for_retry


def _wrap_async_sleep(original: Any, is_wanted: Callable[[], bool]) -> Any:
    async def longpole_sleep_for_retry(self: Any, *args: Any, **kwargs: Any) -> Any:
        if not (recorder.is_on and is_wanted()):
            return await original(self, *args, **kwargs)
        _end_attempt()
        with _wait(kwargs):
            result = await original(self, *args, **kwargs)
        _begin_attempt(kwargs)
        return result

    return longpole_sleep_for_retry


def _wrap_request(original: Any, is_wanted: Callable[[], bool]) -> Any:
    def longpole_request(self: Any, *args: Any, **kwargs: Any) -> Any:
        if not (recorder.is_on and is_wanted()):
            return original(self, *args, **kwargs)
        outer = _attempt.get()
        _attempt.set(None)
        try:
            return original(self, *args, **kwargs)
        finally:
            _end_attempt(outer)

    return longpole_request


def _wrap_async_request(original: Any, is_wanted: Callable[[], bool]) -> Any:
    async def longpole_request(self: Any, *args: Any, **kwargs: Any) -> Any:
        if not (recorder.is_on and is_wanted()):
            return await original(self, *args, **kwargs)
        outer = _attempt.get()
        _attempt.set(None)
        try:
            return await original(self, *args, **kwargs)
        finally:
            _end_attempt(outer)

    return longpole_request


def _wait(kwargs: dict[str, Any]) -> Wait:
    """The wait that these arguments of `_sleep_for_retry` tell of."""
    response, attempt = kwargs.get("response"), kwargs.get("retries_taken")
    status: int | None = getattr(response, "status_code", None)
    is_limit = status == TOO_MANY_REQUESTS
    return Wait(
        "wait for the rate limit" if is_limit else "wait to retry the request",
        Category.RATE_LIMIT if is_limit else Category.RETRY,
        attempt=attempt + 1 if isinstance(attempt, int) else None,
        cause="no answer" if status is None else str(status),
        retry_after_ms=retry_after_ms(getattr(response, "headers", None)),
    )


def _begin_attempt(kwargs: dict[str, Any]) -> None:
    try:
        _attempt.set(begin_attempt(kwargs["retries_taken"] + 2))
    except Exception as error:
        complain("retry_waits", error)


def _end_attempt(outer: Record | None = None) -> None:
    try:
        end_attempt(_attempt.get())
        _attempt.set(outer)
    except Exception as error:
        complain("retry_waits", error)
