"""What keeps a mistake in telling about the work away from the work itself."""

import functools
from collections.abc import Callable
from typing import ParamSpec

from longpole.record.finished import DONE, Finished
from longpole.record.let_through import let_through
from longpole.record.trouble import complain

Parameters = ParamSpec("Parameters")


def harmless(method: Callable[Parameters, Finished]) -> Callable[Parameters, Finished]:
    """The method, which does not raise any more: what goes wrong in it is told in the log, and the program goes on."""

    @functools.wraps(method)
    def call(*args: Parameters.args, **kwargs: Parameters.kwargs) -> Finished:
        try:
            return method(*args, **kwargs)
        except BaseException as error:
            let_through(error)
            complain(method.__qualname__, error)
            return DONE

    return call


def quiet(function: Callable[Parameters, None]) -> Callable[Parameters, None]:
    """The same for a function that gives nothing."""

    @functools.wraps(function)
    def call(*args: Parameters.args, **kwargs: Parameters.kwargs) -> None:
        try:
            function(*args, **kwargs)
        except BaseException as error:
            let_through(error)
            complain(function.__qualname__, error)

    return call
