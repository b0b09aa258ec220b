"""How often something may be done: so many times a second, with some in store for those who come all at once."""

import time
from collections.abc import Callable

BURST_S = 5.0
"""Who has been quiet may send what is allowed within so many seconds at once."""


class Allowance:
    """A bucket of tokens that fills by itself; for one thread."""

    __slots__ = ("_filled_s", "_most", "_now", "_per_s", "_tokens")

    def __init__(self, per_s: float, most: float | None = None, now: Callable[[], float] = time.monotonic) -> None:
        """Full at the beginning.

        Args:
            per_s: how many tokens come in a second.
            most: how many it holds.
            now: the seconds of a steady clock.
        """
        self._per_s = per_s
        self._most = max(1.0, per_s * BURST_S if most is None else most)
        self._tokens = self._most
        self._now = now
        self._filled_s = now()

    def take(self) -> float:
        """Take a token: 0, or if there is none the seconds until there is one."""
        now_s = self._now()
        self._tokens = min(self._most, self._tokens + (now_s - self._filled_s) * self._per_s)
        self._filled_s = now_s
        if self._tokens >= 1:
            self._tokens -= 1
            return 0.0
        return (1 - self._tokens) / self._per_s
