"""Exceptions and odd values: what is kept of them at the moment they are met. The text is made later, in the flusher.

Nothing in here needs msgspec: a program that decorates and never configures does not load it.
"""

from types import CodeType, TracebackType
from typing import Any

from longpole.record.let_through import OWN_FOLDERS, let_through

LONGEST_REPR = 2000
LONGEST_MESSAGE = 65536
MOST_INNER = 3
MOST_FRAMES = 64

# (type, message, places, cause): places are (code, line), outermost first; the text is made later.
FrozenError = tuple[str, str, list[tuple[CodeType, int]], Any]


def describe(value: object) -> str:
    """What is kept of a value that msgpack does not know: its repr, shortened.

    Never raises, whatever the repr does, even exit. What a signal raises meanwhile is the program's: see `let_through`.
    """
    try:
        text = repr(value)
    except BaseException as error:
        let_through(error)
        return f"<{type(value).__qualname__}, whose repr raises {type(error).__name__}>"
    if len(text) > LONGEST_REPR:
        text = text[:LONGEST_REPR] + f"… [{len(text)} characters]"
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode()  # lone surrogates


def readable(value: Any) -> str | dict[str, Any]:
    """The same; of pydantic models the fields that they show in their own repr, so that keys name secrets there too."""
    fields: Any = getattr(type(value), "__pydantic_fields__", None)
    if type(fields) is not dict or getattr(type(value).__repr__, "__module__", "") != "pydantic.main":
        return describe(value)
    try:
        known: dict[str, Any] = vars(value)
        return {name: known[name] for name, field in fields.items() if field.repr and name in known}
    except BaseException as error:
        let_through(error)
        return describe(value)


def freeze_error(error: BaseException) -> FrozenError:
    """Type, message and places of an exception, without keeping its frames alive. Never raises."""
    try:
        cause = error.__cause__
        if cause is None and not error.__suppress_context__:
            cause = error.__context__
        frozen_cause = None
        if cause is not None and cause is not error:
            frozen_cause = (_type_name(cause), describe(cause), _places(cause.__traceback__), None)
        return _type_name(error), _message(error), _places(error.__traceback__), frozen_cause
    except BaseException as second:
        let_through(second)
        return type(error).__qualname__, f"<cannot be read: {type(second).__name__}>", [], None


def freeze_text(text: str) -> FrozenError:
    """An exception of which only a text is known: its repr, or `ValueError: no rows`, or any sentence."""
    kind = text.partition("(")[0].partition(":")[0].strip()
    is_type = kind.replace(".", "").isidentifier() and kind != text.strip()
    return (kind if is_type else "Exception"), text[:LONGEST_MESSAGE], [], None


def stack_text(error: FrozenError) -> str:
    """The exception as Python prints it, without source lines (they may have changed since)."""
    kind, message, places, cause = error
    head = stack_text(cause) + "\nThe above was the cause of:\n\n" if cause is not None else ""
    lines = [f'  File "{code.co_filename}", line {line}, in {code.co_qualname}' for code, line in places]
    return head + "\n".join(["Traceback (most recent call last):", *lines, f"{kind}: {message}"])


def _message(error: BaseException) -> str:
    """The text, at most 64 KB of it. Of a group those of the first exceptions too: its own says only how many."""
    try:
        text = str(error)[:LONGEST_MESSAGE]
    except BaseException as second:
        let_through(second)
        text = f"<message raises {type(second).__name__}>"
    if isinstance(error, BaseExceptionGroup):
        inner = [f"{_type_name(each)}: {_message(each)}" for each in error.exceptions[:MOST_INNER]]
        text = f"{text}: {'; '.join(inner)}"[:LONGEST_MESSAGE]
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode()


def _type_name(error: BaseException) -> str:
    kind = type(error)
    return (
        kind.__qualname__ if kind.__module__ in ("builtins", "__main__") else f"{kind.__module__}.{kind.__qualname__}"
    )


def _places(traceback: TracebackType | None) -> list[tuple[CodeType, int]]:
    places: list[tuple[CodeType, int]] = []
    while traceback is not None and len(places) < MOST_FRAMES:
        code = traceback.tb_frame.f_code
        if not code.co_filename.startswith(OWN_FOLDERS):  # the decorators' own frames tell the reader nothing
            places.append((code, traceback.tb_lineno))
        traceback = traceback.tb_next
    return places
