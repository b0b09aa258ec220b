"""`time_step`: a piece of code as a step, with `with` or `async with`."""

from sys import _getframe  # pyright: ignore[reportPrivateUsage] - inspect's way costs 100 times as much
from types import CodeType, TracebackType
from typing import Any, Self

from longpole.model.category import Category
from longpole.model.clock import steady_ns
from longpole.record.current import ENDED, Record, current
from longpole.record.recorder import recorder
from longpole.record.site import Site

MOST_SITES = 4096
_sites: dict[tuple[CodeType, int, str, str], Site] = {}
_last_sites: dict[str, Site] = {}  # by name, asked first: hashing the place costs 0.2 us
_get, _set, _start = current.get, current.set, recorder.start


class time_step:  # noqa: N801 - used like a function: with time_step("load", category="database")
    """Times what stands inside as a step below the current one.

    The place in the code is looked up once per place and name. An instance serves once.

    Args:
        name: the step's name.
        category: what the step does with its time, a `Category` such as "llm", "tool" or "database".
        input: what the step works on; kept like the arguments of a decorated function.
    """

    # Of the class, so that an instance sets what it has only: six attributes for each cost 0.1 us.
    _input: Any = None
    _record: Record | None = None
    _parent: Record | None = None
    _result: Any = None

    def __init__(self, name: str, category: str = Category.PROCESSING, *, input: Any = None) -> None:
        self._name = name
        self._category = category
        if input is not None:
            self._input = input

    def set_output(self, value: Any) -> None:
        """What came out; kept when the step ends."""
        self._result = value

    def __enter__(self) -> Self:
        if recorder.is_on:
            # The same lines stand in `__aenter__`: one call more would cost 0.1 us.
            frame = _getframe(1)
            site = _last_sites.get(self._name)
            if (
                site is None
                or site.code is not frame.f_code
                or site.instruction != frame.f_lasti
                or site.category != self._category
            ):
                site = _site(frame, self._name, self._category)
            self._parent = parent = _get()
            given = self._input
            self._record = record = _start(site, parent, None if given is None else ((given,), None))
            _set(record)
        return self

    def __exit__(self, _: type[BaseException] | None, error: BaseException | None, __: TracebackType | None) -> None:
        record = self._record
        if record is None:
            return
        if error is not None:
            recorder.fail(record, error)
        elif self._result is None:
            record[ENDED] = steady_ns()
        else:
            recorder.finish(record, self._result)
        if _get() is record:
            _set(self._parent)

    async def __aenter__(self) -> Self:
        if recorder.is_on:
            frame = _getframe(1)
            site = _last_sites.get(self._name)
            if (
                site is None
                or site.code is not frame.f_code
                or site.instruction != frame.f_lasti
                or site.category != self._category
            ):
                site = _site(frame, self._name, self._category)
            self._parent = parent = _get()
            given = self._input
            self._record = record = _start(site, parent, None if given is None else ((given,), None))
            _set(record)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.__exit__(kind, error, traceback)


def _site(frame: Any, name: str, category: str) -> Site:
    key = (frame.f_code, frame.f_lasti, name, category)
    site = _sites.get(key)
    if site is None:
        if len(_sites) >= MOST_SITES:  # names made per call; better to look places up again than to grow
            _sites.clear()
            _last_sites.clear()
        site = _sites[key] = Site(name, str(category), code=frame.f_code, line=frame.f_lineno)
        site.instruction = frame.f_lasti
        site.parameters = ("input",)
    _last_sites[name] = site
    return site
