"""Whatever is decorated behaves as it did, and looks as it did to whoever inspects it."""

import asyncio
import functools
import inspect
import pickle
import types
from collections.abc import Callable, Iterator
from typing import Any, get_type_hints

import pytest

import longpole
from longpole.record.current import current
from longpole.record.recorder import recorder

DECORATORS = [longpole.timing_step, longpole.agent, longpole.profile_sync]
step: Any = longpole.timing_step
pytestmark = pytest.mark.usefixtures("recorded")


@pytest.mark.parametrize("decorate", DECORATORS)
def test_descriptors_of_a_class_stay_what_they_are(decorate: Callable[[Any], Any]) -> None:
    class Shop:
        @decorate
        @staticmethod
        def open(name: str) -> str:
            return name

        @decorate
        @classmethod
        def made(cls, name: str) -> tuple[type, str]:
            return cls, name

        @decorate
        @property
        def size(self) -> int:
            return 3

        @decorate
        @functools.cached_property
        def plan(self) -> list[int]:
            return []

    shop = Shop()
    assert (Shop.open("a"), shop.open("b")) == ("a", "b")
    assert shop.made("c") == (Shop, "c")
    assert shop.size == 3
    assert shop.plan is shop.plan


def test_what_is_inside_of_a_descriptor_is_recorded(recorded: Any) -> None:
    class Shop:
        @step
        @property
        def size(self) -> int:
            return 3

    assert Shop().size == 3
    assert recorded.span("size")


@pytest.mark.parametrize("decorate", DECORATORS)
def test_partials_and_objects_that_can_be_called_need_no_name(decorate: Callable[[Any], Any]) -> None:
    class Adder:
        def __call__(self, number: int) -> int:
            return number + 1

    class Proxy:
        def __getattr__(self, name: str) -> "Proxy":
            return Proxy()

        def __call__(self, number: int) -> int:
            return number

    assert decorate(functools.partial(max, 1))(2) == 2
    assert decorate(Adder())(2) == 3
    assert decorate(Proxy())(2) == 2


def test_an_object_whose_call_is_awaited_is_timed_to_its_end(recorded: Any) -> None:
    class Waiter:
        async def __call__(self) -> int:
            with longpole.time_step("inside"):
                await asyncio.sleep(0)
            return 4

    assert asyncio.run(longpole.timing_step("waiter")(Waiter())()) == 4
    assert recorded.parent_of("inside") == "waiter"


@pytest.mark.parametrize("decorate", DECORATORS)
def test_a_coroutine_made_of_a_generator_can_still_be_awaited(decorate: Callable[[Any], Any]) -> None:
    @decorate
    @types.coroutine
    def turn() -> Iterator[None]:
        yield
        return 4

    async def wait() -> Any:
        return await turn()

    assert asyncio.run(wait()) == 4


def test_a_cached_function_can_still_be_asked_and_cleared() -> None:
    @longpole.timing_step
    @functools.lru_cache
    def double(number: int) -> int:
        return number * 2

    assert [double(2), double(2)] == [4, 4]
    assert double.cache_info().hits == 1
    double.cache_clear()


def test_what_cannot_be_decorated_stays_as_it_is() -> None:
    class Shop:
        @step
        @functools.singledispatchmethod
        def price(self, _: object) -> str:
            return "other"

        @price.register
        def _(self, _: int) -> str:
            return "number"

    class Locked(type):
        def __setattr__(cls, name: str, value: object) -> None:
            raise AttributeError(name)

    @longpole.timing_step
    class Sealed(metaclass=Locked):
        def run(self) -> int:
            return 1

    assert Shop().price(1) == "number"
    assert Sealed().run() == 1


def test_a_class_can_be_profiled() -> None:
    @longpole.profile_sync
    class Shop:
        def sell(self) -> int:
            return 1

    assert isinstance(Shop, type)
    assert Shop().sell() == 1
    figures = longpole.PerformanceProfiler().get_metrics("Shop.sell")
    assert figures is not None
    assert figures.count == 1


def test_parameters_may_have_any_name() -> None:
    @longpole.timing_step
    def ours(longpole_record: int, longpole_get: int = 3, *, longpole_function: int = 5) -> tuple[int, ...]:
        return longpole_record, longpole_get, longpole_function

    @longpole.timing_step
    def builtin(BaseException: int) -> int:  # noqa: N803
        raise ValueError(BaseException)

    def keyword(a: int) -> int:
        return a

    keyword.__code__ = keyword.__code__.replace(co_varnames=("class",))
    assert ours(1) == (1, 3, 5)
    with pytest.raises(ValueError, match="7"):
        builtin(7)
    assert longpole.timing_step(keyword)(8) == 8


def test_a_wrapper_shows_the_signature_and_the_globals_of_its_function() -> None:
    async def work(a: int, /, b: "list[str] | None" = None, *c: str, d: float = 4, **e: bytes) -> "list[int]":
        return []

    wrapped = longpole.timing_step(work)
    assert inspect.signature(wrapped) == inspect.signature(work)
    assert [*inspect.signature(wrapped, follow_wrapped=False).parameters] == ["a", "b", "c", "d", "e"]
    assert get_type_hints(wrapped) == get_type_hints(work)
    assert inspect.iscoroutinefunction(wrapped)
    assert wrapped.__globals__ is globals()  # where FastAPI looks up the types of an endpoint
    assert "longpole_wrapper" not in globals()


def test_what_a_wrapper_refers_to_can_be_pickled_and_is_the_same_again() -> None:
    assert pickle.loads(pickle.dumps(recorder)) is recorder
    assert pickle.loads(pickle.dumps(current.get))() is current.get()
    with pytest.raises(TypeError, match="cannot pickle"):
        pickle.dumps(type(current)("another"))
