"""Which exceptions, met while a value of the program is read, are the program's to see.

Reading a value runs its own code: `repr`, `str`, properties. Whatever that code raises stays here, even `SystemExit`.
An exception that only arrives at that moment goes on to the program: Ctrl+C, what a signal handler raises, what another
thread or a greenlet is sent. The two are told apart by where the exception comes from. A value's own code raises with a
`raise` statement or by `sys.exit()`; Python's own handler of Ctrl+C raises between two instructions, and a handler of
the program stands in the traceback.
"""

from functools import partial
from importlib import import_module
from types import CodeType, TracebackType
from typing import Any

OWN_FOLDER = __file__.rpartition("/")[0]
OWN_FOLDERS = (OWN_FOLDER, OWN_FOLDER.rpartition("/")[0] + "/replay")
"""Where the frames lie that tell the reader of a stack nothing: the decorators', and those of a replay."""


def let_through(error: BaseException) -> None:
    """Raises an exception again that is the program's; does nothing for one that a value's own code has raised."""
    if not isinstance(error, Exception) and not _is_of_value(error):
        raise error


def _is_of_value(error: BaseException) -> bool:
    codes: list[CodeType] = []
    traceback, innermost = error.__traceback__, None
    while traceback is not None:
        codes.append(traceback.tb_frame.f_code)
        innermost, traceback = traceback, traceback.tb_next
    if innermost is None or not _signal_handlers().isdisjoint(codes):
        return False
    operation = _operation(innermost)
    if operation == "RAISE_VARARGS" or isinstance(error, GeneratorExit):
        return True
    # Of a call of `sys.exit` nothing else is left to see.
    is_theirs = not codes[-1].co_filename.startswith(OWN_FOLDER)
    return isinstance(error, SystemExit) and is_theirs and "CALL" in operation


def _operation(place: TracebackType) -> str:
    """The name of the instruction that raised; empty where there is none, as in compiled extensions."""
    instructions = place.tb_frame.f_code.co_code
    if not 0 <= place.tb_lasti < len(instructions):
        return ""
    return import_module("opcode").opname[instructions[place.tb_lasti]]


def _signal_handlers() -> set[CodeType]:
    """The code of every signal handler that is written in Python."""
    signal = import_module("signal")  # 1 ms that few programs need
    handlers = map(signal.getsignal, signal.valid_signals())
    return {code for code in map(_code_of, handlers) if code is not None}


def _code_of(handler: Any) -> CodeType | None:
    while isinstance(handler, partial):
        handler = handler.func  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
    if not callable(handler):  # SIG_DFL, SIG_IGN, or of another language
        return None
    for function in (handler, getattr(handler, "__func__", None), type(handler).__call__):
        code = getattr(function, "__code__", None)
        if isinstance(code, CodeType):
            return code
    return None
