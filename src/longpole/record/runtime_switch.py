"""Turns the watch over the process on and off. A module of its own: a program that never asks for it loads nothing."""

from typing import TYPE_CHECKING, Literal

from longpole.record.trouble import complain

if TYPE_CHECKING:
    from longpole.record.runtime_watch import RuntimeWatch


def start_runtime_watch(wanted: Literal["off", "usual", "all"]) -> "RuntimeWatch | None":
    """The watch, which has begun; `None` where it is off, or cannot begin (told in the log)."""
    if wanted == "off":
        return None
    from longpole.record import runtime_hooks  # noqa: PLC0415 - json, and what is wrapped, for those who ask for it
    from longpole.record.runtime_watch import RuntimeWatch  # noqa: PLC0415 - likewise

    try:
        watch = RuntimeWatch()
        watch.start()
        runtime_hooks.install(watch, counts_json=wanted == "all")
    except Exception as error:
        complain("runtime_watch", error)
        return None
    return watch


def stop_runtime_watch(watch: "RuntimeWatch | None") -> None:
    """Ends it, if there is one."""
    if watch is None:
        return
    from longpole.record import runtime_hooks  # noqa: PLC0415 - loaded already

    runtime_hooks.remove()
    watch.stop()
