"""What can be decorated besides functions: descriptors of classes, partials, objects that can be called."""

import functools
from collections.abc import Callable
from types import FunctionType
from typing import Any

from longpole.record.trouble import warn_once

# Of a function behind `functools.lru_cache` or `functools.cache`; `update_wrapper` copies only what is in `__dict__`.
_CACHE_METHODS = ("cache_info", "cache_clear")


def is_decorable(target: Any) -> bool:
    """Whether it is something to decorate, and not a name or nothing."""
    return target is not None and not isinstance(target, str)


def name_of(target: Any) -> str:
    """The name of a function, of what a descriptor holds, or of the class of an object."""
    for _ in range(8):
        name = getattr(target, "__name__", None)
        if isinstance(name, str):
            return name
        inner = _inner(target)
        if inner is None:
            break
        target = inner
    return type(target).__name__


def wrap_inside(target: Any, wrap: Callable[[Any], Any]) -> Any:
    """The wrapped function; or a descriptor of the same kind around the wrapped function that it held.

    Anything else that cannot be called stays as it is, and that is told in the log.
    """
    if isinstance(target, staticmethod | classmethod):
        return type(target)(wrap(target.__func__))  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
    if isinstance(target, property):
        return type(target)(
            None if target.fget is None else wrap(target.fget), target.fset, target.fdel, target.__doc__
        )
    if isinstance(target, functools.cached_property):
        return type(target)(wrap(target.func))  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
    if callable(target):
        return wrap(target)
    warn_once(
        f"{type(target).__qualname__} {name_of(target)!r} is not recorded. Expected a function, a class, a method, "
        "or a property. Put the decorator below the one that makes it."
    )
    return target


def wrap_methods(cls: type, wrap: Callable[[Any], Any]) -> type:
    """The class, whose public methods are wrapped; not those that it inherits."""
    for name, member in list(vars(cls).items()):
        if not name.startswith("_") and isinstance(member, staticmethod | classmethod | FunctionType):
            try:
                setattr(cls, name, wrap_inside(member, wrap))  # pyright: ignore[reportUnknownArgumentType]
            except (AttributeError, TypeError):  # its metaclass does not allow that
                warn_once(f"The methods of {cls.__qualname__} are not recorded: the class cannot be changed.")
    return cls


def dress(wrapper: Any, function: Any) -> Any:
    """The wrapper with name, signature, documentation and attributes of the function."""
    try:
        functools.update_wrapper(wrapper, function)
    except (AttributeError, TypeError):  # an object that answers everything with something
        wrapper.__wrapped__ = function
    for name in _CACHE_METHODS:
        method = getattr(function, name, None)
        if method is not None and not hasattr(wrapper, name):
            setattr(wrapper, name, method)
    return wrapper


def _inner(target: Any) -> Any:
    for holder in ("fget", "__func__"):
        inner = getattr(target, holder, None)
        if callable(inner):
            return inner
    return target.func if isinstance(target, functools.cached_property) else None  # pyright: ignore[reportUnknownMemberType]
