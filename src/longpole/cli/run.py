"""`longpole run -- python app.py`: a program recorded by Longpole, without a change to it.

A Python that has Longpole installed records by itself what its libraries do; any other program sends what OpenTelemetry
it has.
"""

import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from longpole import settings
from longpole.cli.draw import error_console
from longpole.cli.exit_codes import ExitCode
from longpole.cli.options import Data, Url
from longpole.client.answers import default_address, door_to, key_for, served_address
from longpole.model.errors import InvalidInput
from longpole.settings import Settings, child_environment

_CONVENTIONS = "gen_ai_latest_experimental"
AT_START = Path(__file__).parents[1] / "record" / "at_start"
"""The folder whose `sitecustomize` records the Python program that finds it on its path."""

Instrument = Annotated[
    bool, typer.Option("--instrument/--no-instrument", help="Record what the Python program's libraries do.")
]


def run_command(context: typer.Context, url: Url = None, data: Data = None, instrument: Instrument = True) -> None:
    """Run a program so that what it does is recorded here: longpole run -- python app.py"""
    command = given_program(context.args, "longpole run")
    become(command, recorded_environment(command, settings.load(url=url, data_folder=data), instrument=instrument))


def given_program(words: list[str], before: str) -> list[str]:
    """The program and its arguments that stand behind `--`.

    Raises:
        InvalidInput: there is none.
    """
    if not words:
        raise InvalidInput(f"No program is given. Expected one after '--'. Run it like: {before} -- python app.py")
    return words


def recorded_environment(command: list[str], chosen: Settings, *, instrument: bool = True) -> dict[str, str]:
    """The environment in which a program is recorded; says on stderr where no server answers."""
    address, is_open = _address(chosen)
    if not is_open:
        error_console().print(
            f"No Longpole server answers at {address}: the program runs all the same. Start one with: longpole serve",
            style="yellow",
            soft_wrap=True,
        )
    environment = child_environment()
    key = key_for(address, chosen) if is_open else chosen.api_key
    environment.update(telemetry_environment(address, command, environment, key))
    if instrument:
        environment["PYTHONPATH"] = os.pathsep.join(filter(None, [str(AT_START), environment.get("PYTHONPATH")]))
    return environment


def telemetry_environment(
    address: str, command: list[str], environment: Mapping[str, str], key: str | None = None
) -> dict[str, str]:
    """The variables that make OpenTelemetry SDKs, Traceloop and Longpole in a program send to `address`, with a key if
    one is given.

    Names of services that the program already has stay. Headers meant for another collector are emptied: they may
    hold its keys. Langfuse's address stays too, since its client also fetches prompts from there.
    """
    address = address.rstrip("/")
    chosen = {
        "LONGPOLE_ENDPOINT": address,
        "OTEL_EXPORTER_OTLP_ENDPOINT": address,
        "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf",
        "OTEL_SEMCONV_STABILITY_OPT_IN": _opt_in(environment.get("OTEL_SEMCONV_STABILITY_OPT_IN", "")),
        "TRACELOOP_BASE_URL": address,
    }
    if "OTEL_SERVICE_NAME" not in environment and "service.name=" not in environment.get(
        "OTEL_RESOURCE_ATTRIBUTES", ""
    ):
        chosen["OTEL_SERVICE_NAME"] = service_name(command)
    if "LONGPOLE_SERVICE" not in environment:
        chosen["LONGPOLE_SERVICE"] = environment.get("OTEL_SERVICE_NAME") or service_name(command)
    header = "" if key is None else f"x-api-key={key}"
    if key is not None:
        chosen["LONGPOLE_API_KEY"] = key
    if header or "OTEL_EXPORTER_OTLP_HEADERS" in environment:
        chosen["OTEL_EXPORTER_OTLP_HEADERS"] = header
    # What is set for one signal wins over what is set for all.
    for signal in ("TRACES", "LOGS", "METRICS"):
        own = {"ENDPOINT": f"{address}/v1/{signal.lower()}", "PROTOCOL": "http/protobuf", "HEADERS": header}
        names = {f"OTEL_EXPORTER_OTLP_{signal}_{name}": value for name, value in own.items()}
        chosen |= {name: value for name, value in names.items() if name in environment}
    return chosen


def service_name(command: list[str]) -> str:
    """What to call a program that has no name: its script, its module, or the command itself.

    >>> service_name(["python", "-u", "agents/triage.py", "--fast"]), service_name(["python", "-m", "triage.main"])
    ('triage', 'triage.main')
    >>> service_name(["/usr/bin/node", "server.js"]), service_name(["./agent"])
    ('server', 'agent')
    """
    program = Path(command[0]).name
    if program.startswith("python") and "-m" in command[1:-1]:
        return command[command.index("-m", 1) + 1]
    script = next((word for word in command[1:] if Path(word).suffix in (".py", ".js", ".mjs", ".cjs", ".ts")), None)
    return Path(script).stem if script else program


def _address(chosen: Settings) -> tuple[str, bool]:
    address = chosen.url or chosen.endpoint
    if address is not None:
        return address, door_to(address, chosen).is_open()
    served = served_address(chosen)
    return (served, True) if served else (default_address(chosen), False)


def _opt_in(present: str) -> str:
    words = [word.strip() for word in present.split(",") if word.strip()]
    return ",".join(words if _CONVENTIONS in words else [*words, _CONVENTIONS])


def become(command: list[str], environment: dict[str, str]) -> None:
    """Become the program: its exit code, its signals and its terminal are its own."""
    program = found_program(command, environment)
    try:
        os.execve(program, command, environment)
    except OSError as error:
        raise not_executable(command, error) from None


def found_program(command: list[str], environment: Mapping[str, str]) -> str:
    """The file of a program; if there is none, that is said, and the command ends."""
    program = shutil.which(command[0], path=environment.get("PATH"))
    if program is not None:
        return program
    error_console().print(
        f"{command[0]} was not found. Expected a program on the PATH or its file. Check the command after '--'.",
        style="bold red",
        soft_wrap=True,
    )
    raise typer.Exit(ExitCode.NOT_FOUND)


def not_executable(command: list[str], error: OSError) -> typer.Exit:
    """The end of the command, after what is wrong was said."""
    error_console().print(
        f"{command[0]} cannot be run: {error.strerror}. Expected an executable program. Check its file.",
        style="bold red",
        soft_wrap=True,
    )
    return typer.Exit(ExitCode.NOT_EXECUTABLE)
