"""Log arguments that are made only when somebody reads them: `logger.debug("asked %s", lazy(json.dumps, question))`."""

from collections.abc import Callable
from typing import Any

_UNMADE = object()


class lazy:  # noqa: N801 - used like a function: logger.debug("%s", lazy(json.dumps, data))
    """A text that `function(*args, **kwargs)` makes when it is asked for, once.

    A logger whose level lets the line out never asks. The arguments are read then, not now: what is changed between the
    call and the handler is logged as changed.
    """

    __slots__ = ("_args", "_function", "_kwargs", "_text")

    def __init__(self, function: Callable[..., Any], *args: Any, **kwargs: Any) -> None:
        self._function = function
        self._args = args
        self._kwargs = kwargs
        self._text: Any = _UNMADE

    def __str__(self) -> str:
        if self._text is _UNMADE:
            self._text = str(self._function(*self._args, **self._kwargs))
            self._args, self._kwargs = (), {}
        return self._text

    __repr__ = __str__

    def __format__(self, spec: str) -> str:
        return format(str(self), spec)

    def __reduce__(self) -> tuple[Any, ...]:
        """As its text: a line that goes to another process is read there."""
        return str, (str(self),)
