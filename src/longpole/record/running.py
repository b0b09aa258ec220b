"""A record that was made before it starts: begun, current while it runs, ended."""

from typing import Any

from longpole.model.clock import steady_ns
from longpole.record.current import ENDED, MORE, PARENT, STARTED, Record, current, told_workspace
from longpole.record.recorder import recorder


class Running:
    """A record from its start to its end; in between it is the current one.

    Args:
        record: made before, so that its ids may be known already; perhaps announced already.
        given: what it works on, as `recorder.start` takes it.
    """

    __slots__ = ("_before", "record")

    def __init__(self, record: Record, given: Any = None) -> None:
        self.record = recorder.begin(record, given) if record[STARTED] is None else record
        """The record; or its stand-in, if sampling leaves it out."""
        if self.record is not record:
            record[PARENT] = None  # it may have ids of its own, and nobody will hear of them
            if told_workspace(record) is not None:
                self.record = [*self.record[:MORE], record[MORE]]  # a stand-in too belongs to a workspace
        self._before = current.get()
        current.set(self.record)

    def stop(self, error: BaseException | None = None) -> None:
        """Ends the record, once, with the exception that left it if there is one. It stays the current one."""
        if self.record[ENDED] is None:
            if error is None:
                self.record[ENDED] = steady_ns()
            else:
                recorder.fail(self.record, error)

    def end(self, error: BaseException | None = None) -> None:
        """Ends the record, and makes current again what was so before, unless something else has become it."""
        self.stop(error)
        if current.get() is self.record:
            current.set(self._before)


def as_given(value: Any) -> Any:
    """One value, or a dictionary of named ones, as `recorder.start` takes what a step works on."""
    if value is None:
        return None
    is_named = isinstance(value, dict) and all(type(name) is str for name in value)
    return ((), value) if is_named else ((value,), None)
