"""What a reader types: the command lines of a block, and whether the command line of Longpole would take one."""

import re
import shlex
from collections.abc import Iterator
from typing import Any, NamedTuple

import typer
import typer.main

from longpole.cli.commands import app

ASSIGNMENT = re.compile(r"[A-Z_][A-Z0-9_]*=")
SETS = ("export", "set")
UsageError: Any = typer.BadParameter.__base__
"""What the command line raises at words that it cannot take; typer has it of its own click."""


class CommandLine(NamedTuple):
    """One command: what it is run with in its environment, the program, and the words after it."""

    environment: dict[str, str]
    program: str
    words: list[str]


def command_lines(text: str) -> Iterator[CommandLine]:
    """The commands of a block. With a line that begins with `$ `, the other lines are what was printed.

    A line that ends with a backslash, or in an open quote, goes on in the next.
    """
    lines = text.splitlines()
    is_session = any(line.startswith("$ ") for line in lines)
    waiting = ""
    for line in lines:
        if not waiting and is_session and not line.startswith("$ "):
            continue
        joined = f"{waiting}{line if waiting else line.removeprefix('$ ')}"
        if joined.endswith("\\") or _is_open(joined):
            waiting = joined.removesuffix("\\") if joined.endswith("\\") else f"{joined}\n"
            continue
        waiting = ""
        yield from _one(joined)
    assert not waiting, f"a command that does not end: {waiting!r}"


def _is_open(line: str) -> bool:
    try:
        shlex.split(line, comments=True)
    except ValueError:
        return True
    return False


def _one(line: str) -> Iterator[CommandLine]:
    """The commands of a line, parted by `&&`, `|` and `;`; what is written to a file is left out."""
    words = shlex.split(re.sub(r"\$\([^)]*\)", "2026-11-22", line), comments=True)
    parts: list[list[str]] = [[]]
    for word in words:
        if word in ("&&", "|", ";", "&"):
            parts.append([])
        else:
            parts[-1].append(word)
    for part in parts:
        if ">" in part:
            part = part[: part.index(">")]
        if part and part[0] in SETS:
            part = part[1:]
        environment: dict[str, str] = {}
        while part and ASSIGNMENT.match(part[0]):
            name, _, value = part.pop(0).partition("=")
            environment[name] = value
        if part or environment:
            yield CommandLine(environment, part[0] if part else "", part[1:])


def parse_with_longpole(words: list[str]) -> str:
    """Let the command line read these words without running anything; gives the command's whole name.

    Raises:
        UsageError: it does not know a command, an option, a value, or misses one.
    """
    command: Any = typer.main.get_command(app)
    name, parent = "longpole", None
    while True:
        context = command.make_context(name.rpartition(" ")[2], list(words), parent=parent)
        if not hasattr(command, "commands"):
            return name
        left = [*getattr(context, "_protected_args", ()), *context.args]
        found, command, words = command.resolve_command(context, left)
        name, parent = f"{name} {found}", context
