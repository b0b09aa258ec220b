"""Where cached answers are kept: cashews over memory, a folder or Redis, for plain and for async callers alike.

cashews is asynchronous and its connections belong to one event loop, while a program may have several, one after the
other, and threads without any. So all stores but memory live on one loop of their own, on a daemon thread; a caller
pays about 0.1 ms for the way there and back. Memory never waits and is asked where the caller is.
"""

import asyncio
import os
import warnings
from collections.abc import Coroutine
from concurrent.futures import Future
from threading import Lock, Thread
from typing import Any

from cashews import Cache as Cashews

MEMORY = "mem://"
LONGEST_ANSWER_S = 10.0
_TOKEN_BYTES = 8
_LOCK_LOOK_S = 0.02


class CacheStore:
    """Answers as bytes by key, and tags: random tokens that an answer remembers, so that a new token outdates it.

    Args:
        url: `mem://`, `disk://` with the option `directory`, or `redis://host:port/number`.
        size: how many entries memory holds; the one that was not used for longest goes first.
        options: further ones of cashews, such as `secret`.
    """

    def __init__(self, url: str = MEMORY, *, size: int = 10_000, **options: Any) -> None:
        self.is_memory = url.startswith(MEMORY)
        self._url = url
        self._options: dict[str, Any] = {"size": size, "check_interval": 0} if self.is_memory else options
        if url.startswith("redis"):
            self._options = {"suppress": False, **options}  # an error is told by us, and not taken for an empty answer
        self._lock = Lock()
        self._owner = 0
        self._cashews = self._open()

    def run(self, coroutine: Coroutine[Any, Any, Any]) -> Any:
        """What the coroutine gives; the caller's thread waits, at most 10 s."""
        if self.is_memory:
            return self._run_here(coroutine)
        return _submit(coroutine).result(LONGEST_ANSWER_S)

    async def wait(self, coroutine: Coroutine[Any, Any, Any]) -> Any:
        """What the coroutine gives; only the caller waits, at most 10 s."""
        if self.is_memory:
            return self._run_here(coroutine)
        return await asyncio.wait_for(asyncio.wrap_future(_submit(coroutine)), LONGEST_ANSWER_S)

    async def get(self, key: str, tags: tuple[str, ...]) -> tuple[bytes | None, dict[str, str | None]]:
        """The answer, and the token that each tag has now."""
        found = await self._open().get_many(key, *map(_tag_key, tags))
        tokens = [token if token is None else bytes(token).decode() for token in found[1:]]
        return found[0], dict(zip(tags, tokens, strict=True))

    async def set(self, key: str, value: bytes, ttl_s: float) -> None:
        """Keeps an answer so long."""
        await self._open().set(key, value, expire=ttl_s)

    async def make_tokens(self, tokens: dict[str, str | None]) -> dict[str, str | None]:
        """The tokens, with one made for every tag that had none."""
        for tag, token in tokens.items():
            if token is None:
                await self._open().set(_tag_key(tag), _new_token(), exist=False)
        _, made = await self.get("", tuple(tokens))
        return {tag: token or made[tag] for tag, token in tokens.items()}

    async def outdate(self, tags: tuple[str, ...]) -> None:
        """Outdates every answer that has one of the tags, those included whose calls run now."""
        for tag in tags:
            await self._open().set(_tag_key(tag), _new_token())

    async def delete(self, key: str) -> None:
        """Forgets one answer."""
        await self._open().delete(key)

    async def try_lock(self, key: str, mark: bytes, longest_s: float) -> bool:
        """Whether the caller may be the one process that makes this answer. The lock ends by itself after that time."""
        return await self._open().set_lock(_lock_key(key), mark, expire=longest_s)

    async def unlock(self, key: str, mark: bytes) -> None:
        """Ends the caller's own lock."""
        await self._open().unlock(_lock_key(key), mark)

    async def until_unlocked(self, key: str, longest_s: float) -> None:
        """Returns when nobody makes this answer any more, at the latest after that time."""
        await self._open().is_locked(_lock_key(key), wait=longest_s, step=_LOCK_LOOK_S)

    def close(self) -> None:
        """Ends its connections."""
        self.run(self._close())

    async def _close(self) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # cashews 7.6 calls redis-py's older name of it
            await self._open().close()

    def _open(self) -> Cashews:
        """Made anew in a forked child: the connections and the loop are the parent's."""
        if self._owner != os.getpid():
            self._owner = os.getpid()
            self._cashews = Cashews()
            self._cashews.setup(self._url, pickle_type="null", **self._options)
        return self._cashews

    def _run_here(self, coroutine: Coroutine[Any, Any, Any]) -> Any:
        with self._lock:
            try:
                coroutine.send(None)
            except StopIteration as done:
                return done.value
        coroutine.close()
        raise RuntimeError("The memory of cashews waited for something, which it never does.")


_loops: dict[int, asyncio.AbstractEventLoop] = {}
_loops_lock = Lock()


def _submit(coroutine: Coroutine[Any, Any, Any]) -> Future[Any]:
    with _loops_lock:
        loop = _loops.get(os.getpid())
        if loop is None:
            loop = _loops[os.getpid()] = asyncio.new_event_loop()
            Thread(target=loop.run_forever, name="longpole-cache", daemon=True).start()
    return asyncio.run_coroutine_threadsafe(coroutine, loop)


def _new_token() -> bytes:
    return os.urandom(_TOKEN_BYTES).hex().encode()


def _tag_key(tag: str) -> str:
    return f"longpole:tag:{tag}"


def _lock_key(key: str) -> str:
    return f"{key}:lock"
