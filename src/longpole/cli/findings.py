"""`longpole findings`: what to do about one execution, the largest saving first."""

from typing import Annotated

import typer

from longpole.cli.draw import console, print_json
from longpole.cli.draw_findings import draw_findings
from longpole.cli.options import AsJson, Data, Url, Workspace, open_answers
from longpole.reports.findings import FINDINGS


def findings_command(
    execution: Annotated[
        str, typer.Argument(metavar="ID", help="An execution id, the beginning or end of one, or a trace id.")
    ],
    workspace: Workspace = None,
    url: Url = None,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Say what to do about one execution: what it could save, how sure that is, and where in the code."""
    with open_answers(url, data) as answers:
        found = answers.ask_about(execution, FINDINGS, workspace=workspace)
    if as_json:
        print_json(found)
    else:
        console().print(draw_findings(found))
