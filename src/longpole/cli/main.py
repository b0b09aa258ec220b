"""The entry point `longpole`: it needs the packages of `longpole[cli]`, and says so where they are missing."""

import sys


def main() -> None:
    """Run the command line and exit with its code."""
    try:
        from longpole.cli.commands import run_commands  # noqa: PLC0415 - typer and rich come with longpole[cli] only
    except ModuleNotFoundError as error:
        if error.name not in ("typer", "rich", "click"):
            raise
        sys.stderr.write(
            f"The longpole command cannot start: {error.name} is not installed. Expected the packages of "
            "longpole[cli]. Run: pip install 'longpole[cli]', or 'longpole[server]' to serve as well.\n"
        )
        sys.exit(1)
    sys.exit(run_commands())
