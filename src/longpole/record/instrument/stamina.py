"""stamina: like tenacity, on which it stands; its own hook tells what is being retried."""

from importlib import import_module
from typing import Any

from longpole.record.instrument import tenacity
from longpole.record.trouble import complain

_on: list[bool] = []  # one element while it is on: whether tenacity's hook came with it


def install() -> None:
    """Turns it on; again does nothing. Hooks that the program has set stay and are called as before."""
    if _on:
        return
    instrumentation = import_module("stamina.instrumentation")
    _on.append(not tenacity.is_on())
    tenacity.install()
    instrumentation.set_on_retry_hooks((*instrumentation.get_on_retry_hooks(), _name_what_is_retried))


def remove() -> None:
    """Turns it off, and tenacity's hook with it if it came with it."""
    if not _on:
        return
    instrumentation = import_module("stamina.instrumentation")
    others = [hook for hook in instrumentation.get_on_retry_hooks() if hook is not _name_what_is_retried]
    instrumentation.set_on_retry_hooks(others)
    if _on.pop():
        tenacity.remove()


def _name_what_is_retried(details: Any) -> None:
    """Called in tenacity's `iter`, right before it decides to sleep."""
    try:
        tenacity.retried.set(str(details.name))
    except Exception as error:
        complain("stamina", error)
