"""Pools of database connections: the wait for one is a step `wait for a connection`, from a millisecond on.

It lasts from when a connection is asked for until it is there: until another one is given back, or a new one is open.
"""

import sys
from collections.abc import Callable
from typing import Any

from longpole.model.category import Category
from longpole.model.clock import steady_ns
from longpole.record.current import current, is_unsampled
from longpole.record.instrument.replacement import Replacements
from longpole.record.recorder import recorder
from longpole.record.trouble import complain
from longpole.record.waits import add_wait
from longpole.wire import longpole_names as names

SHORTEST_WAIT_NS = 1_000_000

_hooks: dict[str, Replacements] = {}


def install(module: str) -> None:
    """Turns it on for the pools of an imported module; again does nothing."""
    if module in _hooks and _hooks[module].is_on:
        return
    hook = _hooks[module] = Replacements()
    for owner, method, wrap in _METHODS[module]:
        hook.add(getattr(sys.modules[module], owner), method, wrap(module.partition(".")[0]))


def remove(module: str) -> None:
    """Turns it off."""
    if module in _hooks:
        _hooks.pop(module).remove()


def _waits(pool: str) -> Callable[[Any, Callable[[], bool]], Any]:
    def wrap(original: Any, is_wanted: Callable[[], bool]) -> Any:
        def longpole_wait(*args: Any, **kwargs: Any) -> Any:
            if not (recorder.is_on and is_wanted()):
                return original(*args, **kwargs)
            asked_ns = steady_ns()
            try:
                return original(*args, **kwargs)
            finally:
                _add(pool, asked_ns)

        return longpole_wait

    return wrap


def _awaits(pool: str) -> Callable[[Any, Callable[[], bool]], Any]:
    def wrap(original: Any, is_wanted: Callable[[], bool]) -> Any:
        async def longpole_wait(*args: Any, **kwargs: Any) -> Any:
            if not (recorder.is_on and is_wanted()):
                return await original(*args, **kwargs)
            asked_ns = steady_ns()
            try:
                return await original(*args, **kwargs)
            finally:
                _add(pool, asked_ns)

        return longpole_wait

    return wrap


_METHODS = {
    # Also of asynchronous engines: their pool is of this class, and runs in the context of the task.
    "sqlalchemy.pool": (("Pool", "connect", _waits),),
    "asyncpg.pool": (("Pool", "_acquire", _awaits),),
    "psycopg_pool": (("ConnectionPool", "getconn", _waits), ("AsyncConnectionPool", "getconn", _awaits)),
}
"""By module: the class, the method that gives a connection, and how it is waited for."""


def _add(pool: str, asked_ns: int) -> None:
    try:
        record, now = current.get(), steady_ns()
        if record is not None and now - asked_ns >= SHORTEST_WAIT_NS and not is_unsampled(record):
            add_wait("wait for a connection", Category.QUEUE, record, asked_ns, now, {names.QUEUE_POOL: pool})
    except Exception as error:
        complain("pool_waits", error)
