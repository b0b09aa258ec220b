"""Records of what was timed before: a tree of timings that a program brings, sent the way of everything else."""

from hashlib import blake2b

from longpole.model.category import Category
from longpole.model.errors import InvalidInput, SettingsError
from longpole.record.capture import freeze_text
from longpole.record.collector import ExecutionTimingTree, TimingEntry
from longpole.record.current import ENDED, ERROR, IDS, STARTED, Ids, Record, is_execution_id
from longpole.record.more import add_attributes
from longpole.record.recorder import recorder
from longpole.record.site import Site, text_of
from longpole.wire import longpole_names as names

_TRACE_LETTERS, _SPAN_LETTERS = 32, 16
_HEXADECIMAL = frozenset("0123456789abcdef")


def record_tree(tree: ExecutionTimingTree) -> str:
    """Records a tree that was not recorded when it was timed; gives the id of the execution that it becomes.

    The same tree gives the same ids: recorded again, it is there once. Entries that still run are left out, and what is
    below them belongs to the entry around them.

    Raises:
        SettingsError: recording is off.
        InvalidInput: the tree has no root, or its root still runs.
    """
    if not recorder.is_on:
        raise SettingsError(
            f"The timings of {tree.root_id!r} cannot be stored: recording is off. Expected a program that has called "
            "longpole.configure(), with `enabled` true. Call it first."
        )
    root = tree.entries.get(tree.root_id)
    if root is None or duration_ms_of(root) is None:
        raise InvalidInput(
            f"The timings of {tree.root_id!r} cannot be stored: their root {'is missing' if root is None else 'runs'}. "
            "Expected a tree whose root has ended. Store it afterwards."
        )
    execution_id = _execution_id(tree.root_id, root)
    for entry_id, entry in tree.entries.items():
        if duration_ms_of(entry) is not None:
            recorder.take(_record(tree, entry_id, entry, execution_id))
    return execution_id


def duration_ms_of(entry: TimingEntry) -> float | None:
    """How long an entry took, `None` while it runs; entries that were put together by hand may have only an end."""
    if entry.duration_ms is not None or entry.end_time is None:
        return entry.duration_ms
    return (entry.end_time - entry.start_time) * 1e3


def _record(tree: ExecutionTimingTree, entry_id: str, entry: TimingEntry, execution_id: str) -> Record:
    is_agent = entry.category == Category.AGENT
    operation = text_of(entry.operation)
    site = Site(operation, entry.category, agent=operation if is_agent else None)
    record: Record = [None, site, None, None, None, None, None, None, None]
    record[IDS] = Ids(
        trace_id=execution_id[:_TRACE_LETTERS],
        span_id=_span_id(tree, entry_id, execution_id),
        parent_span_id=_parent_span_id(tree, entry_id, entry, execution_id),
        epoch_ns=0,
        is_execution=is_agent or entry_id == tree.root_id,
    )
    record[STARTED] = round(entry.start_time * 1e9)
    record[ENDED] = record[STARTED] + round((duration_ms_of(entry) or 0.0) * 1e6)
    add_attributes(record, {name: value for name, value in entry.metadata.items() if name != "error"})
    if recorder.sampling_rate < 1.0:
        add_attributes(record, {names.WEIGHT: 1.0})  # no chance chose it: it stands for itself
    error = entry.metadata.get("error")
    if error is not None:
        record[ERROR] = freeze_text(str(error))
    return record


def _parent_span_id(tree: ExecutionTimingTree, entry_id: str, entry: TimingEntry, execution_id: str) -> str | None:
    """The nearest entry above that has ended; below the root, nothing is without one."""
    if entry_id == tree.root_id:
        return None
    seen, above = {entry_id}, entry.parent_id
    while above is not None and above in tree.entries and above not in seen:
        if duration_ms_of(tree.entries[above]) is not None:
            return _span_id(tree, above, execution_id)
        seen.add(above)
        above = tree.entries[above].parent_id
    return _span_id(tree, tree.root_id, execution_id)


def _execution_id(root_id: str, root: TimingEntry) -> str:
    """That of the root if it has the form of one, else one made of its name and start, which tell runs apart."""
    if is_execution_id(root_id):
        return root_id
    seed = f"{root_id} {root.operation} {root.start_time!r}"
    return blake2b(seed.encode("utf-8", "backslashreplace"), digest_size=24).hexdigest()


def _span_id(tree: ExecutionTimingTree, entry_id: str, execution_id: str) -> str:
    if entry_id == tree.root_id:
        return execution_id[_TRACE_LETTERS:]
    if len(entry_id) == _SPAN_LETTERS and _HEXADECIMAL.issuperset(entry_id):
        return entry_id
    seed = f"{execution_id} {entry_id}"
    return blake2b(seed.encode("utf-8", "backslashreplace"), digest_size=8).hexdigest()
