"""Waiting as a step of its own: before another attempt, for a server's limit, in a queue.

A wait stands below the step that waits; outside of any step nothing is recorded.
"""

from typing import Any

from longpole.model.category import Category
from longpole.record.current import ENDED, IDS, PARENT, SITE, Record, attempt_record, current, own_record
from longpole.record.more import ATTRIBUTES, put
from longpole.record.recorder import recorder
from longpole.record.site import Site
from longpole.wire import longpole_names as names

_MOST_SITES = 256
_sites: dict[tuple[str, str], Site] = {}


class Wait:
    """A wait as a context manager.

    Args:
        name: of the step.
        category: `retry`, `rate_limit` or `queue`.
        attempt: the number of the attempt that failed, from 1.
        cause: the type of its error, or the status that was answered.
        retry_after_ms: what the server asked for.
    """

    __slots__ = ("_attributes", "_category", "_name", "_record")

    def __init__(
        self,
        name: str,
        category: Category,
        *,
        attempt: int | None = None,
        cause: str | None = None,
        retry_after_ms: float | None = None,
    ) -> None:
        self._name = name
        self._category = category
        self._attributes: dict[str, Any] = {
            names.ATTEMPT: attempt,
            names.RETRY_CAUSE: cause,
            names.RETRY_AFTER_MS: retry_after_ms,
        }
        self._record: Record | None = None

    def __enter__(self) -> None:
        parent = current.get()
        if not recorder.is_on or parent is None:
            return
        self._record = recorder.start(_site(self._name, self._category), own_record(parent))
        if self._record[SITE] is not None:
            known = {name: value for name, value in self._attributes.items() if value is not None}
            put(self._record, ATTRIBUTES, known)

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        if self._record is None or self._record[SITE] is None:
            return
        if error is None:
            recorder.finish(self._record, None)
        else:
            recorder.fail(self._record, error)


def add_wait(
    name: str, category: Category, parent: Record, started_ns: int, ended_ns: int, attributes: dict[str, Any]
) -> None:
    """Records a wait that is over already, by its steady start and end."""
    if parent[SITE] is None and parent[IDS] is None:
        return
    record: Record = [parent, _site(name, category), started_ns, None, None, None, None, None, None]
    put(record, ATTRIBUTES, attributes)
    record[ENDED] = ended_ns
    recorder.append(record)
    if not recorder.is_awake:
        recorder.wake()


def begin_attempt(number: int) -> Record | None:
    """From here on, steps below the current one carry the number of this attempt, if it is not the first.

    Returns:
        What to give to `end_attempt`.
    """
    here = current.get()
    if number < 2 or not recorder.is_on or here is None:
        return None
    attempt = attempt_record(here, number)
    if attempt is here:
        return None
    current.set(attempt)
    return attempt


def end_attempt(attempt: Record | None) -> None:
    """The attempt is over. Safe to call where it is not the current one any more."""
    if attempt is not None and current.get() is attempt:
        current.set(attempt[PARENT])


def _site(name: str, category: Category) -> Site:
    site = _sites.get((name, category))
    if site is None:
        if len(_sites) >= _MOST_SITES:
            _sites.clear()
        site = _sites[name, category] = Site(name, category)
    return site
