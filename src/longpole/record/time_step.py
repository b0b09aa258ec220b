"""`time_step`: a piece of code as a step, with `with` or `async with`."""

from sys import _getframe  # pyright: ignore[reportPrivateUsage] - inspect's way costs 100 times as much
from types import CodeType, TracebackType
from typing import Any, Self

from longpole.model.category import Category
from longpole.model.clock import steady_ns
from longpole.record.current import ENDED, PARENT, Record, current
from longpole.record.recorder import recorder
from longpole.record.site import Site, text_of

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
    _others: "list[Record] | None" = None  # records of the same instance that were open when it was entered again

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
            self._begin(_getframe(1))
        return self

    def __exit__(self, _: type[BaseException] | None, error: BaseException | None, __: TracebackType | None) -> None:
        record = self._record
        if record is None:
            return
        if self._others is not None:
            record = self._leave(record)
        if error is not None:
            recorder.fail(record, error)
        elif self._result is None:
            record[ENDED] = steady_ns()
        else:
            recorder.finish(record, self._result)
        if _get() is record:
            _set(self._parent)

    def _keep_other(self) -> None:
        """Entered again while it is open, by another task or by itself."""
        if self._record is not None and self._record[ENDED] is None:
            self._others = [*(self._others or ()), self._record]

    def _leave(self, record: Record) -> Record:
        """Which of several open records ends: the one that is current here, else the latest."""
        mine, here = [*(self._others or ()), record], _get()
        ending = next((each for each in mine if each is here), record)
        left = [each for each in mine if each is not ending and each[ENDED] is None]
        self._record = left.pop() if left else ending
        self._others = left
        self._parent = ending[PARENT]
        return ending

    async def __aenter__(self) -> Self:
        if recorder.is_on:
            self._begin(_getframe(1))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.__exit__(kind, error, traceback)

    def _begin(self, frame: Any) -> None:
        try:
            site = _last_sites.get(self._name)
        except TypeError:  # no text, but something that cannot be looked up
            self._name, site = text_of(self._name), None
        if (
            site is None
            or site.code is not frame.f_code
            or site.instruction != frame.f_lasti
            or site.category != self._category
        ):
            site = _site(frame, self._name, self._category)
        self._parent = parent = _get()
        given = self._input
        if self._record is not None:
            self._keep_other()
        self._record = record = _start(site, parent, None if given is None else ((given,), None))
        _set(record)


def _site(frame: Any, name: str, category: str) -> Site:
    name, category = text_of(name), text_of(category)
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
