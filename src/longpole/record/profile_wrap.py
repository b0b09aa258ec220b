"""Functions of every kind as profiled operations.

Off, a wrapper asks one question and calls through. On, it makes a `ProfiledCall`, which is also the step; only
generators get their step from `streams`, because their code runs piece by piece in their reader's context.
"""

from collections.abc import AsyncGenerator, Callable, Generator
from types import coroutine as awaitable_generator
from typing import Any

from longpole.record.cpu_time import CpuCounted
from longpole.record.profile_switch import switch
from longpole.record.profiled_call import ProfiledCall, ProfilePlan, begin_call, begin_stream
from longpole.record.shapes import dress
from longpole.record.site import CO_ASYNC_GENERATOR, CO_COROUTINE, CO_GENERATOR, CO_ITERABLE_COROUTINE, code_flags
from longpole.record.streams import wrap_async_generator, wrap_generator


def wrap_profiled(function: Callable[..., Any], plan: ProfilePlan) -> Any:
    """The wrapper of the same kind as the function, so that `inspect` and frameworks see what they saw before."""
    flags = code_flags(function)
    if flags & CO_ASYNC_GENERATOR:
        wrapper: Any = _wrap_async_generator(function, plan)
    elif flags & CO_COROUTINE:
        wrapper = _wrap_async(function, plan)
    elif flags & CO_GENERATOR:
        wrapper = _wrap_generator(function, plan)
        if flags & CO_ITERABLE_COROUTINE:
            wrapper = awaitable_generator(wrapper)
    else:
        wrapper = _wrap_sync(function, plan)
    return dress(wrapper, function)


def _wrap_sync(function: Callable[..., Any], plan: ProfilePlan) -> Callable[..., Any]:
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        if not switch.is_on or (call := begin_call(plan, args, kwargs)) is None:
            return function(*args, **kwargs)
        try:
            result = function(*args, **kwargs)
        except BaseException as error:
            call.fail(error)
            raise
        call.finish(result)
        return result

    return wrapper


def _wrap_async(function: Callable[..., Any], plan: ProfilePlan) -> Callable[..., Any]:
    async def wrapper(*args: Any, **kwargs: Any) -> Any:
        if not switch.is_on or (call := begin_call(plan, args, kwargs)) is None:
            return await function(*args, **kwargs)
        try:
            if call.tracks_cpu:
                call.counted = CpuCounted(function(*args, **kwargs))
                result = await call.counted
            else:
                result = await function(*args, **kwargs)
        except BaseException as error:
            call.fail(error)
            raise
        call.finish(result)
        return result

    return wrapper


def _wrap_generator(function: Callable[..., Any], plan: ProfilePlan) -> Callable[..., Any]:
    as_step = wrap_generator(function, plan.site)

    def wrapper(*args: Any, **kwargs: Any) -> Generator[Any, Any, Any]:
        if not switch.is_on or (call := begin_stream(plan)) is None:
            return (yield from function(*args, **kwargs))
        try:
            result = yield from as_step(*args, **kwargs)
        except GeneratorExit:
            call.finish(None)  # its reader had enough: no failure
            raise
        except BaseException as error:
            call.fail(error)
            raise
        call.finish(result)
        return result

    return wrapper


def _wrap_async_generator(function: Callable[..., Any], plan: ProfilePlan) -> Callable[..., Any]:
    as_step = wrap_async_generator(function, plan.site)

    async def wrapper(*args: Any, **kwargs: Any) -> AsyncGenerator[Any, Any]:
        call = begin_stream(plan) if switch.is_on else None
        stream = (as_step if call is not None else function)(*args, **kwargs)
        resume, value = stream.asend, None
        while True:
            try:
                item = await resume(value)
            except StopAsyncIteration:
                _finish(call)
                return
            except BaseException as error:
                _fail(call, error)
                raise
            try:
                value = yield item
                resume = stream.asend
            except GeneratorExit:
                await stream.aclose()
                _finish(call)
                raise
            except BaseException as error:
                resume, value = stream.athrow, error

    return wrapper


def _finish(call: ProfiledCall | None) -> None:
    if call is not None:
        call.finish(None)


def _fail(call: ProfiledCall | None, error: BaseException) -> None:
    if call is not None:
        call.fail(error)
