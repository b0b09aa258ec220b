"""A cache that also knows a question in other words: `SemanticCache(embed, threshold=0.92).remember(...)`.

The question is turned into a vector by an embedder of the program's choice; the nearest earlier question answers if it
is near enough, and if everything else about the call is equal. In shadow the function is always called, and it is
noted whether the cache would have answered, and whether that would have been right: that is how a threshold is found.
Answers are kept in this process only. Looking through 1,000 questions of 256 numbers takes about 10 ms.
"""

import inspect
from collections import OrderedDict
from collections.abc import Callable, Sequence
from copy import deepcopy
from enum import StrEnum
from functools import update_wrapper
from inspect import isawaitable
from math import sqrt
from operator import mul
from threading import Lock
from typing import Any, TypeVar

from msgspec import Struct

from longpole.model.category import Category
from longpole.model.clock import SECOND_NS, now_ns, steady_ns
from longpole.record.trouble import warn_once
from longpole.remedies.argument_key import NoKey, argument_hash, arguments_of, workspace_scope
from longpole.remedies.guarded_call import CALL, Plan, run, run_async
from longpole.remedies.remedy_step import RemedyStep, function_site
from longpole.wire import longpole_names as names

_Function = TypeVar("_Function", bound=Callable[..., Any])


class SemanticOutcome(StrEnum):
    """How a call was answered, or would have been."""

    HIT = "hit"
    MISS = "miss"
    BYPASSED = "bypassed"
    """The embedder failed, or the other arguments cannot be compared."""
    WOULD_BE_RIGHT = "would_be_right"
    """In shadow: the cache would have answered, and with the same answer."""
    WOULD_BE_WRONG = "would_be_wrong"
    """In shadow: the cache would have answered, and with another answer."""


class SemanticFigures(Struct):
    """What a semantic cache has done since it was made. `saved_ns` is time of calls that were not made."""

    calls: int = 0
    hits: int = 0
    misses: int = 0
    bypassed: int = 0
    would_be_right: int = 0
    would_be_wrong: int = 0
    saved_ns: int = 0

    @property
    def wrong_rate(self) -> float | None:
        """Share of the answers in shadow that would have been wrong, 0 to 1; `None` while there were none."""
        answered = self.would_be_right + self.would_be_wrong
        return self.would_be_wrong / answered if answered else None


class _Kept(Struct, frozen=True):
    vector: tuple[float, ...]
    value: Any
    stored_ns: int
    took_ns: int


class SemanticCache:
    """Questions with their answers.

    Args:
        embed: the vector of a text, any sequence of numbers; a coroutine function for async functions only.
        threshold: from which cosine similarity on, up to 1, two questions are taken for one.
        ttl_s: how long an answer is good.
        size: how many questions are kept for each function, workspace and set of other arguments.
        is_shadow: call the function in any case, and only note what the cache would have done.
        is_same: in shadow, whether two answers say the same; by default they must be equal.
        clock: nanoseconds since 1970, for tests.
    """

    def __init__(
        self,
        embed: Callable[[str], Any],
        *,
        threshold: float,
        ttl_s: float = 3600.0,
        size: int = 1000,
        is_shadow: bool = False,
        is_same: Callable[[Any, Any], bool] = lambda one, other: one == other,
        clock: Callable[[], int] = now_ns,
    ) -> None:
        self.embed, self.threshold, self.size = embed, threshold, size
        self.is_shadow, self.is_same, self.clock = is_shadow, is_same, clock
        self.ttl_ns = round(ttl_s * SECOND_NS)
        self.figures = SemanticFigures()
        self._kept: dict[str, OrderedDict[str, _Kept]] = {}
        self._lock = Lock()

    def remember(self, question: str, *, ignore: Sequence[str] = ()) -> Callable[[_Function], _Function]:
        """Keeps what a function answers to a question.

        Args:
            question: the parameter that holds it, a text.
            ignore: parameters that do not change the answer. All others must be equal for a hit.
        """

        def decorate(function: _Function) -> _Function:
            return _wrapper(_SemanticFunction(self, function, question, frozenset(ignore)))

        return decorate

    def nearest(self, scope: str, vector: Sequence[float]) -> tuple[_Kept | None, float | None]:
        """The nearest question that is not too old, and its similarity."""
        oldest_ns = self.clock() - self.ttl_ns
        with self._lock:
            kept = [each for each in self._kept.get(scope, {}).values() if each.stored_ns > oldest_ns]
        best, similarity = None, None
        for each in kept:
            near = sum(map(mul, each.vector, vector))
            if similarity is None or near > similarity:
                best, similarity = each, near
        return best, similarity

    def keep(self, scope: str, question: str, vector: tuple[float, ...], value: Any, took_ns: int) -> None:
        """Keeps an answer; the question that was asked longest ago makes room."""
        with self._lock:
            kept = self._kept.setdefault(scope, OrderedDict())
            kept.pop(question, None)
            kept[question] = _Kept(vector=vector, value=_own(value), stored_ns=self.clock(), took_ns=took_ns)
            while len(kept) > self.size:
                kept.popitem(last=False)

    def count(self, outcome: SemanticOutcome, saved_ns: int) -> None:
        """Counts a call."""
        places = {SemanticOutcome.HIT: "hits", SemanticOutcome.MISS: "misses"}
        with self._lock:
            self.figures.calls += 1
            self.figures.saved_ns += saved_ns
            name = places.get(outcome, str(outcome))
            setattr(self.figures, name, getattr(self.figures, name) + 1)


