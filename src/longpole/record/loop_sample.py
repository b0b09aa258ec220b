"""One look at an event loop that stands: which step runs in it, and where in the code. From the watcher's thread."""

import ast
import asyncio
import gc
import linecache
import sys
import sysconfig
from collections.abc import Iterator
from contextvars import Context
from functools import lru_cache
from itertools import islice
from pathlib import PurePath
from types import CodeType, FrameType
from typing import Any, Literal, NamedTuple

from longpole.record.current import PARENT, SITE, Record, current, is_unsampled
from longpole.record.let_through import OWN_FOLDERS
from longpole.record.wrap import RECORD_VARIABLE, WRAPPER_FILE

MOST_FRAMES = 48
LONGEST_CALL = 60
_STANDARD = tuple({sysconfig.get_path("stdlib") + "/", sysconfig.get_path("platstdlib") + "/"})
_INSTALLED = ("/site-packages/", "/dist-packages/")
# Functions of the loop itself: a callback's own frames lie inside of these.
_LOOP_FUNCTIONS = frozenset({"Handle._run", "BaseEventLoop._run_once", "Runner.run", "run.<locals>.wrapper"})
_LOOP_FILES = ("/asyncio/events.py", "/asyncio/base_events.py", "/asyncio/runners.py", "/uvloop/__init__.py")

Place = tuple[CodeType, int, int]
"""Code, line, and index of the instruction."""


class Sample(NamedTuple):
    """What was seen. `path` are the records of the running step and of those it stands in, outermost first; `frames`
    go from the outermost to the innermost and begin behind the loop's own. Where there are none, the loop called
    something that is not written in Python: its name is `callback`."""

    time_ns: int
    key: int
    path: list[Record]
    frames: list[Place]
    callback: str | None = None


def take_sample(loop: asyncio.AbstractEventLoop, thread: int, now: int, *, knows: int | None = None) -> Sample | None:
    """A look at the loop that runs in this thread, or `None` when no callback is running there.

    Of the callback whose key is `knows` the step is enough: looking at the frames is the larger part of the cost.
    """
    task = asyncio.current_task(loop)
    if task is not None and knows is not None and id(task) == knows:
        return Sample(now, knows, path_of(record_of(task)), [])
    frame = sys._current_frames().get(thread)  # pyright: ignore[reportPrivateUsage] - the only way to see them
    if frame is None:
        return None
    frames, record, handle, is_whole = _frames_of(frame)
    del frame
    if task is not None:
        return Sample(now, id(task), path_of(record_of(task)), frames)
    if handle is not None:  # a callback of asyncio's own loop
        return Sample(now, id(handle), path_of(handle._context.get(current)), frames, _callback_name(handle))
    return Sample(now, id(frames[0][0]), path_of(record), frames) if frames and is_whole else None


def record_of(task: "asyncio.Task[Any]") -> Record | None:
    """The current record of a task, whatever thread asks."""
    context = context_of(task)
    return None if context is None else context.get(current)


def context_of(task: "asyncio.Task[Any]") -> Context | None:
    """The context that a task runs in."""
    get_context = getattr(task, "get_context", None)
    if get_context is not None:
        return get_context()
    # CPython 3.11 keeps the context of a task to itself; the garbage collector must know it all the same.
    for inner in gc.get_referents(task):
        if type(inner) is Context:
            return inner
    return None


def path_of(record: Record | None) -> list[Record]:
    """The record and those above it in this process, outermost first; without those that are only stand-ins."""
    path: list[Record] = []
    if record is not None and is_unsampled(record):
        return path
    while record is not None:
        if record[SITE] is not None:
            path.append(record)
        record = record[PARENT]
    path.reverse()
    return path


def users_place(frames: list[Place]) -> int:
    """Index of the innermost frame that is the user's own; else that of a library; else the innermost; -1 for none."""
    last_library = -1
    for index in range(len(frames) - 1, -1, -1):
        owner = _owner(frames[index][0].co_filename)
        if owner == "user":
            return index
        if owner == "library" and last_library < 0:
            last_library = index
    return last_library if last_library >= 0 else len(frames) - 1


@lru_cache(512)
def _owner(file: str) -> Literal["user", "library", "python"]:
    if any(part in file for part in _INSTALLED):
        return "library"
    return "python" if file.startswith((*_STANDARD, "<frozen ")) else "user"


@lru_cache(512)  # 0.1 ms where the source has to be read
def place_name(place: Place) -> str:
    """Such as `time.sleep in load_profile (app.py:42)`, or without the call when none is under way or known."""
    code, line, instruction = place
    function = code.co_qualname.rpartition("<locals>.")[2]
    call = _call_text(code, instruction)
    return f"{call + ' in ' if call else ''}{function} ({PurePath(code.co_filename).name}:{line})"


def stack_text(frames: list[Place]) -> str:
    """The frames as Python prints them, without source lines, outermost first."""
    return "\n".join(f'  File "{code.co_filename}", line {line}, in {code.co_qualname}' for code, line, _ in frames)


def _frames_of(frame: FrameType) -> tuple[list[Place], Record | None, Any, bool]:
    """The frames inside the loop's own, outermost first, without Longpole's; the innermost wrapper's record; asyncio's
    handle of the callback; and whether the loop's own frames were met: a loop in another language may have none."""
    found: list[Place] = []
    record: Record | None = None
    handle: Any = None
    is_whole = False
    for each in _outwards(frame):
        code = each.f_code
        file = code.co_filename
        if code.co_qualname in _LOOP_FUNCTIONS and file.endswith(_LOOP_FILES):
            is_whole = True
            handle = each.f_locals.get("self") if code.co_qualname == "Handle._run" else None
            break
        if file == WRAPPER_FILE:
            record = each.f_locals.get(RECORD_VARIABLE) if record is None else record
        elif len(found) < MOST_FRAMES and not file.startswith(OWN_FOLDERS):
            found.append((code, each.f_lineno or code.co_firstlineno, each.f_lasti))
    found.reverse()
    return found, record, handle, is_whole


def _callback_name(handle: Any) -> str | None:
    """Of a C function with its module: `time.sleep`."""
    callback = handle._callback
    name: str | None = getattr(callback, "__qualname__", None)
    module: str | None = getattr(callback, "__module__", None)
    return f"{module}.{name}" if module and name else name


def _outwards(frame: FrameType | None) -> Iterator[FrameType]:
    while frame is not None:
        yield frame
        frame = frame.f_back


def _call_text(code: CodeType, instruction: int) -> str | None:
    """The function that the instruction calls, as it is written: `time.sleep`. No arguments: they may be secret."""
    position = next(islice(code.co_positions(), instruction // 2, None), None)
    if position is None or None in position:
        return None
    first, last, start, end = position
    lines = [linecache.getline(code.co_filename, number).encode() for number in range(first or 0, (last or 0) + 1)]
    if not lines or not lines[-1]:
        return None
    lines[-1] = lines[-1][:end]
    lines[0] = lines[0][start:]
    try:
        expression: Any = ast.parse(b"".join(lines).decode().strip(), mode="eval").body
    except (SyntaxError, ValueError):
        return None
    if isinstance(expression, ast.Await):
        expression = expression.value
    if not isinstance(expression, ast.Call):
        return None
    return _function_text(expression.func)


def _function_text(function: ast.expr) -> str | None:
    names: list[str] = []
    while isinstance(function, ast.Attribute):
        names.append(function.attr)
        function = function.value
    if isinstance(function, ast.Name):
        names.append(function.id)
    text = ".".join(reversed(names))
    return text if text and len(text) <= LONGEST_CALL else None
