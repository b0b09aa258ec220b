"""The wall clock, as the program's own code reads it: kept with the step that reads, and read again in a replay.

`time.time`, `time.time_ns`, `datetime.now`, `datetime.utcnow`, `datetime.today` and `date.today`. Libraries keep the
real one: their readings would be many and mean nothing to the program. Durations (`monotonic`, `perf_counter`) stay
real as well.
"""

import ctypes
import datetime as datetime_module
import gc
import sys
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from functools import lru_cache
from sys import _getframe  # pyright: ignore[reportPrivateUsage] - inspect's way costs 100 times as much
from sysconfig import get_paths
from typing import Any

from longpole.record.let_through import OWN_FOLDER

_NS = 1_000_000_000
_real_time_ns = time.time_ns
_UTC = datetime_module.UTC
_EPOCH = datetime_module.datetime(1970, 1, 1, tzinfo=_UTC)
_FOLDERS = tuple({get_paths()[name] for name in ("stdlib", "platstdlib", "purelib", "platlib")})
_SITE_PACKAGES = ("site-packages", "dist-packages")

Reading = Callable[[int], int]
"""Given the real time in nanoseconds since 1970, what the program is to read."""


@lru_cache(maxsize=4096)
def is_of_program(file: str) -> bool:
    """Whether code in a file is the program's own: not of Python, of an installed package, or of Longpole."""
    if file.startswith(("<frozen", OWN_FOLDER.rpartition("/")[0])):
        return False
    return not (file.startswith(_FOLDERS) or any(part in file for part in _SITE_PACKAGES))


def asks_for_program(depth: int = 2) -> bool:
    """Whether the caller's caller is the program's own code."""
    return is_of_program(_getframe(depth).f_code.co_filename)


@contextmanager
def read_through(reading: Reading) -> Generator[None]:
    """While inside, what the program reads off the wall clock is `reading`'s to say."""
    before = {name: getattr(time, name) for name in ("time", "time_ns")}
    real_time = before["time"]

    def read_time() -> float:
        return reading(_real_time_ns()) / _NS if asks_for_program() else real_time()

    def read_time_ns() -> int:
        return reading(_real_time_ns()) if asks_for_program() else _real_time_ns()

    time.time, time.time_ns = read_time, read_time_ns
    dates = _replace_dates(reading)
    try:
        yield
    finally:
        time.time, time.time_ns = before["time"], before["time_ns"]
        for kind, methods in dates:
            _set_methods(kind, methods)


def _replace_dates(reading: Reading) -> list[tuple[type, dict[str, Any]]]:
    """Gives `datetime` and `date` methods of ours; what stood there, to be put back.

    The classes are immutable to Python, and every library compares with them, so that no others can stand in.
    """
    datetime, date = datetime_module.datetime, datetime_module.date
    real = {name: vars(datetime)[name] for name in ("now", "utcnow")}
    real_today = vars(date)["today"]

    def moment(cls: Any, zone: Any) -> Any:
        us = reading(_real_time_ns()) // 1000
        found = (_EPOCH + datetime_module.timedelta(microseconds=us)).astimezone(zone)
        return cls(
            *(found.year, found.month, found.day, found.hour, found.minute, found.second, found.microsecond),
            tzinfo=zone,
            fold=found.fold,
        )

    def now(cls: Any, tz: Any = None) -> Any:
        return moment(cls, tz) if asks_for_program() else real["now"].__get__(None, cls)(tz)

    def utcnow(cls: Any) -> Any:
        if not asks_for_program():
            return real["utcnow"].__get__(None, cls)()
        return moment(cls, _UTC).replace(tzinfo=None)

    def today(cls: Any) -> Any:
        if not asks_for_program():
            return real_today.__get__(None, cls)()
        found = moment(datetime, None)
        return found if issubclass(cls, datetime) else cls(found.year, found.month, found.day)

    given = (
        (datetime, {"now": classmethod(now), "utcnow": classmethod(utcnow)}),
        (date, {"today": classmethod(today)}),
    )
    before = [(kind, {name: vars(kind)[name] for name in methods}) for kind, methods in given]
    for kind, methods in given:
        _set_methods(kind, methods)
    return before


def _set_methods(kind: type, methods: dict[str, Any]) -> None:
    """Changes a class that is written in C, where this Python lets it be done; else its clock stays real."""
    if sys.implementation.name != "cpython":
        return
    with suppress(Exception):
        inside = next(each for each in gc.get_referents(vars(kind)) if isinstance(each, dict))
        inside.update(methods)
        ctypes.pythonapi.PyType_Modified(ctypes.py_object(kind))
