"""`longpole show`: one execution as a tree with times."""

from typing import Annotated

import typer

from longpole.cli.draw import console, print_json
from longpole.cli.draw_findings import draw_best
from longpole.cli.draw_tree import draw_tree
from longpole.cli.options import AsJson, Data, Url, Workspace, open_answers
from longpole.reports.findings import FINDINGS


def show_command(
    execution: Annotated[
        str, typer.Argument(metavar="ID", help="An execution id, the beginning or end of one, or a trace id.")
    ],
    show_all: Annotated[bool, typer.Option("--all", help="Every step: fold no repeats, cut no long tree.")] = False,
    workspace: Workspace = None,
    url: Url = None,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Show one execution as a tree with times."""
    with open_answers(url, data) as answers:
        tree = answers.execution(execution, workspace=workspace)
        found = None if as_json else answers.ask_about(execution, FINDINGS, workspace=workspace)
    if as_json:
        print_json(tree)
    else:
        screen = console()
        screen.print(draw_tree(tree, width=screen.width, show_all=show_all))
        if found is not None and found.findings:
            screen.print(draw_best(found))
