"""`time_step`: a piece of code as a step, with `with` or `async with`."""

from sys import _getframe  # pyright: ignore[reportPrivateUsage] - inspect's way costs 100 times as much
from types import TracebackType
from typing import Any, Self

from longpole.model.category import Category
from longpole.record.current import Record, current
from longpole.record.recorder import recorder
from longpole.record.site import Site

MOST_SITES = 4096
_sites: dict[tuple[int, int, str, str], Site] = {}


class time_step:  # noqa: N801 - used like a function: with time_step("load", category="database")
    """Times what stands inside as a step below the current one.

    The place in the code is looked up once per place and name. An instance serves once.

    Args:
        name: the step's name.
        category: what the step does with its time, a `Category` such as "llm", "tool" or "database".
        input: what the step works on; kept like the arguments of a decorated function.
    """

    __slots__ = ("_category", "_input", "_name", "_parent", "_record", "_result")

    def __init__(self, name: str, category: str = Category.PROCESSING, *, input: Any = None) -> None:
        self._name = name
        self._category = category
        self._input = input
        self._record: Record | None = None
        self._parent: Record | None = None
        self._result: Any = None

    def set_output(self, value: Any) -> None:
        """What came out; kept when the step ends."""
        self._result = value

    def __enter__(self) -> Self:
        return self._start(_getframe(1))

    def __exit__(self, _: type[BaseException] | None, error: BaseException | None, __: TracebackType | None) -> None:
        record = self._record
        if record is None:
            return
        if error is not None:
            recorder.fail(record, error)
        else:
            recorder.finish(record, self._result)
        if current.get() is record:
            current.set(self._parent)

    async def __aenter__(self) -> Self:
        return self._start(_getframe(1))

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.__exit__(kind, error, traceback)

    def _start(self, frame: Any) -> Self:
        if recorder.is_on:
            self._parent = current.get()
            site = _site(frame, self._name, self._category)
            given = self._input
            self._record = recorder.start(site, self._parent, None if given is None else (given,), {})
            current.set(self._record)
        return self


def _site(frame: Any, name: str, category: str) -> Site:
    key = (id(frame.f_code), frame.f_lasti, name, category)
    site = _sites.get(key)
    if site is None:
        if len(_sites) >= MOST_SITES:  # names made per call; better to look places up again than to grow
            _sites.clear()
        site = _sites[key] = Site(name, str(category), code=frame.f_code, line=frame.f_lineno)
        site.parameters = ("input",)
    return site
