"""Something that keeps failing for a while: since when, and why. Its beginning and its end are logged, no more."""

import logging
import threading
from collections.abc import Callable

from msgspec import Struct

from longpole.model.clock import now_ns

_LONGEST_REASON = 500


class Trouble(Struct, frozen=True, kw_only=True):
    """What fails now: since when (nanoseconds since 1970), how often since, and the last reason."""

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

    @property
    def trouble(self) -> Trouble | None:
        """What is the matter; nothing if it worked the last time."""
        return self._trouble

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
