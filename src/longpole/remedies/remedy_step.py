"""How a remedy tells what it did: as a step of the execution that it serves, or as a wait below the step that waited.

Outside of any step, and before `configure()`, nothing is recorded and everything works the same.
"""

from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any, Self

from longpole.model.category import Category
from longpole.model.clock import steady_ns
from longpole.record.current import ENDED, Record, current
from longpole.record.more import ATTRIBUTES, FIRST_TOKEN, put
from longpole.record.recorder import recorder
from longpole.record.site import Site, site_of_function
from longpole.record.waits import add_wait
from longpole.wire import longpole_names as names

SHORTEST_WAIT_NS = 1_000_000
"""Shorter waits are counted and not recorded: a step for each would cost more than it tells."""


def named_site(name: str, category: str, remedy: str) -> Site:
    """Where steps of a remedy come from that belong to no function. Make it once for each name."""
    return Site(name, category, more={names.REMEDY: remedy})


def function_site(function: Callable[..., Any], name: str, category: str, remedy: str) -> Site:
    """The same for a function of the program: its place in the code is the place of the steps."""
    return site_of_function(function, name, category, more={names.REMEDY: remedy})


class RemedyStep:
    """A step as a context manager.

    Args:
        site: where it comes from.
        may_be_root: whether it is recorded outside of any step, where it becomes an execution.
    """

    __slots__ = ("_before", "_may_be_root", "_record", "_site")

    def __init__(self, site: Site, *, may_be_root: bool = False) -> None:
        self._site = site
        self._may_be_root = may_be_root
        self._before: Record | None = None
        self._record: Record | None = None

    def __enter__(self) -> Self:
        self._before = current.get()
        if recorder.is_on and (self._may_be_root or self._before is not None):
            self._record = recorder.start(self._site, self._before)
            current.set(self._record)
        return self

    def step_aside(self) -> None:
        """It is not the current step any more, and still open; tasks that began meanwhile stay below it."""
        if self._record is not None and current.get() is self._record:
            current.set(self._before)

    def add(self, attributes: Mapping[str, Any]) -> None:
        """Adds attributes; those that are `None` are unknown and left out."""
        if self._record is not None:
            put(self._record, ATTRIBUTES, {name: value for name, value in attributes.items() if value is not None})

    def first_token(self, after_ns: int) -> None:
        """Says how long after the start the first piece came."""
        if self._record is not None:
            put(self._record, FIRST_TOKEN, after_ns)

    def __exit__(self, _: type[BaseException] | None, error: BaseException | None, __: TracebackType | None) -> None:
        record = self._record
        if record is None:
            return
        if error is None:
            record[ENDED] = steady_ns()
        else:
            recorder.fail(record, error)
        if current.get() is record:
            current.set(self._before)


def tell_wait(name: str, started_ns: int, attributes: Mapping[str, Any]) -> int:
    """Records that the current step has waited since `started_ns`, if that was a millisecond or more.

    Returns:
        Nanoseconds waited.
    """
    now = steady_ns()
    waited_ns, parent = now - started_ns, current.get()
    if waited_ns >= SHORTEST_WAIT_NS and recorder.is_on and parent is not None:
        add_wait(name, Category.QUEUE, parent, started_ns, now, dict(attributes))
    return waited_ns
