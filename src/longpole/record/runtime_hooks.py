"""What is counted at the execution that runs: WebSocket messages, validations, serialisations, thread pools made.

Only while `watch_runtime` is on is anything of other libraries wrapped, and a library only once it is imported.
"""

import json
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from typing import Any

from longpole.model.clock import steady_ns
from longpole.record.instrument.replacement import Replacements
from longpole.record.instrument.when_imported import when_imported
from longpole.record.recorder import recorder
from longpole.record.runtime_watch import RuntimeWatch
from longpole.record.trouble import complain
from longpole.wire import longpole_names as names

VALIDATION = (names.RUNTIME_VALIDATIONS, names.RUNTIME_VALIDATION_NS)
SERIALIZATION = (names.RUNTIME_SERIALIZATIONS, names.RUNTIME_SERIALIZATION_NS)

_hooks = Replacements()
_on: list[RuntimeWatch] = []  # the one that is on
_hooked: set[str] = set()


def install(watch: RuntimeWatch, *, counts_json: bool) -> None:
    """Counts into `watch` from now on. With `counts_json` also `json.dumps` and `json.loads`: 1.5 us for each call."""
    _on[:] = [watch]
    if not _hooks.is_on:
        _hooked.clear()
        _hooks.add(ThreadPoolExecutor, "__init__", _wrap_executor)
        if counts_json:
            for name in ("dumps", "loads"):
                _hooks.add(json, name, _timed(SERIALIZATION))
    for library, hook in (
        ("pydantic.main", _hook_models),
        ("pydantic.type_adapter", _hook_adapters),
        ("starlette.websockets", _hook_starlette),
        ("websockets.asyncio.connection", _hook_websockets),
        ("websockets.sync.connection", _hook_websockets_sync),
    ):
        when_imported(library, _once(library, hook))


def remove() -> None:
    """Counts nothing any more, and leaves the libraries as they were."""
    _on.clear()
    _hooks.remove()
    _hooked.clear()


def _once(library: str, hook: Callable[[Any], None]) -> Callable[[], None]:
    def install_hook() -> None:
        if _on and library not in _hooked:
            _hooked.add(library)
            hook(sys.modules.get(library) or import_module(library))

    return install_hook


def _hook_models(module: Any) -> None:
    for name in ("__init__", "model_validate", "model_validate_json"):
        _hooks.add(module.BaseModel, name, _timed_method(VALIDATION))
    for name in ("model_dump", "model_dump_json"):
        _hooks.add(module.BaseModel, name, _timed_method(SERIALIZATION))


def _hook_adapters(module: Any) -> None:
    for name in ("validate_python", "validate_json"):
        _hooks.add(module.TypeAdapter, name, _timed(VALIDATION))
    for name in ("dump_python", "dump_json"):
        _hooks.add(module.TypeAdapter, name, _timed(SERIALIZATION))


def _hook_starlette(module: Any) -> None:
    _hooks.add(module.WebSocket, "send", _wrap_starlette_send)


def _hook_websockets(module: Any) -> None:
    _hooks.add(module.Connection, "send", _wrap_send)


def _hook_websockets_sync(module: Any) -> None:
    _hooks.add(module.Connection, "send", _wrap_send)


def _count(name: str, by: int = 1, second: str = "", second_by: int = 0) -> None:
    try:
        if recorder.is_on and _on:
            _on[0].count(name, by, second, second_by)
    except Exception as error:
        complain("runtime_hooks", error)


def _timed(told: tuple[str, str]) -> Callable[[Any, Callable[[], bool]], Any]:
    """A wrapper that counts calls and their time."""

    def wrap(original: Any, is_wanted: Callable[[], bool]) -> Any:
        def longpole_timed(*args: Any, **kwargs: Any) -> Any:
            if not is_wanted():
                return original(*args, **kwargs)
            started = steady_ns()
            try:
                return original(*args, **kwargs)
            finally:
                _count(told[0], 1, told[1], steady_ns() - started)

        return longpole_timed

    return wrap


def _timed_method(told: tuple[str, str]) -> Callable[[Any, Callable[[], bool]], Any]:
    """The same for a method, also of the class itself."""

    def wrap(original: Any, is_wanted: Callable[[], bool]) -> Any:
        function = getattr(original, "__func__", None)
        if function is None:
            return _timed(told)(original, is_wanted)
        timed = _timed(told)(function, is_wanted)
        return classmethod(timed)

    return wrap


def _wrap_executor(original: Any, is_wanted: Callable[[], bool]) -> Any:
    def longpole_init(self: Any, *args: Any, **kwargs: Any) -> None:
        if is_wanted():
            _count(names.RUNTIME_EXECUTORS)
        original(self, *args, **kwargs)

    return longpole_init


def _wrap_starlette_send(original: Any, is_wanted: Callable[[], bool]) -> Any:
    async def longpole_send(self: Any, message: Any, *args: Any, **kwargs: Any) -> Any:
        if is_wanted() and isinstance(message, dict) and message.get("type") == "websocket.send":
            _count_message(message.get("text") or message.get("bytes"))
        return await original(self, message, *args, **kwargs)

    return longpole_send


def _wrap_send(original: Any, is_wanted: Callable[[], bool]) -> Any:
    def longpole_send(self: Any, message: Any, *args: Any, **kwargs: Any) -> Any:
        if is_wanted():
            _count_message(message)
        return original(self, message, *args, **kwargs)

    return longpole_send


def _count_message(content: object) -> None:
    # Letters, not bytes, of a text: to encode it would cost as much as sending it.
    size = len(content) if isinstance(content, str | bytes | bytearray | memoryview) else 0
    _count(names.RUNTIME_WEBSOCKET_MESSAGES, 1, names.RUNTIME_WEBSOCKET_BYTES, size)
