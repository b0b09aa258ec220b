"""The commands by name, and how an error becomes a message and an exit code."""

from importlib.metadata import version
from typing import Annotated

import typer

from longpole.cli.bench import bench_command
from longpole.cli.coverage import coverage_command
from longpole.cli.deadletter import deadletter_app
from longpole.cli.draw import error_console
from longpole.cli.exit_codes import ExitCode
from longpole.cli.list import list_command
from longpole.cli.overview import overview_command
from longpole.cli.processes import processes_command
from longpole.cli.run import run_command
from longpole.cli.serve import serve_command
from longpole.cli.show import show_command
from longpole.cli.store import store_app
from longpole.model.errors import InvalidInput, LongpoleError, ServerUnreachable, SettingsError, StoreLocked

app = typer.Typer(
    name="longpole",
    help="Shows where an AI agent's time and money go.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("list")(list_command)
app.command("show")(show_command)
app.command("coverage")(coverage_command)
app.command("overview")(overview_command)
app.command("bench")(bench_command)
app.command("processes")(processes_command)
app.command("run", context_settings={"allow_extra_args": True, "ignore_unknown_options": True})(run_command)
app.command("serve")(serve_command)
app.add_typer(deadletter_app, name="deadletter")
app.add_typer(store_app, name="store")


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
    try:
        code = app(standalone_mode=True)
    except LongpoleError as error:
        error_console().print(str(error), style="bold red", soft_wrap=True)
        return _code_of(error)
    return int(code or 0)


def _code_of(error: LongpoleError) -> ExitCode:
    if isinstance(error, InvalidInput | SettingsError):
        return ExitCode.WRONG_USE
    if isinstance(error, ServerUnreachable | StoreLocked):
        return ExitCode.NO_ANSWERS
    return ExitCode.FAILED
