"""Answers that are there before anybody asks: cached functions called anew on a schedule, such as each morning.

`longpole repeats` tells which calls come again, and `longpole patterns` when.
"""

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Iterable
from datetime import datetime, time, timedelta, tzinfo
from typing import Any

from longpole.record.trouble import warn_once

Arguments = tuple[Any, ...]


async def warm(function: Callable[..., Any], calls: Iterable[Arguments], *, at_once: int = 4) -> int:
    """Calls a function with `cached` anew for each tuple of arguments, a few at once; plain ones in threads.

    Returns:
        How many answers there are; the log tells once of those that failed.
    """
    refresh, free = function.cached.refresh, asyncio.Semaphore(at_once)  # pyright: ignore[reportFunctionMemberAccess]

    async def one(arguments: Arguments) -> bool:
        async with free:
            try:
                if inspect.iscoroutinefunction(function):
                    await refresh(*arguments)
                else:
                    await asyncio.to_thread(refresh, *arguments)
            except Exception as error:
                name = getattr(function, "__name__", "a function")
                warn_once(f"{name} was not warmed: {type(error).__name__}: {error}. The cache goes on without.")
                return False
            return True

    return sum(await asyncio.gather(*map(one, calls)))


async def keep_warm(
    function: Callable[..., Any],
    calls: Callable[[], Iterable[Arguments]],
    *,
    at: Iterable[time],
    zone: tzinfo | None = None,
    sleep: Callable[[float], Awaitable[Any]] = asyncio.sleep,
    now: Callable[[tzinfo | None], datetime] = datetime.now,
) -> None:
    """Warms every day at these times, until it is cancelled.

    Args:
        function: a function with `cached`.
        calls: asked each time for the arguments of what is to be called.
        at: times of the day.
        zone: where the clock stands that they are meant for; by default this machine's.
        sleep: waits for so many seconds, for tests.
        now: tells the time, for tests.
    """
    times = sorted(at)
    while True:
        moment = now(zone)
        # Of two times with one zone the difference would leave the change to summer time out.
        await sleep(next_of(times, moment).timestamp() - moment.timestamp())
        await warm(function, calls())


def next_of(times: Iterable[time], moment: datetime) -> datetime:
    """The first of these times of the day that comes after the moment, today or tomorrow."""
    days = (moment.date(), moment.date() + timedelta(days=1))
    return min(
        found for day in days for each in times if (found := datetime.combine(day, each, tzinfo=moment.tzinfo)) > moment
    )
