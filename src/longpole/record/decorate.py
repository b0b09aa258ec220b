"""`agent` and `timing_step`: wrap functions of all kinds, and the public methods of classes.

Before `configure()` a wrapper only asks whether the recorder is on.
"""

from collections.abc import Callable
from types import coroutine as awaitable_generator
from typing import Any, TypeVar, overload

from longpole.model.category import Category
from longpole.record.recorder import recorder
from longpole.record.shapes import dress, is_decorable, name_of, wrap_inside, wrap_methods
from longpole.record.site import (
    CO_ASYNC_GENERATOR,
    CO_GENERATOR,
    CO_ITERABLE_COROUTINE,
    Site,
    code_flags,
    site_of_function,
    text_of,
)
from longpole.record.streams import wrap_async_generator, wrap_generator
from longpole.record.wrap import wrap_call

Decorated = TypeVar("Decorated", bound=Callable[..., Any])


@overload
def agent(name: Decorated) -> Decorated: ...
@overload
def agent(name: str | None = None, *, method: str | None = None) -> Callable[[Decorated], Decorated]: ...
def agent(name: Any = None, *, method: str | None = None) -> Any:
    """Marks a function, a method or a class as an agent: each call is an execution.

    The agent is known to the server from then on, even if it never runs. Of a class every public method is an
    execution of the agent, unless a method of the same agent called it: then it is a step.

    Args:
        name: the agent's name; by default that of the function or class.
        method: which of the agent's methods this is; by default the function's name.
    """
    if is_decorable(name):
        return _decorate_agent(name, None, None)

    def decorate(target: Any) -> Any:
        return _decorate_agent(target, name, method)

    return decorate


@overload
def timing_step(name: Decorated) -> Decorated: ...
@overload
def timing_step(name: str | None = None, *, category: str = ...) -> Callable[[Decorated], Decorated]: ...
def timing_step(name: Any = None, *, category: str = Category.PROCESSING) -> Any:
    """Marks a function, a method or a class as steps: each call is timed and shown below what called it.

    Args:
        name: the step's name; by default that of the function. Of a class it stands before its methods' names.
        category: what the step does with its time, a `Category` such as "llm", "tool" or "database".
    """
    if is_decorable(name):
        return _decorate_step(name, None, category)

    def decorate(target: Any) -> Any:
        return _decorate_step(target, name, category)

    return decorate


def _decorate_agent(target: Any, name: str | None, method: str | None) -> Any:
    agent_name = text_of(name or name_of(target))
    if isinstance(target, type):
        return wrap_methods(
            target, lambda inner: _wrap(inner, _agent_site(inner, agent_name, name_of(inner), is_of_class=True))
        )
    return wrap_inside(
        target, lambda inner: _wrap(inner, _agent_site(inner, agent_name, method or name_of(inner), is_of_class=False))
    )


def _decorate_step(target: Any, name: str | None, category: str) -> Any:
    own = text_of(name or name_of(target))
    if isinstance(target, type):
        return wrap_methods(
            target, lambda inner: _wrap(inner, site_of_function(inner, f"{own}.{name_of(inner)}", str(category)))
        )
    return wrap_inside(target, lambda inner: _wrap(inner, site_of_function(inner, own, str(category))))


def _agent_site(function: Callable[..., Any], name: str, method: str, *, is_of_class: bool) -> Site:
    site = site_of_function(function, name, Category.AGENT, agent=name, method=method, is_of_class=is_of_class)
    recorder.register(site)
    return site


def _wrap(function: Callable[..., Any], site: Site) -> Any:
    """The wrapper of the same kind as the function, so that `inspect` and frameworks see what they saw before."""
    flags = code_flags(function)
    if flags & CO_ASYNC_GENERATOR:
        wrapper: Any = wrap_async_generator(function, site)
    elif flags & CO_GENERATOR:
        wrapper = wrap_generator(function, site)
        if flags & CO_ITERABLE_COROUTINE:
            wrapper = awaitable_generator(wrapper)
    else:
        wrapper = wrap_call(function, site)
    return dress(wrapper, function)
