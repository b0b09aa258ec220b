"""`longpole completion`: what a shell needs to complete the commands."""

from typing import Literal

import typer
from typer.completion import get_completion_inspect_parameters, shell_complete

PROGRAM, VARIABLE = "longpole", "_LONGPOLE_COMPLETE"


def completion_command(context: typer.Context, shell: Literal["bash", "zsh", "fish"]) -> None:
    """Print what makes a shell complete commands and options: eval "$(longpole completion bash)"."""
    shell_complete(context.find_root().command, {}, PROGRAM, VARIABLE, f"source_{shell}")


def know_shells() -> None:
    """Let the command line answer a shell that asks how a line could go on, which it does by the variable."""
    get_completion_inspect_parameters()
