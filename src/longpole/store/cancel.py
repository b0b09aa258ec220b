"""Cancels statements from another thread, so that a server that stops waits for no long question.

Who asks does it within `Cancellation.scope()`; an engine puts `running(...)` around each statement that may take long.
What is cancelled fails as a statement fails in that engine.
"""

import logging
from collections.abc import Callable, Generator
from contextlib import contextmanager
from contextvars import ContextVar
from itertools import count
from threading import Lock

from longpole.model.errors import StoreError

_log = logging.getLogger(__name__)
_scope: ContextVar["Cancellation | None"] = ContextVar("longpole-cancellation", default=None)


class Cancellation:
    """Whatever is asked within its scope, in any number of threads, can be cancelled together."""

    def __init__(self) -> None:
        self._changing = Lock()
        self._numbers = count()
        self._running: dict[int, Callable[[], object]] = {}
        self._is_cancelled = False

    @contextmanager
    def scope(self) -> Generator[None]:
        """Statements of the block belong to this, and those of threads that take over its context variables."""
        token = _scope.set(self)
        try:
            yield
        finally:
            _scope.reset(token)

    def cancel(self) -> None:
        """Cancel what runs and refuse what would begin later.

        Ask again while the work goes on: a statement that was about to begin may not have noticed.
        """
        with self._changing:
            self._is_cancelled = True
            for cancel in self._running.values():
                try:
                    cancel()
                except Exception as error:  # the database may be gone, and the statement with it
                    _log.warning("a statement could not be cancelled: %s", error)

    @contextmanager
    def running(self, cancel: Callable[[], object]) -> Generator[None]:
        """The statement of the block ends early when `cancel` is called; see the function of this name."""
        with self._changing:
            if self._is_cancelled:
                raise StoreError(
                    "A question to the store was cancelled, because the server stops. Expected one that goes on. "
                    "Ask again when it is back."
                )
            number = next(self._numbers)
            self._running[number] = cancel
        try:
            yield
        finally:
            with self._changing:  # so nothing is cancelled that this connection does next
                del self._running[number]


@contextmanager
def running(cancel: Callable[[], object]) -> Generator[None]:
    """Around a statement: `cancel`, called by another thread, makes it fail soon. Outside a scope nobody calls it.

    Raises:
        StoreError: its scope is cancelled already.
    """
    scope = _scope.get()
    if scope is None:
        yield
        return
    with scope.running(cancel):
        yield


def is_cancellable() -> bool:
    """Whether what is asked here and now may be cancelled."""
    return _scope.get() is not None
