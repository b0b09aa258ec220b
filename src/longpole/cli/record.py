"""`longpole record -- python app.py`: a program recorded so exactly that its executions can be replayed."""

import typer

from longpole import settings
from longpole.cli.options import Data, Url
from longpole.cli.run import become, given_program, recorded_environment

LIMIT_BYTES = 1_000_000
"""Of one input or output, in place of the 64 kB of other recordings: what is cut cannot be given back. The server keeps
1 MiB of a value."""


def record_command(context: typer.Context, url: Url = None, data: Data = None) -> None:
    """Run a program and keep what it was given from outside, to be replayed: longpole record -- python app.py"""
    command = given_program(context.args, "longpole record")
    environment = recorded_environment(command, settings.load(url=url, data_folder=data))
    become(command, environment | recording_environment())


def recording_environment() -> dict[str, str]:
    """The settings under which executions can be replayed."""
    return {
        "LONGPOLE_RECORDING": "true",
        "LONGPOLE_CONTENT": "full",
        "LONGPOLE_CONTENT_LIMIT_BYTES": str(LIMIT_BYTES),
        "LONGPOLE_SAMPLING_RATE": "1",
    }
