"""The commands by name, and how an error becomes a message and an exit code."""

from collections.abc import Callable
from importlib.metadata import version
from typing import Annotated

import typer

from longpole.cli.alerts import alerts_app
from longpole.cli.audit import audit_command
from longpole.cli.bench import bench_command
from longpole.cli.bottlenecks import bottlenecks_command
from longpole.cli.capacity import capacity_command
from longpole.cli.ci import ci_app
from longpole.cli.compare import compare_command
from longpole.cli.completion import completion_command, know_shells
from longpole.cli.cost import cost_command
from longpole.cli.coverage import coverage_command
from longpole.cli.critical_path import critical_path_command
from longpole.cli.deadletter import deadletter_app
from longpole.cli.doctor import doctor_command
from longpole.cli.draw import error_console
from longpole.cli.exit_codes import ExitCode
from longpole.cli.export import export_command
from longpole.cli.failures import failures_command
from longpole.cli.findings import findings_command
from longpole.cli.health import health_command
from longpole.cli.import_files import import_command
from longpole.cli.keys import keys_app
from longpole.cli.list import list_command
from longpole.cli.mcp import mcp_command
from longpole.cli.noise import noise_app
from longpole.cli.overview import overview_command
from longpole.cli.patterns import patterns_command
from longpole.cli.prices import prices_app
from longpole.cli.processes import processes_command
from longpole.cli.record import record_command
from longpole.cli.regressions import regressions_command
from longpole.cli.repeats import repeats_command
from longpole.cli.replay import replay_command
from longpole.cli.report import report_command
from longpole.cli.run import run_command
from longpole.cli.running import running_command
from longpole.cli.serve import serve_command
from longpole.cli.sessions import sessions_command
from longpole.cli.show import show_command
from longpole.cli.slow import slow_command
from longpole.cli.sql import sql_command
from longpole.cli.statistics import statistics_command
from longpole.cli.store import store_app
from longpole.cli.totals import totals_command
from longpole.cli.trends import trends_command
from longpole.cli.waiting import waiting_command
from longpole.cli.watch import watch_command
from longpole.cli.webhooks import webhooks_app
from longpole.cli.what_if import what_if_command
from longpole.cli.why_not import why_not_command
from longpole.model.errors import InvalidInput, KeyRefused, LongpoleError, ServerUnreachable, SettingsError, StoreLocked

app = typer.Typer(
    name="longpole",
    help="Shows where an AI agent's time and money go.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

_PASSES_ON = {"allow_extra_args": True, "ignore_unknown_options": True}
"""What `run` is given belongs to the program that it runs."""

_PANELS: dict[str, dict[str, Callable[..., object]]] = {
    "One execution": {
        "list": list_command,
        "show": show_command,
        "findings": findings_command,
        "critical-path": critical_path_command,
        "totals": totals_command,
        "waiting": waiting_command,
        "what-if": what_if_command,
        "coverage": coverage_command,
        "compare": compare_command,
    },
    "Many executions": {
        "overview": overview_command,
        "running": running_command,
        "watch": watch_command,
        "report": report_command,
        "statistics": statistics_command,
        "failures": failures_command,
        "why-not": why_not_command,
        "sessions": sessions_command,
        "bottlenecks": bottlenecks_command,
        "slow": slow_command,
        "repeats": repeats_command,
        "regressions": regressions_command,
        "trends": trends_command,
        "patterns": patterns_command,
        "capacity": capacity_command,
        "cost": cost_command,
    },
    "Code": {
        "audit": audit_command,
    },
    "Record and keep": {
        "serve": serve_command,
        "doctor": doctor_command,
        "health": health_command,
        "import": import_command,
        "export": export_command,
        "sql": sql_command,
        "mcp": mcp_command,
        "processes": processes_command,
        "bench": bench_command,
        "completion": completion_command,
    },
}
"""Under which heading of `longpole --help` each command stands, the likeliest first."""

_GROUPS = {
    "alerts": alerts_app,
    "webhooks": webhooks_app,
    "store": store_app,
    "deadletter": deadletter_app,
    "prices": prices_app,
    "keys": keys_app,
    "noise": noise_app,
}

app.add_typer(ci_app, name="ci", rich_help_panel="Code")
app.command("run", rich_help_panel="Record and keep", context_settings=_PASSES_ON)(run_command)
app.command("record", rich_help_panel="Record and keep", context_settings=_PASSES_ON)(record_command)
app.command("replay", rich_help_panel="One execution", context_settings={"allow_extra_args": True})(replay_command)
for _panel, _commands in _PANELS.items():
    for _name, _command in _commands.items():
        app.command(_name, rich_help_panel=_panel)(_command)
for _name, _group in _GROUPS.items():
    app.add_typer(_group, name=_name, rich_help_panel="Record and keep")


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
