"""`longpole waiting`: what one execution waited for."""

from typing import Annotated

import typer

from longpole.cli.draw import console, print_json
from longpole.cli.draw_path import draw_waiting
from longpole.cli.options import AsJson, Data, Url, Workspace, open_answers
from longpole.reports.waiting import WAITING


def waiting_command(
    execution: Annotated[
        str, typer.Argument(metavar="ID", help="An execution id, the beginning or end of one, or a trace id.")
    ],
    workspace: Workspace = None,
    url: Url = None,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Show what one execution waited for: first tokens, limits, queues, blocked loops, stragglers."""
    with open_answers(url, data) as answers:
        found = answers.ask_about(execution, WAITING, workspace=workspace)
    if as_json:
        print_json(found)
    else:
        console().print(draw_waiting(found))
