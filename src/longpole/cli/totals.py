"""`longpole totals`: where the time of one execution went, added up."""

from typing import Annotated

import typer

from longpole.cli.draw import console, print_json
from longpole.cli.draw_path import draw_totals
from longpole.cli.options import AsJson, Data, Url, Workspace, open_answers
from longpole.reports.totals import TOTALS


def totals_command(
    execution: Annotated[
        str, typer.Argument(metavar="ID", help="An execution id, the beginning or end of one, or a trace id.")
    ],
    workspace: Workspace = None,
    url: Url = None,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Add up where the time of one execution went: by category, agent, step and model."""
    with open_answers(url, data) as answers:
        found = answers.ask_about(execution, TOTALS, workspace=workspace)
    if as_json:
        print_json(found)
    else:
        screen = console()
        screen.print(draw_totals(found, width=screen.width))
