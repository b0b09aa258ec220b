"""State of which a snapshot costs nothing: what changes is copied, everything else is shared.

    state = changed({}, ("plan", "steps", "search"), "done")

A deep copy takes as long as the state is large. A change here takes as long as the dictionaries on the way to it.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

Path = tuple[str, ...]
State = Mapping[str, Any]
EMPTY: State = MappingProxyType({})


def changed(state: State, path: Path, value: Any) -> State:
    """The state with another value at the path; the given one stays as it is. What is on the way is made if missing.

    Values must not be changed in place afterwards: they are shared by all snapshots that hold them.

    Raises:
        KeyError: the path is empty, or leads through something that is no mapping.
    """
    if not path:
        raise KeyError("the path is empty: expected at least one name")
    name, below = path[0], path[1:]
    if below:
        inner = state.get(name, EMPTY)
        if not isinstance(inner, Mapping):
            raise KeyError(f"{name!r} is no mapping, and {below[0]!r} is to be put into it")
        value = changed(inner, below, value)  # pyright: ignore[reportUnknownArgumentType]
    return MappingProxyType({**state, name: value})


def without(state: State, path: Path) -> State:
    """The state without what is at the path; the same one if there is nothing.

    Raises:
        KeyError: the path is empty.
    """
    if not path:
        raise KeyError("the path is empty: expected at least one name")
    name, below = path[0], path[1:]
    if name not in state:
        return state
    if not below:
        return MappingProxyType({each: value for each, value in state.items() if each != name})
    inner = state[name]
    if not isinstance(inner, Mapping):
        return state
    left = without(inner, below)  # pyright: ignore[reportUnknownArgumentType]
    return state if left is inner else MappingProxyType({**state, name: left})


def as_plain(value: Any) -> Any:
    """The state as dictionaries of its own, for what wants to change it or write it as JSON."""
    if isinstance(value, Mapping):
        return {name: as_plain(inner) for name, inner in value.items()}  # pyright: ignore[reportUnknownVariableType]
    if isinstance(value, list):
        return [as_plain(inner) for inner in value]  # pyright: ignore[reportUnknownVariableType]
    return value
