"""The wrappers of plain and coroutine functions, each compiled with the very parameters of its function.

A wrapper of `*args, **kwargs` builds a tuple and a dictionary per call: 180 ns before anything is recorded, 230 when it
is awaited. With the function's own parameters it is 30 and 95 (CPython 3.11, `bench/overhead.py`), and what is kept as
input has every argument in its place. Compiling costs 0.1 ms per decorated function, once.
"""

from collections.abc import Callable
from functools import partial
from keyword import iskeyword
from types import CodeType, FunctionType
from typing import Any

from longpole.record.budget import budgets
from longpole.record.current import current
from longpole.record.let_through import OWN_FOLDER
from longpole.record.recorder import recorder
from longpole.record.site import CO_COROUTINE, CO_VARARGS, CO_VARKEYWORDS, Site, code_flags
from longpole.record.stand_in import stand_ins

# All names of our own begin with `longpole_`: the parameters of the user's function stand beside them. They are the
# parameters of an outer function, so that the wrapper's globals can be the user's: frameworks look types up there.
_TEMPLATE = """
def longpole_make({outer}):
    {define} longpole_wrapper({parameters}):
        if not longpole_recorder.is_on:
            return {call}
        longpole_parent = longpole_get()
        longpole_record = longpole_start(longpole_site, longpole_parent, {given})
        longpole_set(longpole_record)
        try:{check}
            longpole_result = {call} if longpole_stand_ins.calls is None else {stood_in}
        except longpole_exception as longpole_error:
            longpole_fail(longpole_record, longpole_error)
            if longpole_get() is longpole_record:
                longpole_set(longpole_parent)
            raise
        longpole_finish(longpole_record, longpole_result)
        if longpole_get() is longpole_record:
            longpole_set(longpole_parent)
        return longpole_result
    return longpole_wrapper
"""
# Of agents only; in the `try`, so that an execution that was not let begin is seen with its reason.
_CHECK = """
            if longpole_budgets.used_up:
                longpole_budgets.check(longpole_site.agent, None, longpole_record)"""
RECORD_VARIABLE = "longpole_record"
"""The local variable of a wrapper's frame that holds the record; whoever looks at stacks finds the step by it."""

WRAPPER_FILE = OWN_FOLDER + "/<wrapper>"
_shared: dict[str, Any] = {
    "longpole_recorder": recorder,
    "longpole_get": current.get,
    "longpole_set": current.set,
    "longpole_start": recorder.start,
    "longpole_finish": recorder.finish,
    "longpole_fail": recorder.fail,
    "longpole_exception": BaseException,
    "longpole_budgets": budgets,
    "longpole_stand_ins": stand_ins,
    "longpole_partial": partial,
}
_OUTER = ", ".join((*_shared, "longpole_function", "longpole_site"))


def wrap_call(function: Callable[..., Any], site: Site) -> Any:
    """The function as a step; awaited if the function is."""
    code: CodeType | None = function.__code__ if isinstance(function, FunctionType) else None
    parameters, passed, kept = _parameters(code, site)
    is_async = bool(code_flags(function) & CO_COROUTINE)
    awaited, suffix = ("await ", "_async") if is_async else ("", "")
    whole = f"longpole_partial(longpole_function, {passed})"
    stood_in = f"longpole_stand_ins.calls.call{suffix}(longpole_site, longpole_record, {kept}, {whole})"
    source = _TEMPLATE.format(
        outer=_OUTER,
        define="async def" if is_async else "def",
        parameters=parameters,
        call=f"{awaited}longpole_function({passed})",
        stood_in=awaited + stood_in,
        check=_CHECK if site.is_agent else "",
        given=kept,
    )
    scope: dict[str, Any] = {}
    theirs = function.__globals__ if isinstance(function, FunctionType) else {"__name__": __name__}
    exec(compile(source, WRAPPER_FILE, "exec"), theirs, scope)
    wrapper = scope["longpole_make"](**_shared, longpole_function=function, longpole_site=site)
    if code is not None:
        wrapper.__defaults__, wrapper.__kwdefaults__ = function.__defaults__, function.__kwdefaults__
    return wrapper


def _parameters(code: CodeType | None, site: Site) -> tuple[str, str, str]:
    """The parameter list, the arguments passed on, and what is kept of them: `((by position...), by name)`."""
    if code is None or not _is_readable(code):
        return "*args, **kwargs", "*args, **kwargs", f"(args{'[1:]' if site.skips_first else ''}, kwargs)"
    names = code.co_varnames
    count, only_position, only_name = code.co_argcount, code.co_posonlyargcount, code.co_kwonlyargcount
    positional, named = list(names[:count]), list(names[count : count + only_name])
    following = list(names[count + only_name :])
    rest = following.pop(0) if code.co_flags & CO_VARARGS else None
    others = following.pop(0) if code.co_flags & CO_VARKEYWORDS else None
    listed = [*positional[:only_position], *(["/"] if only_position else []), *positional[only_position:]]
    if rest is not None or named:
        listed.append("*" if rest is None else f"*{rest}")
    listed += named + ([f"**{others}"] if others is not None else [])
    passed = positional + ([f"*{rest}"] if rest is not None else []) + [f"{name}={name}" for name in named]
    passed += [f"**{others}"] if others is not None else []
    kept = (positional[1:] if site.skips_first else positional) + named + ([f"*{rest}"] if rest is not None else [])
    return ", ".join(listed), ", ".join(passed), f"(({''.join(f'{name}, ' for name in kept)}), {others})"


def _is_readable(code: CodeType) -> bool:
    """Whether the parameters can be written out: a comprehension's `.0` cannot, and ours would hide behind theirs."""
    names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount + 2]
    return all(name.isidentifier() and not iskeyword(name) and not name.startswith("longpole_") for name in names)
