"""A cache around functions: `Cache().remember(ttl_s=600)`, over memory, a folder or Redis (cashews).

    facts = Cache()

    @facts.remember(ttl_s=600, tags=("facts",))
    async def load_facts(city: str) -> list[str]: ...

Of equal calls that run at the same time one is made, and the others wait for it. An answer belongs to the workspace in
which it was made. Each call inside an execution is a step of the category `cache` that says hit or miss and what was
saved. Whatever goes wrong with the cache itself, the function is called as if there were none.
"""

import inspect
import os
import pickle
from collections.abc import Callable, Collection, Generator
from concurrent.futures import Future
from contextvars import ContextVar
from enum import StrEnum
from functools import update_wrapper
from threading import Lock
from typing import Any, TypeVar

from msgspec import Struct

from longpole.model.category import Category
from longpole.model.clock import SECOND_NS, now_ns, steady_ns
from longpole.record.trouble import warn_once
from longpole.remedies.argument_key import NoKey, argument_hash, arguments_of, workspace_scope
from longpole.remedies.cache_store import MEMORY, CacheStore
from longpole.remedies.guarded_call import CALL, Ask, Plan, WaitFor, run, run_async
from longpole.remedies.remedy_step import RemedyStep, function_site
from longpole.wire import longpole_names as names

LONGEST_CALL_S = 60.0
_making: ContextVar[frozenset[str]] = ContextVar("longpole_cache_making", default=frozenset())
_Function = TypeVar("_Function", bound=Callable[..., Any])


class CacheOutcome(StrEnum):
    """How a call was answered."""

    HIT = "hit"
    WAITED = "waited"
    """By an equal call that ran already."""
    MISS = "miss"
    NEGATIVE_HIT = "negative_hit"
    """By an answer that says there is nothing, or by an exception that was kept."""
    BYPASSED = "bypassed"
    """By the function, because the arguments have no key or the store did not answer."""


class CacheFigures(Struct):
    """What a cache has done since it was made. `saved_ns` is time of calls that were not made."""

    calls: int = 0
    hits: int = 0
    waited: int = 0
    misses: int = 0
    negative_hits: int = 0
    bypassed: int = 0
    not_kept: int = 0
    saved_ns: int = 0

    @property
    def rate(self) -> float:
        """Share of calls that were answered without a call of the function, 0 to 1."""
        return (self.hits + self.waited + self.negative_hits) / self.calls if self.calls else 0.0


class _Entry(Struct, frozen=True, gc=False):
    """An answer as it is kept. `fails` is true for an exception."""

    value: Any
    fails: bool
    is_negative: bool
    stored_ns: int
    ttl_ns: int
    took_ns: int
    tokens: dict[str, str | None]


class Cache:
    """A store of answers.

    Args:
        url: `mem://` (this process), `disk://` with `directory=` (this machine), or `redis://host:port/number`.
        size: how many answers memory holds.
        clock: nanoseconds since 1970, for tests.
        options: further ones of cashews, such as `secret`, by which kept answers are signed.

    Raises:
        ImportError: the packages `diskcache` or `redis` are missing for a URL that needs them.
    """

    def __init__(
        self, url: str = MEMORY, *, size: int = 10_000, clock: Callable[[], int] = now_ns, **options: Any
    ) -> None:
        self.store = CacheStore(url, size=size, **options)
        self.clock = clock
        self.figures = CacheFigures()
        self.running: dict[str, Future[_Entry]] = {}
        self.lock = Lock()

    def remember(
        self,
        *,
        ttl_s: float,
        tags: Collection[str] = (),
        ignore: Collection[str] = (),
        negative_ttl_s: float | None = None,
        is_negative: Callable[[Any], bool] = lambda value: value is None,
        negative_errors: tuple[type[Exception], ...] = (),
        version: str = "",
        longest_call_s: float = LONGEST_CALL_S,
    ) -> Callable[[_Function], _Function]:
        """Keeps what a function answers.

        The decorated function has `cached`, a `CachedFunction`: figures, `refresh`, `forget`.

        Args:
            ttl_s: how long an answer is good, counted from the end of its call.
            tags: names by which answers are outdated together, see `outdate`.
            ignore: parameters that do not change the answer, such as `self` or a timeout.
            negative_ttl_s: how long an answer is good that says there is nothing; without it, as long as others.
            is_negative: whether an answer says so; by default `None` does.
            negative_errors: exceptions that are kept and raised again, so long as negative answers are.
            version: change it when the function changes what it means; older answers are not found then.
            longest_call_s: of a shared store: for how long another process is waited for.
        """

        def decorate(function: _Function) -> _Function:
            rules = _Rules(
                ttl_ns=round(ttl_s * SECOND_NS),
                negative_ttl_ns=round((ttl_s if negative_ttl_s is None else negative_ttl_s) * SECOND_NS),
                tags=tuple(tags),
                is_negative=is_negative,
                negative_errors=negative_errors,
                longest_call_s=longest_call_s,
            )
            return _wrapper(CachedFunction(self, function, rules, frozenset(ignore), version))

        return decorate

    def outdate(self, *tags: str) -> None:
        """Outdates every answer with one of the tags, also those that are being made. Waits for the store's answer."""
        self.store.run(self.store.outdate(tags))

    def close(self) -> None:
        """Ends its connections."""
        self.store.close()


