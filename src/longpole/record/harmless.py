"""What keeps a mistake in telling about the work away from the work itself."""

import functools
from collections.abc import Callable
from importlib import import_module
from typing import ParamSpec

from longpole.record.capture import describe
from longpole.record.finished import DONE, Finished

Parameters = ParamSpec("Parameters")
MOST_WARNINGS = 20
_warned: set[str] = set()


def harmless(method: Callable[Parameters, Finished]) -> Callable[Parameters, Finished]:
    """The method, which does not raise any more: what goes wrong in it is told in the log, and the program goes on."""

    @functools.wraps(method)
    def call(*args: Parameters.args, **kwargs: Parameters.kwargs) -> Finished:
        try:
            return method(*args, **kwargs)
        except Exception as error:
            warn_once(f"{method.__qualname__} could not note what it was told: {describe(error)}. The program goes on.")
            return DONE

    return call


def quiet(function: Callable[Parameters, None]) -> Callable[Parameters, None]:
    """The same for a function that gives nothing."""

    @functools.wraps(function)
    def call(*args: Parameters.args, **kwargs: Parameters.kwargs) -> None:
        try:
            function(*args, **kwargs)
        except Exception as error:
            warn_once(
                f"{function.__qualname__} could not note what it was told: {describe(error)}. The program goes on."
            )

    return call


def warn_once(message: str) -> None:
    """Tells it in the log, the first time; at most 20 different messages."""
    if message not in _warned and len(_warned) < MOST_WARNINGS:
        _warned.add(message)
        import_module("logging").getLogger("longpole").warning("%s", message)  # 3 ms that few programs need
