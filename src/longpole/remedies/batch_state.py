"""State written behind: many changes, one transaction for each interval or number of them.

    with BatchState(sql_writer(engine), interval_s=0.2) as state:
        state.put(("plan", "search"), "done")       # returns at once
        state.flush()                               # everything so far is committed

What a crash costs: the changes of the last interval (or those that a failing database has not taken), and only those.
Whatever is in the database is all changes up to one of them, in their order: batches are committed one after the other,
each as a whole. `flush` returns when everything before it is committed.
"""

import atexit
from collections import deque
from collections.abc import Callable, Sequence
from threading import Condition, Thread
from types import TracebackType
from typing import Any, Self

from msgspec import Struct

from longpole.model.category import Category
from longpole.model.clock import steady_ns
from longpole.model.errors import RemedyFull, SettingsError
from longpole.record.current import Record, current
from longpole.record.recorder import recorder
from longpole.record.trouble import warn_once
from longpole.record.waits import add_wait
from longpole.remedies.snapshots import EMPTY, Path, State, changed, without
from longpole.wire import longpole_names as names

CLOSE_S = 10.0
_LONGEST_PAUSE_S = 5.0


class StateChange(Struct, frozen=True, gc=False):
    """One change. `number` counts from 1; `is_removal` says that there is nothing at the path any more."""

    number: int
    path: Path
    value: Any
    is_removal: bool = False


WriteChanges = Callable[[Sequence[StateChange]], None]
"""Writes changes in their order, in one transaction: all or none. Called by one thread at a time."""


class BatchStateFigures(Struct):
    """What was written so far. `most_waiting` is how many changes waited at most."""

    changes: int = 0
    written: int = 0
    transactions: int = 0
    failed_transactions: int = 0
    most_waiting: int = 0


