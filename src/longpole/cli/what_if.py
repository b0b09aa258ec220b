"""`longpole what-if`: how long one execution would take after a change, without making it."""

from typing import Annotated

import typer

from longpole.cli.draw import console, print_json
from longpole.cli.draw_path import draw_what_if
from longpole.cli.options import AsJson, Data, Url, Workspace, as_pairs, open_answers
from longpole.reports.what_if import WHAT_IF

_STEP = "By its name, tool, agent or id."


def what_if_command(
    execution: Annotated[
        str, typer.Argument(metavar="ID", help="An execution id, the beginning or end of one, or a trace id.")
    ],
    faster: Annotated[
        list[str] | None,
        typer.Option(metavar="STEP=2x", help=f"Steps take half their time, or STEP=500ms that long. {_STEP}"),
    ] = None,
    remove: Annotated[list[str] | None, typer.Option(metavar="STEP", help=f"Leave steps out. {_STEP}")] = None,
    cache: Annotated[
        list[str] | None, typer.Option(metavar="STEP", help=f"Calls with the same arguments once only. {_STEP}")
    ] = None,
    parallel: Annotated[
        list[str] | None, typer.Option(metavar="STEP,STEP", help=f"Run steps at once, or all of one name. {_STEP}")
    ] = None,
    workspace: Workspace = None,
    url: Url = None,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Simulate one execution with changes, all of them together; without any, say what could be tried."""
    asked = as_pairs(faster=faster, remove=remove, cache=cache, parallel=parallel)
    with open_answers(url, data) as answers:
        found = answers.ask_about(execution, WHAT_IF, asked, workspace=workspace)
    if as_json:
        print_json(found)
    else:
        screen = console()
        screen.print(draw_what_if(found, width=screen.width))
