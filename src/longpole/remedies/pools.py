"""What a process should have once: a pool of threads, clients of HTTP and databases, and limits on how many use them.

    answer = await in_thread(parse, page)
    client = shared_client("search", lambda: httpx.AsyncClient(timeout=10), httpx.AsyncClient.aclose)
    async with limit("model", 4):
        ...

Whoever waits a millisecond or more for a place has a step `wait for ...` of the category `queue`. `pool_uses()` tells
how full everything was.
"""

import asyncio
import atexit
import contextvars
import os
from collections.abc import Awaitable, Callable
from concurrent.futures import Future, ThreadPoolExecutor
from inspect import isawaitable
from threading import BoundedSemaphore, Lock, RLock
from types import TracebackType
from typing import Any, ParamSpec, TypeVar
from weakref import WeakKeyDictionary

from msgspec import Struct

from longpole.model.clock import steady_ns
from longpole.model.errors import SettingsError
from longpole.remedies.remedy_step import tell_wait
from longpole.wire import longpole_names as names

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")
Client = TypeVar("Client")
THREADS = "longpole"
MOST_THREADS = 32


class PoolUse(Struct):
    """How a pool or limit was used since it was made. Every use is counted, and every wait, however short."""

    name: str
    most: int
    """How many may use it at once."""
    in_use: int = 0
    """Of threads, those that wait for one included."""
    peak: int = 0
    uses: int = 0
    waits: int = 0
    """Uses that did not find a free place."""
    waited_ns: int = 0
    longest_wait_ns: int = 0


class Limit:
    """At most so many at once, in this process: `async with` in coroutines of one event loop, `with` in threads.

    Each event loop has places of its own, and so have threads.
    """

    def __init__(self, name: str, most: int) -> None:
        if most < 1:
            raise SettingsError(
                f"The limit {name!r} is {most}. Expected: 1 or more. Change it where the limit is made."
            )
        self.use = PoolUse(name=name, most=most)
        self._by_loop: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Semaphore] = WeakKeyDictionary()
        self._of_threads = BoundedSemaphore(most)
        self._lock = Lock()

    async def __aenter__(self) -> None:
        free = self._semaphore()
        started, must_wait = steady_ns(), free.locked()
        await free.acquire()
        self._enter(started, must_wait)

    async def __aexit__(self, *_: object) -> None:
        self._leave()
        self._semaphore().release()

    def __enter__(self) -> None:
        started = steady_ns()
        must_wait = not self._of_threads.acquire(blocking=False)
        if must_wait:
            self._of_threads.acquire()
        self._enter(started, must_wait)

    def __exit__(self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None) -> None:
        self._leave()
        self._of_threads.release()

    def _semaphore(self) -> asyncio.Semaphore:
        loop = asyncio.get_running_loop()
        with self._lock:
            free = self._by_loop.get(loop)
            if free is None:
                free = self._by_loop[loop] = asyncio.Semaphore(self.use.most)
        return free

    def _enter(self, started_ns: int, must_wait: bool) -> None:
        waited_ns = 0
        if must_wait:
            waited_ns = tell_wait(f"wait for {self.use.name}", started_ns, {names.QUEUE_POOL: self.use.name})
        use = self.use
        with self._lock:
            use.uses += 1
            use.in_use += 1
            use.peak = max(use.peak, use.in_use)
            if must_wait:
                use.waits += 1
                use.waited_ns += waited_ns
                use.longest_wait_ns = max(use.longest_wait_ns, waited_ns)

    def _leave(self) -> None:
        with self._lock:
            self.use.in_use -= 1


