"""`longpole ci compare`: two baselines, as Markdown for a pull request."""

from pathlib import Path
from typing import Annotated

import typer

from longpole.cli.draw import print_json
from longpole.cli.draw_ci import markdown_of
from longpole.cli.exit_codes import ExitCode
from longpole.testing.baseline import load_baselines
from longpole.testing.baseline_change import compare_baselines

ci_app = typer.Typer(help="For builds: what a change made slower or costlier.", no_args_is_help=True)


@ci_app.command("compare")
def compare_command(
    base: Annotated[
        Path,
        typer.Argument(metavar="BASE", help="The baseline of before: a file, or a folder of one for each process."),
    ],
    head: Annotated[Path, typer.Argument(metavar="HEAD", help="The baseline of the change, likewise.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print the comparison as JSON instead of Markdown.")] = False,
) -> None:
    """Compare two baselines and print Markdown for a pull request; exits with 1 if something got worse for certain.

    A baseline is what `pytest --longpole-save-baseline FILE` or `longpole bench TARGETS --output FILE` wrote.
    """
    found = compare_baselines(load_baselines(base), load_baselines(head))
    if as_json:
        print_json(found)
    else:
        typer.echo(markdown_of(found))
    if found.has_regressed:
        raise typer.Exit(ExitCode.FAILED)
