"""What is running here: the record of the current step, carried by a context variable.

A record is a plain list, because making one costs 60 ns where an object costs 300. The names below are its places. The
flusher gives it ids when it sends it; `ids_of` gives them earlier to whoever asks.
"""

import copyreg
import os
from contextvars import ContextVar
from threading import RLock
from typing import Any, NamedTuple

from longpole.model.clock import now_ns, steady_ns
from longpole.record.kept_context import keep_contexts
from longpole.record.site import Site
from longpole.wire.longpole_names import WORKSPACE

PARENT, SITE, STARTED, ENDED, INPUT, OUTPUT, ERROR, IDS, MORE = range(9)
"""Places in a record: the parent's record; where in the code; steady start and end (end: None while open); snapshots
of input and output; the frozen exception; `Ids`; a dictionary with everything that most steps do not have."""

Record = list[Any]

current: ContextVar[Record | None] = ContextVar("longpole_current", default=None)
_lock = RLock()


def _current() -> ContextVar[Record | None]:
    return current


def _reduce_variable(variable: ContextVar[Any]) -> tuple[Any, ...]:
    """Decorated functions may be pickled with what they refer to (cloudpickle). Others stay as they were: refused."""
    if variable is not current:
        raise TypeError(f"cannot pickle {type(variable).__qualname__!r} object")
    return _current, ()


copyreg.pickle(ContextVar, _reduce_variable)
keep_contexts()
ID_LETTERS, _HEXADECIMAL = 48, frozenset("0123456789abcdef")


class Ids(NamedTuple):
    """Who a record is on the wire. `epoch_ns` added to a steady time gives nanoseconds since 1970; a whole tree has
    one `epoch_ns`, so that a clock that is set in between cannot tear it apart. `workspace` is whose data it and what
    is below it is, if that was told; else they are the configured workspace's."""

    trace_id: str
    span_id: str
    parent_span_id: str | None
    epoch_ns: int
    is_execution: bool
    workspace: str | None = None


def is_execution_id(text: str) -> bool:
    """Whether a text has the form of an execution's id: trace id and span id, 48 hexadecimal digits."""
    return len(text) == ID_LETTERS and _HEXADECIMAL.issuperset(text)


def new_record(parent: Record | None, site: Site | None) -> Record:
    """A record that starts now. The decorators write this list out: a call costs them 50 ns."""
    return [parent, site, steady_ns(), None, None, None, None, None, None]


def is_unsampled(record: Record) -> bool:
    """Whether the record stands for an execution that sampling left out; nothing below it is recorded."""
    return record[SITE] is None and record[IDS] is None


def remote_record(trace_id: str, span_id: str) -> Record:
    """A record that stands for a step in another process; it is only ever a parent."""
    record = new_record(None, None)
    record[IDS] = Ids(trace_id, span_id, None, now_ns() - steady_ns(), False)
    return record


def attempt_record(parent: Record, number: int) -> Record:
    """A record that stands for `parent` while an attempt after the first runs: steps below it carry the number.

    It has the parent's ids, so that the steps are children of the parent itself; what is said of it is said of the
    parent (`more.put`).
    """
    if parent[SITE] is None:
        if parent[IDS] is None:
            return parent
        parent = own_record(parent)
    record = new_record(parent, None)
    record[IDS] = ids_of(parent)._replace(is_execution=False)
    record[INPUT] = number
    return record


def own_record(record: Record) -> Record:
    """The record itself, or the one that an attempt's record stands for."""
    return record[PARENT] if record[SITE] is None and record[PARENT] is not None else record


def ids_of(record: Record) -> Ids:
    """The ids of a record, made now if it has none yet, its parents' first."""
    ids: Ids | None = record[IDS]
    return ids if ids is not None else _make_ids(record)


def current_execution_record() -> Record | None:
    """The record of the execution that runs here, or `None` outside of any (and where sampling left it out)."""
    return nearest_execution(current.get())


def nearest_execution(record: Record | None) -> Record | None:
    """The record itself if it is an execution, else the nearest one above it."""
    while record is not None and not is_execution(record):
        record = record[PARENT]
    return record


def is_execution(record: Record) -> bool:
    """Whether a record is an execution: an agent's, unless it is a method called by the same agent class itself."""
    if record[IDS] is not None:
        return record[IDS].is_execution
    site: Site | None = record[SITE]
    if site is None or not site.is_agent:
        return False
    if not site.is_of_class:
        return True
    above = nearest_execution(record[PARENT])
    return above is None or above[SITE] is None or above[SITE].agent != site.agent


def living(record: Record | None) -> Record | None:
    """The record, or what is above it if its framework told its end where this context could not be set back."""
    while record is not None and record[ENDED] is not None and record[SITE] is not None and record[SITE].is_told:
        record = record[PARENT]
    return record


def forget_parent(record: Record) -> None:
    """Cut a sent record off from all but its execution: a task that starts the next one for ever must not keep all."""
    record[PARENT] = None if is_execution(record) else nearest_execution(record[PARENT])


def _make_ids(record: Record) -> Ids:
    without: list[Record] = []
    above: Record | None = record
    while above is not None and above[IDS] is None:
        without.append(above)
        above = above[PARENT]
    with _lock:
        for each in reversed(without):
            if each[IDS] is None:
                each[IDS] = _ids_below(each, each[PARENT])
    return record[IDS]


def _ids_below(record: Record, parent: Record | None) -> Ids:
    own, told = os.urandom(8).hex(), told_workspace(record)
    if parent is None or parent[IDS] is None:
        return Ids(os.urandom(16).hex(), own, None, now_ns() - steady_ns(), is_execution(record), told)
    above: Ids = parent[IDS]
    workspace = above.workspace if told is None else told
    return Ids(above.trace_id, own, above.span_id, above.epoch_ns, is_execution(record), workspace)


def told_workspace(record: Record) -> str | None:
    """The workspace that was told of this very record; kept by `longpole.record.more`, which is above this module."""
    more: dict[str, Any] | None = record[MORE]
    return None if more is None else more.get("attributes", {}).get(WORKSPACE)


def reset_after_fork() -> None:
    """In a new child: a lock that another thread held at the fork would never be released."""
    global _lock
    _lock = RLock()