class SharedPools:
    """One pool of threads, one client of each kind, one limit of each name. There is one of it, `pools`."""

    def __init__(self) -> None:
        self._lock = RLock()  # what makes a client may ask for another one
        self._limits: dict[str, Limit] = {}
        self._clients: dict[tuple[str, int | None], tuple[Any, Callable[[Any], Any] | None, Any]] = {}
        self._threads: ThreadPoolExecutor | None = None
        self._thread_use = PoolUse(name=THREADS, most=MOST_THREADS)

    def limit(self, name: str, most: int) -> Limit:
        """The limit of this name, made at first; `most` counts then only."""
        with self._lock:
            found = self._limits.get(name)
            if found is None:
                found = self._limits[name] = Limit(name, most)
            return found

    def submit(self, call: Callable[[], Result]) -> "Future[Result]":
        """Runs a call in the shared threads, with the caller's context variables."""
        with self._lock:
            if self._threads is None:
                self._threads = ThreadPoolExecutor(self._thread_use.most, THREADS)
            threads, use = self._threads, self._thread_use
            must_wait = use.in_use >= use.most
            use.uses += 1
            use.in_use += 1
            use.peak = max(use.peak, min(use.in_use, use.most))
        waits_since = steady_ns() if must_wait else None
        future = threads.submit(contextvars.copy_context().run, self._in_thread, call, waits_since)
        future.add_done_callback(self._thread_is_free)
        return future

    def _in_thread(self, call: Callable[[], Result], waits_since_ns: int | None) -> Result:
        if waits_since_ns is not None:
            waited_ns, use = steady_ns() - waits_since_ns, self._thread_use
            with self._lock:
                use.waits += 1
                use.waited_ns += waited_ns
                use.longest_wait_ns = max(use.longest_wait_ns, waited_ns)
        return call()

    def _thread_is_free(self, _: object) -> None:
        with self._lock:
            self._thread_use.in_use -= 1

    def client(self, name: str, make: Callable[[], Client], close: Callable[[Client], Any] | None = None) -> Client:
        """The client of this name. Inside of an event loop each loop has its own: a connection belongs to a loop."""
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            loop = None
        key = (name, None if loop is None else id(loop))
        with self._lock:
            known = self._clients.get(key)
            if known is None or known[2] is not loop:  # an id may be given to a new loop when the old one is gone
                known = self._clients[key] = (make(), close, loop)
            return known[0]

    async def close(self) -> None:
        """Closes the clients of this event loop and those without one."""
        loop = asyncio.get_running_loop()
        with self._lock:
            closing = [key for key, known in self._clients.items() if known[2] in (None, loop)]
            found = [self._clients.pop(key) for key in closing]
        for client, close, _ in found:
            closed = None if close is None else close(client)
            if isawaitable(closed):
                await closed

    def uses(self) -> list[PoolUse]:
        """How everything was used, the threads first."""
        with self._lock:
            return [self._thread_use, *(each.use for each in self._limits.values())]

    def set_threads(self, most: int) -> None:
        """How many threads there are; before the first is used.

        Raises:
            SettingsError: there are threads already, or fewer than one is asked for.
        """
        with self._lock:
            if self._threads is not None or most < 1:
                raise SettingsError(
                    f"The shared pool cannot have {most} threads: expected 1 or more, said before the pool is used. "
                    "Call set_threads() where the program starts."
                )
            self._thread_use.most = most

    def end(self) -> None:
        """Ends the threads, after what they do now; what waits is left out."""
        with self._lock:
            threads, self._threads = self._threads, None
        if threads is not None:
            threads.shutdown(wait=False, cancel_futures=True)

    def reset_after_fork(self) -> None:
        """In a new child: threads, connections and locks are the parent's."""
        self.__init__()


pools = SharedPools()


def limit(name: str, most: int) -> Limit:
    """The process-wide limit of this name: `async with limit("model", 4):`. `most` counts the first time."""
    return pools.limit(name, most)


async def in_thread(
    function: Callable[Parameters, Result], *args: Parameters.args, **kwargs: Parameters.kwargs
) -> Result:
    """What a plain function gives, run in the shared pool of threads; the event loop goes on meanwhile."""
    return await asyncio.wrap_future(pools.submit(lambda: function(*args, **kwargs)))


def shared_client(name: str, make: Callable[[], Client], close: Callable[[Client], Any] | None = None) -> Client:
    """The process's one client of this name, made at first; `close_clients` closes it with `close`."""
    return pools.client(name, make, close)


def close_clients() -> Awaitable[None]:
    """Closes what `shared_client` made in this event loop; to be awaited."""
    return pools.close()


def pool_uses() -> list[PoolUse]:
    """How the shared threads and all limits were used."""
    return pools.uses()


os.register_at_fork(after_in_child=pools.reset_after_fork)
atexit.register(pools.end)
