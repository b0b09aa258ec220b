"""The page of the command line, from the commands themselves."""

import inspect
from collections.abc import Iterator

import click
import typer.main

from longpole.cli.commands import app

INTRODUCTION = """\
# Command line

`longpole` comes with the extra `cli` (and with `server`). Every command that prints an answer takes `--json`.

This page is made from the commands by `make docs`.
"""


def commands() -> Iterator[tuple[str, click.Command]]:
    """Every command with its whole name, in alphabetical order; groups are walked through."""

    def below(name: str, command: click.Command) -> Iterator[tuple[str, click.Command]]:
        found = getattr(command, "commands", None)
        if found is None:
            yield name, command
        else:
            for part in sorted(found):
                yield from below(f"{name} {part}", found[part])

    yield from below("longpole", typer.main.get_command(app))


def row(parameter: click.Parameter) -> str:
    """One line of the table of a command's arguments and options."""
    if parameter.param_type_name == "argument":
        name = f"`{(parameter.name or '').upper()}`"
    else:
        name = ", ".join(f"`{option}`" for option in parameter.opts)
    default = parameter.default
    shown = f"`{default}`" if isinstance(default, str | int | float) and default not in ("", False) else ""
    text = " ".join((getattr(parameter, "help", None) or "").split()).replace("|", "\\|")
    return f"| {name} | {text} | {shown} |"


def section(name: str, command: click.Command) -> str:
    """The heading, the text and the table of one command."""
    lines = [f"## {name}", "", inspect.cleandoc(command.help or ""), ""]
    shown = [parameter for parameter in command.params if not getattr(parameter, "hidden", False)]
    if shown:
        lines += ["| | | default |", "| --- | --- | --- |", *map(row, shown), ""]
    return "\n".join(lines)


def render() -> str:
    """The page as Markdown."""
    return "\n".join([INTRODUCTION, *(section(name, command) for name, command in commands())])
