"""One way through a cache, for plain functions and for coroutine functions.

What to do is a generator that asks for one thing after the other; `run` and `run_async` do what it asks for, each in
its own way of waiting.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Generator
from concurrent.futures import Future
from inspect import isawaitable, iscoroutine
from typing import Any

from msgspec import Struct


class Ask(Struct, frozen=True, gc=False):
    """To ask the store."""

    coroutine: Coroutine[Any, Any, Any]


class WaitFor(Struct, frozen=True, gc=False):
    """To wait for what another caller makes; whoever stops waiting stops only for itself."""

    future: "Future[Any]"


class Call(Struct, frozen=True, gc=False):
    """To call the program's function."""


Wish = Ask | WaitFor | Call | Awaitable[Any]
Plan = Generator[Wish, Any, Any]
Store = Any
CALL = Call()


def run(plan: Plan, call: Callable[[], Any], store: Store) -> Any:
    """What the plan gives, on the caller's thread."""
    answer: Any = None
    failure: BaseException | None = None
    while True:
        try:
            wish = plan.send(answer) if failure is None else plan.throw(failure)
        except StopIteration as done:
            return done.value
        answer, failure = None, None
        try:
            if isinstance(wish, Call):
                answer = call()
            elif isinstance(wish, Ask):
                answer = store.run(wish.coroutine)
            elif isinstance(wish, WaitFor):
                answer = wish.future.result()
            else:
                if iscoroutine(wish):
                    wish.close()
                raise TypeError("a plain function cannot wait for an async embedder: give it a plain one")
        except BaseException as error:
            failure = error


async def run_async(plan: Plan, call: Callable[[], Awaitable[Any]], store: Store) -> Any:
    """What the plan gives, on the caller's event loop."""
    answer: Any = None
    failure: BaseException | None = None
    while True:
        try:
            wish = plan.send(answer) if failure is None else plan.throw(failure)
        except StopIteration as done:
            return done.value
        answer, failure = None, None
        try:
            if isinstance(wish, Call):
                answer = await call()
            elif isinstance(wish, Ask):
                answer = await store.wait(wish.coroutine)
            elif isinstance(wish, WaitFor):
                answer = await asyncio.shield(asyncio.wrap_future(wish.future))
            elif isawaitable(wish):
                answer = await wish
        except BaseException as error:
            failure = error
