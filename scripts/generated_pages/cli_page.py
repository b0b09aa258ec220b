"""The page of the command line, from the commands themselves."""

import inspect
from collections.abc import Iterator

import click
import typer.main

from longpole.cli.commands import app
from longpole.cli.exit_codes import MEANINGS, OF_COMMANDS, codes_of

INTRODUCTION = """\
# Command line

`longpole` comes with the extra `cli` (and with `server`). Every command that prints an answer takes `--json`.

This page is made from the commands by `make docs`.

## Exit codes

| code | meaning |
| --- | --- |
{codes}

`longpole run`, `record` and `replay` end with the code of the program that they ran. Below, each command names the
codes that mean more than this for it.

Shells complete commands, options and their values: see [in the terminal](../how-to/terminal.md#completion).
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


def exits(name: str, command: click.Command) -> str:
    """The exit codes of a command; what a code means is said where it means more than of other commands."""
    own = OF_COMMANDS.get(name, {})
    asks = any(option in ("--url", "--data") for parameter in command.params for option in parameter.opts)
    codes = codes_of(name, asks=asks)
    return f"Exit codes: {', '.join(f'{code} ({text})' if code in own else str(code) for code, text in codes.items())}."


def section(name: str, command: click.Command) -> str:
    """The heading, the text and the table of one command."""
    lines = [f"## {name}", "", inspect.cleandoc(command.help or ""), ""]
    shown = [parameter for parameter in command.params if not getattr(parameter, "hidden", False)]
    if shown:
        lines += ["| | | default |", "| --- | --- | --- |", *map(row, shown), ""]
    lines += [exits(name, command), ""]
    return "\n".join(lines)


def render() -> str:
    """The page as Markdown."""
    codes = "\n".join(f"| {code.value} | {text} |" for code, text in MEANINGS.items())
    return "\n".join([INTRODUCTION.format(codes=codes), *(section(name, command) for name, command in commands())])