class BatchState:
    """State that can be read at once and is written behind.

    Args:
        write: writes a batch; see `state_writers` for SQLAlchemy and Redis. What it raises is tried again.
        interval_s: how long a change waits at most, while the database answers.
        most_changes: a batch of so many does not wait for the interval.
        most_waiting: so many changes may wait while the database does not answer; then `put` raises.
        start: the state that is in the database already.
        first_number: the number of the next change; one more than the database's, when the program starts again.
    """

    def __init__(
        self,
        write: WriteChanges,
        *,
        interval_s: float = 0.2,
        most_changes: int = 500,
        most_waiting: int = 100_000,
        start: State = EMPTY,
        first_number: int = 1,
    ) -> None:
        if interval_s <= 0 or most_changes < 1 or most_waiting < most_changes:
            raise SettingsError(
                f"BatchState cannot have interval_s={interval_s}, most_changes={most_changes} and "
                f"most_waiting={most_waiting}. Expected: an interval over 0, and room for at least one batch."
            )
        self.figures = BatchStateFigures()
        self._write, self._interval_s = write, interval_s
        self._most_changes, self._most_waiting = most_changes, most_waiting
        self._state = start
        self._number = first_number - 1
        self._written = self._number
        self._asked_for = self._number
        self._waiting: deque[tuple[StateChange, Record | None]] = deque()
        self._news = Condition()
        self._is_closed = False
        self._failure: Exception | None = None
        self._thread = Thread(target=self._run, name="longpole-state", daemon=True)
        self._thread.start()
        atexit.register(self.close)

    def put(self, path: Path | str, value: Any) -> int:
        """Changes what is at the path. The value must not be changed in place afterwards.

        Returns:
            The number of the change.

        Raises:
            RemedyFull: the database has not taken `most_waiting` changes, or the state is closed. Nothing was changed.
            KeyError: the path leads through something that is no mapping.
        """
        return self._take(path, value, is_removal=False)

    def remove(self, path: Path | str) -> int:
        """Takes away what is at the path; otherwise as `put`. Where nothing is, nothing is changed."""
        return self._take(path, None, is_removal=True)

    def snapshot(self) -> State:
        """The state as it is now, with all changes, written or not. Nothing is copied, and it never changes."""
        return self._state

    def flush(self, timeout_s: float = CLOSE_S) -> bool:
        """Waits until every change before this call is committed.

        Returns:
            Whether that came true in time.
        """
        with self._news:
            wanted = self._number
            self._asked_for = max(self._asked_for, wanted)
            self._news.notify_all()
            return self._news.wait_for(lambda: self._written >= wanted, timeout_s)

    def close(self, timeout_s: float = CLOSE_S) -> bool:
        """Writes what waits, and takes no more. It also runs by itself when the program exits.

        Returns:
            Whether everything is committed.
        """
        atexit.unregister(self.close)
        is_written = self.flush(timeout_s)
        with self._news:
            self._is_closed = True
            self._news.notify_all()
        self._thread.join(timeout_s)
        return is_written

    def __enter__(self) -> Self:
        return self

    def __exit__(self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None) -> None:
        self.close()

    def _take(self, path: Path | str, value: Any, *, is_removal: bool) -> int:
        whole = (path,) if isinstance(path, str) else tuple(path)
        with self._news:
            if self._is_closed or len(self._waiting) >= self._most_waiting:
                raise RemedyFull(self._why_full(whole))
            state = without(self._state, whole) if is_removal else changed(self._state, whole, value)
            if state is self._state:  # nothing was there
                return self._number
            self._state = state
            self._number += 1
            change = StateChange(self._number, whole, value, is_removal)
            self._waiting.append((change, current.get() if recorder.is_on else None))
            self.figures.changes += 1
            self.figures.most_waiting = max(self.figures.most_waiting, len(self._waiting))
            if len(self._waiting) == 1 or len(self._waiting) == self._most_changes:
                self._news.notify_all()
            return self._number

    def _why_full(self, path: Path) -> str:
        if self._is_closed:
            return f"The state is closed and {'.'.join(path)!r} is not changed. Expected changes before close()."
        return (
            f"{len(self._waiting)} changes of the state wait to be written, and {'.'.join(path)!r} is not changed. "
            f"Expected a database that takes them; its last answer: {self._failure!r}. Try again when it does."
        )

    def _run(self) -> None:
        """On the writer's thread: batch after batch, until it is closed."""
        pause_s = 0.0
        while True:
            with self._news:
                self._news.wait_for(lambda: self._waiting or self._is_closed)
                if not self._waiting or (self._is_closed and pause_s):
                    return
                self._news.wait_for(self._is_due, max(self._interval_s, pause_s))
                batch = [self._waiting[place] for place in range(min(len(self._waiting), self._most_changes))]
            pause_s = self._commit(batch, pause_s)

    def _is_due(self) -> bool:
        is_asked = self._asked_for > self._written and self._failure is None
        return is_asked or self._is_closed or (len(self._waiting) >= self._most_changes and self._failure is None)

    def _commit(self, batch: Sequence[tuple[StateChange, Record | None]], pause_s: float) -> float:
        """Writes one batch; gives for how long to wait before it is tried again, 0 when it is written."""
        changes = [change for change, _ in batch]
        started = steady_ns()
        try:
            self._write(changes)
        except Exception as error:
            self.figures.failed_transactions += 1
            self._failure = error
            warn_once(f"Changes of the state were not written: {type(error).__name__}: {error}. They are tried again.")
            return min(_LONGEST_PAUSE_S, max(self._interval_s, 2 * pause_s))
        with self._news:
            for _ in batch:
                self._waiting.popleft()
            self._failure = None
            self._written = changes[-1].number
            self.figures.written += len(batch)
            self.figures.transactions += 1
            self._news.notify_all()
        _record(batch, started)
        return 0.0


def _record(batch: Sequence[tuple[StateChange, Record | None]], started_ns: int) -> None:
    """The transaction as a step below the step that made the first of its changes."""
    above = next((record for _, record in batch if record is not None), None)
    if above is not None and recorder.is_on:
        attributes = {
            names.REMEDY: "batch_state",
            names.STATE_CHANGES: len(batch),
            names.STATE_UP_TO: batch[-1][0].number,
        }
        add_wait("write state", Category.DATABASE, above, started_ns, steady_ns(), attributes)
