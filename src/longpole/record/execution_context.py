"""`ExecutionContext`: an execution as the program sees it; `current_execution()` gives the one that runs here."""

from datetime import UTC, datetime
from sys import _getframe  # pyright: ignore[reportPrivateUsage] - inspect's way costs 100 times as much
from types import TracebackType
from typing import Any, Self

from longpole.model.category import Category
from longpole.model.clock import steady_ns
from longpole.record.current import ENDED, PARENT, SITE, STARTED, Record, current, ids_of
from longpole.record.recorder import recorder
from longpole.record.running import Running, as_given
from longpole.record.site import site_at


class ExecutionContext:
    """One execution: who runs, under which id, since when, for how long.

    With `with` or `async with` it makes an execution of what stands inside. It works without `configure()` too; then
    it only measures.

    >>> with ExecutionContext("planner") as context:
    ...     pass
    >>> 0 <= context.duration < 60
    True

    Args:
        agent: the agent's name.
        method: which of its methods runs.
        input_data: what it works on; kept like the arguments of a decorated function.
    """

    __slots__ = ("_input", "_record", "_running")

    def __init__(self, agent: str, method: str | None = None, *, input_data: Any = None) -> None:
        site = site_at(_getframe(1), agent, Category.AGENT, method)
        self._record: Record = [None, site, None, None, None, None, None, None, None]
        self._input = input_data
        self._running: Running | None = None

    @classmethod
    def of(cls, record: Record) -> Self:
        """The execution that a record stands for."""
        context = cls.__new__(cls)
        context._record = record
        context._input = context._running = None
        return context

    @property
    def execution_id(self) -> str:
        """48 hexadecimal digits: the trace id and the span id."""
        ids = ids_of(self._record)
        return ids.trace_id + ids.span_id

    @property
    def trace_id(self) -> str:
        """The id that all executions of one call chain share."""
        return ids_of(self._record).trace_id

    @property
    def agent(self) -> str:
        """The agent's name."""
        return self._record[SITE].agent

    @property
    def method(self) -> str | None:
        """Which of the agent's methods runs, if it was said."""
        return self._record[SITE].method

    @property
    def start_time(self) -> datetime | None:
        """When it started, in UTC; `None` before."""
        return self._moment(STARTED)

    @property
    def end_time(self) -> datetime | None:
        """When it ended, in UTC; `None` while it runs."""
        return self._moment(ENDED)

    @property
    def duration(self) -> float:
        """Seconds on the steady clock from its start to its end, or to now while it runs; 0 before."""
        started, ended = self._record[STARTED], self._record[ENDED]
        return 0.0 if started is None else ((steady_ns() if ended is None else ended) - started) / 1e9

    def __enter__(self) -> Self:
        if recorder.is_on and self._running is None:
            self._record[PARENT] = current.get() or recorder.outside
            self._running = Running(self._record, as_given(self._input))
        self._record[STARTED] = self._record[STARTED] or steady_ns()
        return self

    def __exit__(self, _: type[BaseException] | None, error: BaseException | None, __: TracebackType | None) -> None:
        if self._running is not None:
            self._running.end(error)
        self._record[ENDED] = self._record[ENDED] or steady_ns()

    async def __aenter__(self) -> Self:
        return self.__enter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.__exit__(kind, error, traceback)

    def __repr__(self) -> str:
        return f"ExecutionContext(agent={self.agent!r}, method={self.method!r}, execution_id={self.execution_id!r})"

    def _moment(self, place: int) -> datetime | None:
        time = self._record[place]
        return None if time is None else datetime.fromtimestamp((time + ids_of(self._record).epoch_ns) / 1e9, UTC)
