"""`longpole critical-path`: the steps that decide how long one execution takes."""

from typing import Annotated

import typer

from longpole.cli.draw import console, print_json
from longpole.cli.draw_path import draw_critical_path
from longpole.cli.options import AsJson, Data, Url, Workspace, open_answers
from longpole.reports.critical_path import CRITICAL_PATH


def critical_path_command(
    execution: Annotated[
        str, typer.Argument(metavar="ID", help="An execution id, the beginning or end of one, or a trace id.")
    ],
    workspace: Workspace = None,
    url: Url = None,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Show which steps decide how long one execution takes, and how much the others could spare."""
    with open_answers(url, data) as answers:
        found = answers.ask_about(execution, CRITICAL_PATH, workspace=workspace)
    if as_json:
        print_json(found)
    else:
        screen = console()
        screen.print(draw_critical_path(found, width=screen.width))
