"""Steps that a framework announces by ids, at their start and at their end: what our handlers for frameworks stand on.

While such a step runs it is the current one, so that what the program itself records stands below it.
"""

import sys
from collections.abc import Callable
from functools import wraps
from typing import Any, NamedTuple, ParamSpec

from longpole.model.clock import steady_ns
from longpole.record.annotate import USAGE_NAMES
from longpole.record.current import ENDED, ERROR, INPUT, PARENT, SITE, Record, current, living
from longpole.record.more import ATTRIBUTES, put
from longpole.record.recorder import recorder
from longpole.record.site import Site
from longpole.record.trouble import complain

MOST_OPEN = 10_000  # steps whose end a framework never told; the oldest are forgotten
MOST_SITES = 4096

Told = ParamSpec("Told")
_sites: dict[tuple[str, str, str | None], Site] = {}


class _Step(NamedTuple):
    record: Record
    before: Record | None
    handled: int  # id of the exception that was being handled at the start
    is_stand_in: bool = False


class FrameworkSteps:
    """The open steps of one framework by the framework's own ids."""

    def __init__(self) -> None:
        self._open: dict[Any, _Step] = {}
        self._own: set[int] = set()  # ids of the records in `_open`

    def start(self, key: Any, parent_key: Any, site: Site, given: Any = None) -> Record | None:
        """Starts the step `key` below the step `parent_key`, or below what runs here; `None` while recording is off."""
        if not recorder.is_on:
            return None
        before = living(current.get())
        record = recorder.start(site, self._parent(parent_key, before), given)
        if len(self._open) >= MOST_OPEN:
            self._pop(next(iter(self._open)))
        self._put(key, _Step(record, before, id(sys.exc_info()[1])))
        current.set(record)
        return record

    def stand_for(self, key: Any) -> None:
        """What the framework puts below `key` goes below what runs here now; `key` itself makes no step."""
        here = living(current.get())
        if here is not None:
            self._put(key, _Step(here, here, 0, is_stand_in=True))

    def record(self, key: Any) -> Record | None:
        """The open step of this id."""
        step = self._open.get(key)
        return None if step is None else step.record

    def leaving(self, key: Any) -> BaseException | None:
        """The exception that is leaving the step right now, for frameworks that do not tell all of them.

        One that was being handled when the step started is none of it, and a generator that is closed has not failed.
        """
        step, now = self._open.get(key), sys.exc_info()[1]
        is_its_own = step is not None and id(now) != step.handled and not isinstance(now, GeneratorExit)
        return now if is_its_own else None

    def end(
        self,
        key: Any,
        *,
        result: Any = None,
        error: BaseException | None = None,
        told_error: tuple[str, str] | None = None,
        given: Any = None,
        site: Site | None = None,
        attributes: dict[str, Any] | None = None,
    ) -> None:
        """Ends the step `key`.

        Args:
            key: the framework's id; one that is not open changes nothing.
            result: what came out.
            error: the exception that left it.
            told_error: type and message of an error that the framework only tells.
            given: its input, if that is known only now; as `recorder.start` takes it.
            site: a better one than at the start, now that more is known.
            attributes: of the step.
        """
        step = self._pop(key)
        if step is None or step.is_stand_in:
            return
        record = step.record
        if record[SITE] is not None:
            record[SITE] = site or record[SITE]
            if attributes:
                put(record, ATTRIBUTES, attributes)
            if given is not None:
                record[INPUT] = recorder.snapshot(given)
        if told_error is not None and record[SITE] is not None:
            record[ERROR] = (*told_error, [], None)
            record[ENDED] = steady_ns()
        elif error is not None:
            recorder.fail(record, error)
        else:
            recorder.finish(record, result)
        if current.get() is record:
            current.set(living(step.before))

    def _parent(self, parent_key: Any, here: Record | None) -> Record | None:
        """Below what runs here, if that is the program's own step inside the parent; else below the parent itself.

        Frameworks run siblings in one context: there the current step may be a sister of the new one.
        """
        parent = self.record(parent_key)
        if parent is None or here is parent:
            return here
        above = here
        while above is not None and id(above) not in self._own:
            above = above[PARENT]
        return here if above is parent else parent

    def _put(self, key: Any, step: _Step) -> None:
        self._open[key] = step
        self._own.add(id(step.record))

    def _pop(self, key: Any) -> _Step | None:
        step = self._open.pop(key, None)
        if step is not None:
            self._own.discard(id(step.record))
        return step


def site_named(name: str, category: str, agent: str | None = None, kind: dict[str, Any] | None = None) -> Site:
    """The site of all steps of this name: a framework's steps have no place in the program's code."""
    key = (name, category, agent)
    site = _sites.get(key)
    if site is None:
        if len(_sites) >= MOST_SITES:  # names made per call; better to make sites again than to grow
            _sites.clear()
        site = _sites[key] = Site(name, category, agent=agent, more=kind)
        site.is_told = True
        site.parameters = ("input",)
    return site


def set_back() -> None:
    """Makes current again what was so before steps whose end was told in a copy of this context."""
    here = current.get()
    above = living(here)
    if above is not here:
        current.set(above)


def usage_attributes(**told: Any) -> dict[str, Any]:
    """Attributes of a model call by the names of `set_usage`; what is not told is left out, never 0."""
    return {USAGE_NAMES[name]: value for name, value in told.items() if value is not None}


def never_raises(callback: Callable[Told, None]) -> Callable[Told, None]:
    """The callback without its failures: what fails in here is told once and is no concern of the program."""

    @wraps(callback)
    def wrapper(*args: Told.args, **kwargs: Told.kwargs) -> None:
        try:
            callback(*args, **kwargs)
        except Exception as error:
            complain(callback.__qualname__, error)

    return wrapper
