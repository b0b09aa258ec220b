"""The steps of a pipeline as they are declared, and who needs whom."""

import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from graphlib import CycleError, TopologicalSorter
from typing import Any

from msgspec import Struct

from longpole.model.errors import SettingsError
from longpole.record.supervisor import step_name


class PipelineStep(Struct, frozen=True, kw_only=True):
    """One step. `gives` are the parameters of `call` with the step or input whose value each of them gets.

    `after` are the steps that must be done before, those of `gives` included, in the order of declaration.
    """

    name: str
    call: Callable[..., Any]
    is_async: bool
    gives: Mapping[str, str]
    takes_all: bool
    """Whether it takes any further name, `**inputs`: all inputs of the run."""
    optional: frozenset[str]
    """Parameters with a default."""
    after: tuple[str, ...]
    category: str
    uses: str | None
    timeout_s: float | None
    attempts: int
    retry_on: tuple[type[Exception], ...]


class Declared(Struct, frozen=True, kw_only=True):
    """What the program said of a step, before the names of the others are known."""

    name: str
    call: Callable[..., Any]
    after: tuple[str, ...] = ()
    category: str = "processing"
    uses: str | None = None
    timeout_s: float | None = None
    attempts: int = 1
    retry_on: tuple[type[Exception], ...] = (Exception,)


def declare(step: Any, **more: Any) -> Declared:
    """A function, or anything with `run()`, and perhaps a `name` and `after`, as the spec's supervisor takes them."""
    call = getattr(step, "run", step)
    after = more.pop("after", None)
    if after is None:
        after = getattr(step, "after", ())
    name = more.pop("name", None) or step_name(step)
    return Declared(name=name, call=call, after=tuple(after), **more)


def link(declared: Sequence[Declared], limits: Iterable[str]) -> list[PipelineStep]:
    """The steps in the order of declaration, with what each needs.

    A parameter that is called like another step gets its result. Every other parameter is an input of the run.

    Raises:
        SettingsError: a name is there twice, or `after` or `uses` name something that is not, or steps need each other.
    """
    names = [each.name for each in declared]
    known, resources = set(names), set(limits)
    _refuse(sorted({name for name in names if names.count(name) > 1}), "has two steps called", "names of their own")
    for each in declared:
        _refuse([n for n in each.after if n not in known], f"has a step {each.name!r} after", "the name of a step")
        if each.uses is not None and each.uses not in resources:
            _refuse([each.uses], f"has a step {each.name!r} that uses", "one of its `limits`")
    steps = [_linked(each, names) for each in declared]
    try:
        TopologicalSorter({step.name: step.after for step in steps}).prepare()
    except CycleError as error:
        raise SettingsError(
            f"The pipeline's steps {' -> '.join(error.args[1])} need each other. Expected an order in which each can "
            "run. Rename a parameter, or take a name out of `after`."
        ) from None
    return steps


def _refuse(found: Sequence[str], what: str, expected: str) -> None:
    if found:
        raise SettingsError(
            f"The pipeline {what} {', '.join(map(repr, found))}. Expected {expected}. Change it where it is declared."
        )


def _linked(declared: Declared, names: Sequence[str]) -> PipelineStep:
    gives: dict[str, str] = {}
    optional: set[str] = set()
    takes_all = False
    for name, parameter in _parameters(declared.call).items():
        if parameter.kind is parameter.VAR_KEYWORD:
            takes_all = True
        elif parameter.kind is not parameter.VAR_POSITIONAL:
            gives[name] = name
            if parameter.default is not parameter.empty:
                optional.add(name)
    needed = {source for source in gives.values() if source in names and source != declared.name}
    needed |= set(declared.after)
    return PipelineStep(
        name=declared.name,
        call=declared.call,
        is_async=inspect.iscoroutinefunction(declared.call),
        gives=gives,
        takes_all=takes_all,
        optional=frozenset(optional),
        after=tuple(name for name in names if name in needed),
        category=declared.category,
        uses=declared.uses,
        timeout_s=declared.timeout_s,
        attempts=declared.attempts,
        retry_on=declared.retry_on,
    )


def _parameters(call: Callable[..., Any]) -> Mapping[str, inspect.Parameter]:
    try:
        return inspect.signature(call).parameters
    except (TypeError, ValueError):  # written in C, without a signature
        return {}
