"""Exceptions and odd values: what is kept of them at the moment they are met. The text is made later, in the flusher.

Nothing in here needs msgspec: a program that decorates and never configures does not load it.
"""

from types import CodeType, TracebackType
from typing import Any

LONGEST_REPR = 2000
MOST_FRAMES = 64
OWN_FOLDER = __file__.rpartition("/")[0]

# (type, message, places, cause): places are (code, line), outermost first; the text is made later.
FrozenError = tuple[str, str, list[tuple[CodeType, int]], Any]


def describe(value: object) -> str:
    """What is kept of a value that msgpack does not know: its repr, shortened. Never raises."""
    try:
        text = repr(value)
    except Exception as error:
        text = f"<{type(value).__qualname__}, whose repr raises {type(error).__name__}>"
    return text if len(text) <= LONGEST_REPR else text[:LONGEST_REPR] + f"… [{len(text)} characters]"


def freeze_error(error: BaseException) -> FrozenError:
    """Type, message and places of an exception, without keeping its frames alive. Never raises."""
    try:
        message = str(error)
    except Exception as second:
        message = f"<message raises {type(second).__name__}>"
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    frozen_cause = None
    if cause is not None and cause is not error:
        frozen_cause = (_type_name(cause), describe(cause), _places(cause.__traceback__), None)
    return _type_name(error), message, _places(error.__traceback__), frozen_cause


def stack_text(error: FrozenError) -> str:
    """The exception as Python prints it, without source lines (they may have changed since)."""
    kind, message, places, cause = error
    head = stack_text(cause) + "\nThe above was the cause of:\n\n" if cause is not None else ""
    lines = [f'  File "{code.co_filename}", line {line}, in {code.co_qualname}' for code, line in places]
    return head + "\n".join(["Traceback (most recent call last):", *lines, f"{kind}: {message}"])


def _type_name(error: BaseException) -> str:
    kind = type(error)
    return (
        kind.__qualname__ if kind.__module__ in ("builtins", "__main__") else f"{kind.__module__}.{kind.__qualname__}"
    )


def _places(traceback: TracebackType | None) -> list[tuple[CodeType, int]]:
    places: list[tuple[CodeType, int]] = []
    while traceback is not None and len(places) < MOST_FRAMES:
        code = traceback.tb_frame.f_code
        if not code.co_filename.startswith(OWN_FOLDER):  # the decorators' own frames tell the reader nothing
            places.append((code, traceback.tb_lineno))
        traceback = traceback.tb_next
    return places
