"""`longpole noise`: what the rules of a file against noise do."""

from pathlib import Path
from typing import Annotated

import typer
from rich.padding import Padding
from rich.text import Text

from longpole.cli.draw import console, muted, print_json
from longpole.cli.options import AsJson
from longpole.ingest.noise_rules import describe_rule, load_noise_rules
from longpole.reports.numbers import counted

noise_app = typer.Typer(no_args_is_help=True, help="Rules by which the server drops or folds what is noise.")

RulesFile = Annotated[Path, typer.Argument(metavar="FILE", help="A YAML file of rules.", dir_okay=False, exists=True)]


@noise_app.callback()
def noise() -> None:
    """Rules by which the server drops or folds what is noise."""


@noise_app.command("check")
def check_command(file: RulesFile, as_json: AsJson = False) -> None:
    """Check a file of rules and say in words what each does. Needs no server. Exits 2 if one is wrong."""
    words = {rule.name: describe_rule(rule) for rule in load_noise_rules(str(file))}
    if as_json:
        print_json(words)
        return
    screen = console()
    for name, said in words.items():
        screen.print(Text(name, style="bold"), Padding(Text(said), (0, 0, 0, 2)))
    screen.print(muted(f"{counted(len(words), 'rule')}, nothing wrong. To use them: LONGPOLE_NOISE_RULES={file}"))