class _SemanticFunction:
    def __init__(
        self, cache: SemanticCache, function: Callable[..., Any], question: str, ignore: frozenset[str]
    ) -> None:
        self.cache, self.function = cache, function
        self.is_async = inspect.iscoroutinefunction(function)
        name = getattr(function, "__name__", type(function).__name__)
        self._site = function_site(function, f"semantic cache {name}", Category.CACHE, "semantic_cache")
        self._signature, self._question, self._ignore = inspect.signature(function), question, ignore
        self._name = f"{function.__module__}.{function.__qualname__}"

    def ask(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        drive: Callable[..., Any] = run_async if self.is_async else run
        return drive(self._plan(args, kwargs), lambda: self.function(*args, **kwargs), None)

    def _plan(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Plan:
        with RemedyStep(self._site) as step:
            try:
                arguments = arguments_of(self._signature, args, kwargs, self._ignore)
                question = str(arguments.pop(self._question))
                scope = f"{workspace_scope()} {self._name} {argument_hash(arguments)}"
                made: Any = self.cache.embed(question)
                vector = _unit(list((yield made) if isawaitable(made) else made))
            except (NoKey, TypeError, KeyError) as error:
                warn_once(f"A call of {self._name} goes by its semantic cache: {type(error).__name__}: {error}.")
                return (yield from self._bypass(step))
            except Exception as error:
                warn_once(f"The embedder of {self._name} failed: {type(error).__name__}: {error}. It goes on without.")
                return (yield from self._bypass(step))
            best, similarity = self.cache.nearest(scope, vector)
            is_near = best is not None and similarity is not None and similarity >= self.cache.threshold
            if best is not None and is_near and not self.cache.is_shadow:
                self._tell(step, SemanticOutcome.HIT, similarity, best.took_ns)
                return _own(best.value)
            started = steady_ns()
            value = yield CALL
            self.cache.keep(scope, question, vector, value, steady_ns() - started)
            outcome = SemanticOutcome.MISS
            if best is not None and is_near:
                is_right = self.cache.is_same(best.value, value)
                outcome = SemanticOutcome.WOULD_BE_RIGHT if is_right else SemanticOutcome.WOULD_BE_WRONG
            self._tell(step, outcome, similarity, 0)
            return value

    def _bypass(self, step: RemedyStep) -> Plan:
        self._tell(step, SemanticOutcome.BYPASSED, None, 0)
        return (yield CALL)

    def _tell(self, step: RemedyStep, outcome: SemanticOutcome, similarity: float | None, saved_ns: int) -> None:
        self.cache.count(outcome, saved_ns)
        step.add(
            {
                names.REMEDY_OUTCOME: str(outcome),
                names.CACHE_SIMILARITY: similarity,
                names.REMEDY_SAVED_NS: saved_ns or None,
            }
        )


def _own(value: Any) -> Any:
    """A copy: what one caller does to an answer, another must not see. What cannot be copied is shared."""
    try:
        return deepcopy(value)
    except Exception:
        return value


def _unit(numbers: list[Any]) -> tuple[float, ...]:
    """The vector with length 1, of which the product with another is the cosine."""
    vector = [float(number) for number in numbers]
    length = sqrt(sum(map(mul, vector, vector)))
    return tuple(number / length for number in vector) if length else tuple(vector)


def _wrapper(semantic: _SemanticFunction) -> Any:
    if semantic.is_async:

        async def ask_async(*args: Any, **kwargs: Any) -> Any:
            return await semantic.ask(args, kwargs)

        wrapper: Any = ask_async
    else:

        def ask(*args: Any, **kwargs: Any) -> Any:
            return semantic.ask(args, kwargs)

        wrapper = ask
    return update_wrapper(wrapper, semantic.function)
