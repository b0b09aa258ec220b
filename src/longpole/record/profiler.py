"""Profiling: decorators that time operations, and the figures of all calls, kept in the process.

    @profile_async("plan the answer", send_to_langsmith=True)
    async def plan(question: str) -> Plan: ...

    print(PerformanceProfiler().report())

It works without a server and without `configure()`. While recording is on, each call is also a step. The setting
`profile` (`LONGPOLE_PROFILE=0`) switches it off: the decorators then call straight through and no step is made. A call
costs 3 microseconds more than the bare function, 4.5 while recording is on (CPython 3.11, `bench/overhead.py`).
"""

import os
from collections.abc import Callable, Mapping
from logging import getLogger
from typing import Any, ClassVar, Self, TypeVar, overload

import msgspec

from longpole import settings
from longpole.model.category import Category
from longpole.model.errors import SettingsError
from longpole.model.profile import AggregatedMetrics, ProfileMetrics
from longpole.record.profile_report import draw_profile
from longpole.record.profile_switch import switch
from longpole.record.profile_wrap import wrap_profiled
from longpole.record.profiled_call import ProfilePlan, book, reset_after_fork
from longpole.record.shapes import is_decorable, name_of, wrap_inside, wrap_methods
from longpole.record.site import site_of_function

__all__ = ["AggregatedMetrics", "PerformanceProfiler", "ProfileMetrics", "profile_async", "profile_sync"]

Decorated = TypeVar("Decorated", bound=Callable[..., Any])
_log = getLogger("longpole")


class PerformanceProfiler:
    """The figures of every profiled operation in this process. There is one; each call gives the same object.

    All methods are safe across threads, and quick: the memory behind them is a histogram per operation (percentiles
    are at most 1 % off) and the last 512 calls.
    """

    _instance: ClassVar["PerformanceProfiler | None"] = None

    def __new__(cls) -> Self:
        if cls._instance is None:
            cls._instance = super().__new__(cls)
        return cls._instance  # pyright: ignore[reportReturnType] - the one there is

    @classmethod
    def instance(cls) -> "PerformanceProfiler":
        """The one profiler."""
        return cls()

    @property
    def is_on(self) -> bool:
        """Whether calls are profiled; `configure(profile=...)` or `LONGPOLE_PROFILE` says so."""
        return bool(switch.is_on)

    def get_metrics(self, name: str) -> AggregatedMetrics | None:
        """The figures of one operation; `None` while no call of it has ended."""
        return book.metrics_of(name)

    def all_metrics(self) -> list[AggregatedMetrics]:
        """The figures of all operations, the largest total first."""
        return book.all_metrics()

    def bottlenecks(self, most: int = 10) -> list[AggregatedMetrics]:
        """The operations with the largest total time, at most `most`.

        The total of an operation contains that of its profiled children; `own_ns` is what is left without them.
        """
        return book.all_metrics()[:most]

    def recent(self, name: str | None = None) -> list[ProfileMetrics]:
        """The calls that ended last, at most 512, oldest first; of one operation or of all."""
        with book.lock:
            calls = list(book.recent)
        return [call.metrics() for call in calls if name is None or call.plan.name == name]

    def report(self) -> str:
        """A table of all operations, the largest total first."""
        return draw_profile(book.all_metrics())

    def to_json(self) -> str:
        """All figures as a JSON object by operation name; durations in nanoseconds, sizes in bytes."""
        figures = {each.name: _as_dictionary(each) for each in book.all_metrics()}
        return msgspec.json.format(msgspec.json.encode(figures), indent=2).decode()

    def reset(self) -> None:
        """Forgets what has been measured so far. Calls under way count when they end."""
        book.reset()


@overload
def profile_async(name: Decorated) -> Decorated: ...
@overload
def profile_async(
    name: str | None = None,
    *,
    send_to_langsmith: bool | None = None,
    track_memory: bool | None = None,
    track_cpu: bool | None = None,
    metadata: Mapping[str, Any] | None = None,
    category: str = ...,
) -> Callable[[Decorated], Decorated]: ...
def profile_async(
    name: Any = None,
    *,
    send_to_langsmith: bool | None = None,
    track_memory: bool | None = None,
    track_cpu: bool | None = None,
    metadata: Mapping[str, Any] | None = None,
    category: str = Category.PROCESSING,
) -> Any:
    """Profiles each call of a function, or of the public methods of a class.

    It takes every kind of function, as `profile_sync` does.

    Of a generator the time runs from its first item being asked for to its end, its reader's time included.

    Args:
        name: the operation's name; by default that of the function. May be left out: `@profile_async`.
        send_to_langsmith: whether calls are exported as LangSmith runs; by default if an address or a key is set
            (`langsmith_endpoint`, `langsmith_api_key`).
        track_memory: whether the process's memory is read at start and end and every 10 ms in between (needs psutil;
            30 us a call, and the figures are those of the whole process); by default the setting `profile_memory`.
        track_cpu: whether CPU time is measured: of the calling thread, of a coroutine only between its resumes, of a
            generator not at all; by default the setting `profile_cpu`.
        metadata: goes with every call, as attributes of the step and as metadata of the run.
        category: what the operation does with its time, a `Category` such as "llm", "tool" or "database".
    """

    def plan(function: Any, operation: str) -> ProfilePlan:
        return ProfilePlan(
            operation,
            site_of_function(function, operation, str(category)),
            is_exported=send_to_langsmith,
            tracks_memory=track_memory,
            tracks_cpu=track_cpu,
            metadata=metadata,
        )

    def decorate(target: Any) -> Any:
        given = name if isinstance(name, str) else name_of(target)
        if isinstance(target, type):
            return wrap_methods(target, lambda inner: wrap_profiled(inner, plan(inner, f"{given}.{name_of(inner)}")))
        return wrap_inside(target, lambda inner: wrap_profiled(inner, plan(inner, given)))

    return decorate(name) if is_decorable(name) else decorate


profile_sync = profile_async
"""The same decorator by its other name: the function says itself whether it is awaited."""


def _as_dictionary(each: AggregatedMetrics) -> dict[str, Any]:
    known = msgspec.to_builtins(each)
    del known["name"]
    return {**known, "mean_ns": each.mean_ns, "error_rate": each.error_rate}


def _choose_from_settings() -> None:
    """Before `configure()` the environment and `longpole.yaml` decide; a mistake there is told, and changes nothing."""
    if switch.is_on is not None:
        return
    try:
        chosen = settings.load()
    except SettingsError as error:
        _log.warning("Profiling goes by its defaults: %s", error)
        switch.is_on = True
        return
    switch.choose(is_on=chosen.profile, tracks_memory=chosen.profile_memory, tracks_cpu=chosen.profile_cpu)


_choose_from_settings()
os.register_at_fork(after_in_child=reset_after_fork)