class _Rules(Struct, frozen=True):
    ttl_ns: int
    negative_ttl_ns: int
    tags: tuple[str, ...]
    is_negative: Callable[[Any], bool]
    negative_errors: tuple[type[Exception], ...]
    longest_call_s: float


class CachedFunction:
    """A function and its answers in a cache."""

    def __init__(
        self, cache: Cache, function: Callable[..., Any], rules: _Rules, ignore: frozenset[str], version: str
    ) -> None:
        self.cache = cache
        self.function = function
        self.is_async = inspect.iscoroutinefunction(function)
        self.figures = CacheFigures()
        name = getattr(function, "__name__", type(function).__name__)
        self._site = function_site(function, f"cache {name}", Category.CACHE, "cache")
        self._signature = inspect.signature(function)
        self._name = f"{function.__module__}.{function.__qualname__}:{version}"
        self._rules, self._ignore = rules, ignore

    def key(self, *args: Any, **kwargs: Any) -> str:
        """Under which the answer of such a call is kept for the current workspace.

        Raises:
            TypeError: the function does not take these arguments, or one of them has no content to be compared.
        """
        arguments = arguments_of(self._signature, args, kwargs, self._ignore)
        return f"longpole:answer:{workspace_scope()}:{self._name}:{argument_hash(arguments)}"

    def forget(self, *args: Any, **kwargs: Any) -> None:
        """Forgets the answer of such a call. Waits for the store."""
        self.cache.store.run(self.cache.store.delete(self.key(*args, **kwargs)))

    def refresh(self, *args: Any, **kwargs: Any) -> Any:
        """Calls the function and keeps its answer, whatever is kept already; to be awaited if the function is."""
        return self.ask(args, kwargs, is_fresh=True)

    def ask(self, args: tuple[Any, ...], kwargs: dict[str, Any], *, is_fresh: bool = False) -> Any:
        """The answer of a call; to be awaited if the function is."""
        plan = self._plan(args, kwargs, is_fresh=is_fresh)
        drive: Callable[..., Any] = run_async if self.is_async else run
        return drive(plan, lambda: self.function(*args, **kwargs), self.cache.store)

    def _plan(self, args: tuple[Any, ...], kwargs: dict[str, Any], *, is_fresh: bool) -> Plan:
        try:
            key = self.key(*args, **kwargs)
        except NoKey as error:
            warn_once(f"A call of {self._name} is not cached: {error}. Leave the parameter out with `ignore`, or not.")
            key = ""
        except TypeError:
            key = ""  # the function will say what is wrong with the arguments
        if not key or key in _making.get():
            self._count(CacheOutcome.BYPASSED)
            return (yield CALL)
        with RemedyStep(self._site) as step:
            while True:
                entry, outcome = yield from self._answer(key, is_fresh=is_fresh)
                if entry is not None and not (is_fresh and outcome is CacheOutcome.WAITED):
                    break
            self._tell(step, entry, outcome)
            if entry.fails:
                raise entry.value
            return entry.value

    def _answer(self, key: str, *, is_fresh: bool) -> Generator[Any, Any, "tuple[_Entry | None, CacheOutcome]"]:
        """The entry, or `None` where the caller that made it was cancelled: then it is for this one to make it."""
        with self.cache.lock:
            running, mine = self.cache.running.get(key), Future[Any]()
            if running is None:
                self.cache.running[key] = mine
        if running is not None:
            entry = yield WaitFor(running)
            return _copy(entry), CacheOutcome.WAITED
        given, failure = None, None
        try:
            entry: _Entry | None = None
            tokens = None
            if not is_fresh:
                entry, tokens = yield from self._kept(key)
            if entry is not None:
                given = entry
                return entry, CacheOutcome.NEGATIVE_HIT if entry.is_negative else CacheOutcome.HIT
            entry, outcome = yield from self._make_alone(key, tokens, is_fresh=is_fresh)
            given = entry
            return entry, outcome
        except Exception as error:
            failure = error
            raise
        finally:
            with self.cache.lock:
                del self.cache.running[key]
            if failure is None:
                mine.set_result(given)
            else:
                mine.set_exception(failure)

    def _make_alone(
        self, key: str, tokens: dict[str, str | None] | None, *, is_fresh: bool
    ) -> Generator[Any, Any, "tuple[_Entry, CacheOutcome]"]:
        """Makes the answer; where processes share the store, only one of them does, and the others wait for it."""
        store, longest_s = self.cache.store, self._rules.longest_call_s
        if store.is_memory or is_fresh:
            return (yield from self._make(key, tokens))
        mark = os.urandom(8).hex().encode()
        is_mine = yield from self._try(store.try_lock(key, mark, longest_s), otherwise=True)
        if not is_mine:
            yield from self._try(store.until_unlocked(key, longest_s))
        try:
            # Also who has the lock looks again: another may have kept the answer and ended its own lock just before.
            entry, tokens = yield from self._kept(key)
            if entry is not None:
                return entry, CacheOutcome.WAITED
            return (yield from self._make(key, tokens))
        finally:
            if is_mine:
                yield from self._try(store.unlock(key, mark))

    def _make(
        self, key: str, tokens: dict[str, str | None] | None
    ) -> Generator[Any, Any, "tuple[_Entry, CacheOutcome]"]:
        tokens = yield from self._tokens(tokens)
        started, before = steady_ns(), _making.get()
        _making.set(before | {key})
        try:
            value, fails = (yield CALL), False
        except self._rules.negative_errors as error:
            value, fails = error, True
        finally:
            _making.set(before)
        is_negative = fails or self._rules.is_negative(value)
        entry = _Entry(
            value=value,
            fails=fails,
            is_negative=is_negative,
            stored_ns=self.cache.clock(),
            ttl_ns=self._rules.negative_ttl_ns if is_negative else self._rules.ttl_ns,
            took_ns=steady_ns() - started,
            tokens=tokens,
        )
        yield from self._keep(key, entry)
        return entry, CacheOutcome.MISS

    def _tokens(self, tokens: dict[str, str | None] | None) -> Generator[Any, Any, dict[str, str | None]]:
        """The tokens that the tags have before the call: what outdates them meanwhile outdates the answer."""
        if tokens is None:
            _, tokens = yield from self._try(self.cache.store.get("", self._rules.tags), otherwise=(None, {}))
        if tokens and None in tokens.values():
            tokens = yield from self._try(self.cache.store.make_tokens(tokens), otherwise={})
        return tokens or {}

    def _kept(self, key: str) -> Generator[Any, Any, "tuple[_Entry | None, dict[str, str | None] | None]"]:
        packed, tokens = yield from self._try(self.cache.store.get(key, self._rules.tags), otherwise=(None, None))
        entry = None if packed is None else _unpack(packed)
        if entry is None or self.cache.clock() >= entry.stored_ns + entry.ttl_ns:
            return None, tokens
        is_current = None not in entry.tokens.values() and entry.tokens == tokens
        return (entry if is_current else None), tokens

    def _keep(self, key: str, entry: _Entry) -> Generator[Any, Any, None]:
        if set(entry.tokens) != set(self._rules.tags) or entry.ttl_ns <= 0:
            return
        try:
            packed = _pack(entry)
        except Exception as error:
            self.figures.not_kept += 1
            self.cache.figures.not_kept += 1
            warn_once(f"An answer of {self._name} is not kept: it cannot be pickled ({type(error).__name__}: {error}).")
            return
        yield from self._try(self.cache.store.set(key, packed, entry.ttl_ns / SECOND_NS))

    def _try(self, coroutine: Any, otherwise: Any = None) -> Generator[Any, Any, Any]:
        """What the store answers; if it does not, the program goes on without it."""
        try:
            return (yield Ask(coroutine))
        except Exception as error:
            warn_once(
                f"The cache of {self._name} does not answer: {type(error).__name__}: {error}. It goes on without."
            )
            return otherwise

    def _tell(self, step: RemedyStep, entry: _Entry, outcome: CacheOutcome) -> None:
        is_saved = outcome is not CacheOutcome.MISS
        waited = outcome is CacheOutcome.WAITED
        self._count(outcome, 0 if waited or not is_saved else entry.took_ns)
        step.add(
            {
                names.REMEDY_OUTCOME: str(outcome),
                names.CACHE_AGE_NS: max(0, self.cache.clock() - entry.stored_ns) if is_saved else None,
                names.REMEDY_SAVED_NS: entry.took_ns if is_saved and not waited else None,
            }
        )

    def _count(self, outcome: CacheOutcome, saved_ns: int = 0) -> None:
        place = {CacheOutcome.HIT: "hits", CacheOutcome.MISS: "misses", CacheOutcome.NEGATIVE_HIT: "negative_hits"}
        with self.cache.lock:
            for figures in (self.figures, self.cache.figures):
                figures.calls += 1
                figures.saved_ns += saved_ns
                name = place.get(outcome, str(outcome))
                setattr(figures, name, getattr(figures, name) + 1)


def _pack(entry: _Entry) -> bytes:
    return pickle.dumps(tuple(getattr(entry, name) for name in entry.__struct_fields__))


def _copy(entry: _Entry | None) -> _Entry | None:
    """An answer of the caller's own: what one caller does to it, another must not see."""
    try:
        return None if entry is None else _unpack(_pack(entry))
    except Exception:
        return entry


def _unpack(packed: bytes) -> _Entry | None:
    """The entry; `None` for one of another version of the program, whose classes are not here."""
    try:
        return _Entry(*pickle.loads(packed))
    except Exception:
        return None


def _wrapper(cached: CachedFunction) -> Any:
    if cached.is_async:

        async def ask_async(*args: Any, **kwargs: Any) -> Any:
            return await cached.ask(args, kwargs)

        wrapper: Any = ask_async
    else:

        def ask(*args: Any, **kwargs: Any) -> Any:
            return cached.ask(args, kwargs)

        wrapper = ask
    update_wrapper(wrapper, cached.function)
    wrapper.cached = cached
    return wrapper
