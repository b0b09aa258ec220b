"""Something that keeps failing for a while, or does not come to an end: since when, and why.

The beginning and the end of failures are logged, no more.
"""

import logging
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager

from msgspec import Struct

from longpole.model.clock import now_ns

SLOW_NS = 3 * 10**9
_LONGEST_REASON = 500


class Trouble(Struct, frozen=True, kw_only=True):
    """What fails now: since when (nanoseconds since 1970), how often since, and the last reason.

    Without failures it is what takes longer than three seconds, as when somebody has locked a table.
    """

    since_ns: int
    failures: int
    reason: str


class Outage:
    """Whether something fails. Safe across threads.

    Args:
        what: the sentence that its failure is, such as "The store takes no writes".
        log: where its beginning and its end are told.
        now: the time in nanoseconds since 1970.
    """

    def __init__(self, what: str, log: logging.Logger, now: Callable[[], int] = now_ns) -> None:
        self._what = what
        self._log = log
        self._now = now
        self._lock = threading.Lock()
        self._trouble: Trouble | None = None
        self._began_ns: int | None = None

    @property
    def trouble(self) -> Trouble | None:
        """What is the matter; nothing if it worked the last time and does not take long now."""
        failing, began_ns = self._trouble, self._began_ns
        if failing is not None or began_ns is None:
            return failing
        waited_ns = self._now() - began_ns
        if waited_ns < SLOW_NS:
            return None
        reason = f"It has neither answered nor failed for {waited_ns // 10**9} s"
        return Trouble(since_ns=began_ns, failures=0, reason=reason)

    @contextmanager
    def attempt(self) -> Generator[None]:
        """Around one try; one thread at a time."""
        self._began_ns = self._now()
        try:
            yield
        finally:
            self._began_ns = None

    def failed(self, error: Exception) -> None:
        """Note that it failed again."""
        reason = f"{type(error).__name__}: {error}".strip()[:_LONGEST_REASON]
        with self._lock:
            before = self._trouble
            if before is None:
                self._trouble = Trouble(since_ns=self._now(), failures=1, reason=reason)
            else:
                self._trouble = Trouble(since_ns=before.since_ns, failures=before.failures + 1, reason=reason)
        if before is None:
            self._log.error("%s; trying again until it works", self._what, exc_info=error)

    def worked(self) -> None:
        """Note that it worked."""
        with self._lock:
            before: Trouble | None = self._trouble
            self._trouble = None
        if before is not None:
            lasted_s = (self._now() - before.since_ns) / 1e9
            self._log.warning("Over after %.1f s and %d failures: %s", lasted_s, before.failures, self._what)
