"""Answers about times that are over, kept until a row of these times changes."""

from collections import Counter, OrderedDict
from collections.abc import Callable, Mapping, Sequence
from threading import Lock
from typing import Any, NamedTuple

from longpole.model.batch import Batch
from longpole.model.clock import DAY_NS

_MOST_KEPT = 64
"""An answer is at most a few hundred rows; the longest, hours of two months packed into text, have 40 kB each."""

Answer = Sequence[dict[str, Any]]


class Change(NamedTuple):
    """What a batch changes: the days on which its rows began, and whether it also takes rows away."""

    days: set[int]
    is_removing: bool


def change_of(batch: Batch) -> Change:
    """What a batch will change. Costs 0.1 us a step."""
    days = {row.started_ns // DAY_NS for rows in (batch.executions, batch.steps) for row in rows}
    replaced = set(batch.replace).difference((row.workspace, row.trace_id) for row in batch.executions)
    return Change(days, bool(batch.expired or batch.forget or replaced))


class Changes:
    """Counts what changes in a store whose every change is told here. Safe across threads.

    It is counted by day, so that new rows of today cost nothing that was kept of the days before. A batch that removes
    rows changes all days, because it does not say when they began. Not noticed is a span that is sent again with a
    start on another day, if nothing else of its trace began on the day before: no exporter does that.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._by_day: Counter[int] = Counter()
        self._removals = 0

    def add(self, change: Change) -> None:
        """What a batch changes can be seen by readers from this instant on."""
        with self._lock:
            self._removals += change.is_removing
            self._by_day.update(change.days)

    def until(self, last_day: int) -> int:
        """Grows with every change until that day, the day included."""
        with self._lock:
            return self._removals + sum(count for day, count in self._by_day.items() if day <= last_day)


class KeptAnswers:
    """The answers of one store. Safe across threads."""

    def __init__(self, changes_until: Callable[[int], int]) -> None:
        """Nothing is kept yet.

        Args:
            changes_until: a number that is another one after every change of what began until a day since 1970, the day
                included, whoever made the change.
        """
        self._changes_until = changes_until
        self._lock = Lock()
        self._kept: OrderedDict[tuple[Any, ...], tuple[int, Answer]] = OrderedDict()

    def answer(self, query: str, parameters: Mapping[str, Any], ask: Callable[[], Answer]) -> Answer:
        """The kept answer to a named query that reads what started before its `to_ns`, else what `ask` gives."""
        key = (query, *sorted(parameters.items()))
        changes = self._changes_until((parameters["to_ns"] - 1) // DAY_NS)
        with self._lock:
            kept = self._kept.get(key)
            if kept is not None and kept[0] == changes:
                self._kept.move_to_end(key)
                return kept[1]
        found = ask()
        with self._lock:
            # With the number from before asking: what changed meanwhile may be missing.
            self._kept[key] = changes, found
            self._kept.move_to_end(key)
            while len(self._kept) > _MOST_KEPT:
                self._kept.popitem(last=False)
        return found
