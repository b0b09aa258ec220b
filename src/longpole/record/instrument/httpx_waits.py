"""httpx: the pause before a transport connects again is a step, and a `retry-after` that a server sent is an event.

`HTTPTransport(retries=3)` connects again by itself, and nobody sees how long it pauses. What a program does about a
`retry-after` is its own affair; the event says that it was asked to wait, and for how long.
"""

import sys
from collections.abc import Callable
from importlib import import_module
from math import log2
from typing import Any

from longpole.model.category import Category
from longpole.record.current import current
from longpole.record.instrument.replacement import Replacements
from longpole.record.instrument.retry_waits import retry_after_ms
from longpole.record.more import add_event
from longpole.record.recorder import recorder
from longpole.record.trouble import complain
from longpole.record.waits import Wait
from longpole.wire import longpole_names as names

CLIENTS = {"httpx": "httpcore", "httpx2": "httpcore2"}
"""The client, and what its transports are made of."""
ASKS_TO_WAIT = frozenset({429, 503})
FIRST_PAUSE_S = 0.5  # httpcore pauses 0, 0.5, 1, 2, ... seconds

_hooks: dict[str, Replacements] = {}


def install() -> None:
    """Turns it on for what is imported; again does nothing."""
    for name, core in CLIENTS.items():
        if name not in sys.modules or (name in _hooks and _hooks[name].is_on):
            continue
        hook = _hooks[name] = Replacements()
        client = sys.modules[name]
        hook.add(client.Client, "send", _wrap_send)
        hook.add(client.AsyncClient, "send", _wrap_async_send)
        hook.add(import_module(f"{core}._backends.sync").SyncBackend, "sleep", _wrap_sleep)
        hook.add(import_module(f"{core}._backends.auto").AutoBackend, "sleep", _wrap_async_sleep)


def remove() -> None:
    """Turns it off."""
    for name in tuple(_hooks):
        _hooks.pop(name).remove()


def _wrap_sleep(original: Any, is_wanted: Callable[[], bool]) -> Any:
    def longpole_sleep(self: Any, seconds: float) -> None:
        if not (recorder.is_on and is_wanted()):
            return original(self, seconds)
        with _wait(seconds):
            return original(self, seconds)

    return longpole_sleep


def _wrap_async_sleep(original: Any, is_wanted: Callable[[], bool]) -> Any:
    async def longpole_sleep(self: Any, seconds: float) -> None:
        if not (recorder.is_on and is_wanted()):
            return await original(self, seconds)
        with _wait(seconds):
            return await original(self, seconds)

    return longpole_sleep


def _wait(seconds: float) -> Wait:
    attempt = round(log2(seconds / FIRST_PAUSE_S)) + 2 if seconds > 0 else 1
    return Wait("wait to connect again", Category.RETRY, attempt=attempt, cause="no connection")


def _wrap_send(original: Any, is_wanted: Callable[[], bool]) -> Any:
    def longpole_send(self: Any, *args: Any, **kwargs: Any) -> Any:
        response = original(self, *args, **kwargs)
        if recorder.is_on and is_wanted():
            _note(response)
        return response

    return longpole_send


def _wrap_async_send(original: Any, is_wanted: Callable[[], bool]) -> Any:
    async def longpole_send(self: Any, *args: Any, **kwargs: Any) -> Any:
        response = await original(self, *args, **kwargs)
        if recorder.is_on and is_wanted():
            _note(response)
        return response

    return longpole_send


def _note(response: Any) -> None:
    try:
        here = current.get()
        if response.status_code not in ASKS_TO_WAIT or here is None:
            return
        asked = retry_after_ms(response.headers)
        if asked is not None:
            told = {names.RETRY_AFTER_MS: asked, "http.response.status_code": response.status_code}
            add_event(here, names.EVENT_ASKED_TO_WAIT, told | {"server.address": response.url.host})
    except Exception as error:
        complain("httpx_waits", error)
