"""The command line as a whole, and how an error becomes a message and an exit code."""

from importlib.metadata import version
from typing import Annotated

import typer

from longpole.cli.completion import know_shells
from longpole.cli.draw import error_console
from longpole.cli.exit_codes import ExitCode
from longpole.cli.on_demand import OnDemand
from longpole.model.errors import InvalidInput, KeyRefused, LongpoleError, ServerUnreachable, SettingsError, StoreLocked

app = typer.Typer(
    name="longpole",
    cls=OnDemand,
    help="Shows where an AI agent's time and money go.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(is_asked: bool) -> None:
    if is_asked:
        typer.echo(f"longpole {version('longpole')}")
        raise typer.Exit


@app.callback()
def longpole(
    _version: Annotated[
        bool, typer.Option("--version", help="Print the version and exit.", callback=_print_version, is_eager=True)
    ] = False,
) -> None:
    """Shows where an AI agent's time and money go."""


def run_commands() -> int:
    """Run the command that the arguments of this process name; its exit code. Errors are one message on stderr."""
    know_shells()
    try:
        code = app(standalone_mode=True)
    except LongpoleError as error:
        error_console().print(str(error), style="bold red", soft_wrap=True)
        return _code_of(error)
    return int(code or 0)


def _code_of(error: LongpoleError) -> ExitCode:
    if isinstance(error, InvalidInput | SettingsError):
        return ExitCode.WRONG_USE
    if isinstance(error, ServerUnreachable | StoreLocked | KeyRefused):
        return ExitCode.NO_ANSWERS
    return ExitCode.FAILED
