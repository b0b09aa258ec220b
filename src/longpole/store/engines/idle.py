"""A thread that does something once it has been quiet for a while."""

import logging
from collections.abc import Callable
from threading import Condition, Thread

_log = logging.getLogger(__name__)


class WhenIdle:
    """Calls `act` each time that `stir` was called and then not again for `quiet_s` seconds. Safe across threads.

    What `act` raises is logged; the next quiet time tries again.
    """

    def __init__(self, act: Callable[[], None], *, quiet_s: float, name: str) -> None:
        self._act = act
        self._quiet_s = quiet_s
        self._changed = Condition()
        self._stirs = 0
        self._is_closing = False
        self._thread = Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def stir(self) -> None:
        """Note that something happened."""
        with self._changed:
            self._stirs += 1
            self._changed.notify()

    def close(self) -> None:
        """End the thread; returns when `act` is not running any more."""
        with self._changed:
            self._is_closing = True
            self._changed.notify()
        self._thread.join()

    def _run(self) -> None:
        acted_at = 0
        while True:
            with self._changed:
                self._changed.wait_for(lambda seen=acted_at: self._is_closing or self._stirs != seen)
                stirs = self._stirs
                while not self._is_closing and self._changed.wait_for(
                    lambda seen=stirs: self._is_closing or self._stirs != seen, self._quiet_s
                ):
                    stirs = self._stirs
                if self._is_closing:
                    return
            acted_at = stirs
            try:
                self._act()
            except Exception:
                _log.exception("%s failed; trying again after the next writes", self._thread.name)
