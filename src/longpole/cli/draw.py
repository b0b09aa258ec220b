"""What all drawings of the command line share: the consoles, colours and words of statuses and categories.

Colours are the terminal's own sixteen, so that they suit its light or dark theme; every one comes with a word or an
icon, so that nothing is lost without colour (`NO_COLOR`, a pipe, a printout).
"""

from collections.abc import Iterable
from functools import cache

import msgspec
import typer
from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment
from rich.text import Text

PIPE_WIDTH = 100
"""Columns where the output is not a terminal."""

GONE = "ProcessGone"
"""The error type of what the server closed because its process was not heard of any more; "crashed" says it all."""

_CONTROL = dict.fromkeys([*range(10), *range(11, 32), *range(127, 160)])
"""What a terminal would obey: a name that was sent must not move the cursor or change the window's title. Left out, and
not replaced, because tables count them as no columns."""

_STATUS = {
    "pending": ("…", "pending", "dim"),
    "running": ("▸", "running", "blue"),
    "llm_request": ("◷", "waiting for model", "blue"),
    "llm_response": ("◷", "generating", "blue"),
    "success": ("✓", "success", "green"),
    "failed": ("✗", "failed", "red"),
    "timeout": ("⧖", "timeout", "yellow"),
    "skipped": ("»", "skipped", "dim"),
    "crashed": ("↯", "crashed", "red"),
}
_CATEGORY_STYLE = {
    "llm": "blue",
    "llm_wait": "blue",
    "tool": "cyan",
    "agent_comm": "cyan",
    "http": "cyan",
    "database": "magenta",
    "cache": "magenta",
    "retrieval": "magenta",
    "retry": "yellow",
    "rate_limit": "yellow",
    "blocked_loop": "red",
}
_CATEGORY_WORD = {
    "llm": "model",
    "llm_wait": "waiting for first token",
    "rate_limit": "rate limit",
    "agent_comm": "agent messages",
    "blocked_loop": "blocked event loop",
    "barrier_wait": "waiting at a join",
    "processing": "own code",
}


def console() -> Console:
    """The console of answers: stdout, in the terminal's width or `PIPE_WIDTH`."""
    return _console(to_stderr=False)


def error_console() -> Console:
    """The console of errors and notes: stderr."""
    return _console(to_stderr=True)


class _Screen(Console):
    """A console that leaves control characters out of what is printed."""

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        for segment in super().render(renderable, options):
            yield segment if segment.control else Segment(segment.text.translate(_CONTROL), segment.style)


def _console(*, to_stderr: bool) -> Console:
    screen = _Screen(stderr=to_stderr, highlight=False, markup=False, emoji=False)
    if not screen.is_terminal:
        screen.width = PIPE_WIDTH
    return screen


class Harmless:
    """A drawing without control characters, for a screen that is not one of ours."""

    def __init__(self, drawing: RenderableType) -> None:
        self._drawing = drawing

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterable[Segment]:
        """The drawing's segments, cleaned."""
        for segment in console.render(self._drawing, options):
            yield segment if segment.control else Segment(segment.text.translate(_CONTROL), segment.style)


def print_json(view: object) -> None:
    """A REST view on stdout, as REST sends it but for the indentation."""
    typer.echo(msgspec.json.format(msgspec.json.encode(view), indent=2))


def cell(text: str) -> Text:
    """Text as it is: what users wrote is never read as markup."""
    return Text(text)


def muted(text: str) -> Text:
    """Text that stands back."""
    return Text(text, style="dim")


def status_text(status: str, error_type: str | None = None, model: str | None = None) -> Text:
    """Icon and word of a status; a failure also names its error, a wait its model."""
    icon, word, style = _STATUS.get(status, ("?", status, ""))
    if model and status == "llm_request":
        word = f"waiting for {model}"
    text = Text(f"{icon} {word}", style=style)
    if error_type and error_type != GONE and status in ("failed", "timeout", "crashed"):
        text.append(f" {error_type.rpartition('.')[2]}")
    return text


def category_style(category: str) -> str:
    """The colour of a category; empty for those that have none."""
    return _CATEGORY_STYLE.get(category, "")


def category_text(category: str) -> Text:
    """The words of a category in its colour."""
    return Text(category_words(category), style=category_style(category))


@cache
def category_words(category: str) -> str:
    """A category as people say it."""
    return _CATEGORY_WORD.get(category, category.replace("_", " "))
