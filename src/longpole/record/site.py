"""A place in the code that makes steps: everything about a step that is known before it runs, found out once."""

from collections.abc import Callable
from functools import partial
from types import CodeType
from typing import Any

from longpole.model.category import Category
from longpole.record.capture import describe
from longpole.record.let_through import let_through
from longpole.wire import longpole_names as names

# The kinds of functions as CPython marks them (`inspect.CO_*`); importing inspect would cost every agent 10 ms.
CO_VARARGS, CO_VARKEYWORDS, CO_GENERATOR, CO_COROUTINE, CO_ASYNC_GENERATOR = 0x4, 0x8, 0x20, 0x80, 0x200
CO_ITERABLE_COROUTINE = 0x100  # a generator that is awaited: types.coroutine
MOST_WRAPPED = 32
MOST_SITES = 4096
LONGEST_NAME = 1000


class Site:
    """What all steps of one place share. `base` are the attributes that each of them carries on the wire."""

    __slots__ = (
        "agent",
        "base",
        "category",
        "code",
        "instruction",
        "is_agent",
        "is_of_class",
        "is_told",
        "method",
        "name",
        "parameters",
        "skips_first",
    )

    def __init__(
        self,
        name: str,
        category: str,
        *,
        code: CodeType | None = None,
        line: int | None = None,
        function: str | None = None,
        agent: str | None = None,
        method: str | None = None,
        is_of_class: bool = False,
        more: dict[str, Any] | None = None,
    ) -> None:
        self.name = text_of(name)
        self.category = text_of(category)
        self.code = code  # held, so that the id of the code object stays taken while this site is cached under it
        self.instruction = -1  # in `code`, of a `time_step`
        self.agent = None if agent is None else text_of(agent)
        self.method = None if method is None else text_of(method)
        self.is_agent = agent is not None
        self.is_of_class = is_of_class
        self.is_told = False  # a framework tells start and end, the end perhaps in another context: see `living`
        self.parameters: tuple[str, ...] = ()
        self.skips_first = False
        self.base: dict[str, Any] = {**self._kind_attributes(), **(more or {})}
        if code is not None:
            self.base["code.file.path"] = code.co_filename
            self.base["code.line.number"] = line if line is not None else code.co_firstlineno
            self.base["code.function.name"] = function or code.co_qualname

    def _kind_attributes(self) -> dict[str, Any]:
        """Longpole's own names, and those of the OpenTelemetry GenAI conventions for whoever else reads them."""
        if self.agent is not None:
            return {
                names.KIND: "agent",
                names.AGENT: self.agent,
                names.METHOD: self.method,
                "gen_ai.operation.name": "invoke_agent",
                "gen_ai.agent.name": self.agent,
            }
        own: dict[str, Any] = {names.KIND: "step", names.CATEGORY: self.category}
        if self.category == Category.TOOL:
            own |= {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": self.name}
        elif self.category == Category.LLM:
            own["gen_ai.operation.name"] = "chat"
        return own


def site_of_function(
    function: Callable[..., Any],
    name: str,
    category: str,
    *,
    agent: str | None = None,
    method: str | None = None,
    is_of_class: bool = False,
    more: dict[str, Any] | None = None,
) -> Site:
    """The site of a decorated function: its place, and the names of its parameters for the input."""
    code = _code_of(function)
    site = Site(name, category, code=code, agent=agent, method=method, is_of_class=is_of_class, more=more)
    if code is not None:
        parameters = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
        # The object itself says nothing as an input, and can be very large.
        site.skips_first = bool(parameters) and parameters[0] in ("self", "cls")
        site.parameters = parameters[1:] if site.skips_first else parameters
    return site


def text_of(name: object) -> str:
    """A name as text, whatever was given for one. Never raises."""
    try:
        return str(name)[:LONGEST_NAME]
    except BaseException as error:
        let_through(error)
        return describe(name)[:LONGEST_NAME]


_sites: dict[tuple[CodeType, int, str, str, str | None], Site] = {}


def site_at(frame: Any, name: str, category: str, method: str | None = None) -> Site:
    """The site of a place inside a function, made once per place and name; an agent's if the category is "agent"."""
    name, category, method = text_of(name), text_of(category), None if method is None else text_of(method)
    key = (frame.f_code, frame.f_lasti, name, category, method)
    site = _sites.get(key)
    if site is None:
        if len(_sites) >= MOST_SITES:  # names made per call; better to look places up again than to grow
            _sites.clear()
        agent = name if category == Category.AGENT else None
        site = Site(name, str(category), code=frame.f_code, line=frame.f_lineno, agent=agent, method=method)
        site.parameters = ("input",)
        _sites[key] = site
    return site


def code_flags(function: Callable[..., Any]) -> int:
    """What kind of function it is, also behind `functools.partial`; 0 for anything that is no Python function."""
    while isinstance(function, partial):
        function = function.func
    code = getattr(function, "__code__", None)
    if code is None and not isinstance(function, type):
        call = type(function).__call__  # an object that can be called: its class says how
        code = getattr(call, "__code__", None)
    return code.co_flags if isinstance(code, CodeType) else 0


def _code_of(function: Any) -> CodeType | None:
    """The code that the author wrote, behind other decorators."""
    seen = 0
    while hasattr(function, "__wrapped__") and seen < MOST_WRAPPED:
        function, seen = function.__wrapped__, seen + 1
    code = getattr(function, "__code__", None)
    return code if isinstance(code, CodeType) else None
