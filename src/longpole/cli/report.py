"""`longpole report`: a period against the one before, as text, as JSON, or as a page for a browser."""

from pathlib import Path
from typing import Annotated

import typer

from longpole.cli.draw import console, print_json
from longpole.cli.draw_report import draw_report
from longpole.cli.options import Agent, AsJson, Data, Environment, To, Url, Version, Workspace, as_pairs, open_answers
from longpole.model.errors import InvalidInput
from longpole.reports.export.weekly_page import render_weekly_page
from longpole.reports.numbers import bytes_text
from longpole.reports.weekly import REPORT, USUAL_PERIOD


def report_command(
    period: Annotated[str, typer.Option(help="How long: 24h, 7d, 30d, 4w. It is compared with the one before.")] = (
        USUAL_PERIOD
    ),
    html: Annotated[
        Path | None, typer.Option("--html", metavar="FILE", help="Write it as one page for a browser, without network.")
    ] = None,
    workspace: Workspace = None,
    agent: Agent = None,
    environment: Environment = None,
    version: Version = None,
    to: To = None,
    url: Url = None,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Report a period: the five best opportunities, what changed, failures, cost and capacity. A week by default."""
    filters = as_pairs(period=period, workspace=workspace, agent=agent, environment=environment, version=version, to=to)
    with open_answers(url, data) as answers:
        report = answers.ask(REPORT, filters)
    if html is not None:
        _write(html, render_weekly_page(report), is_told=not as_json)
    if as_json:
        print_json(report)
    elif html is None:
        console().print(draw_report(report))


def _write(path: Path, page: str, *, is_told: bool) -> None:
    """Write the page.

    Raises:
        InvalidInput: the file cannot be written.
    """
    try:
        path.write_text(page, encoding="utf-8")
    except OSError as error:
        raise InvalidInput(
            f"The report cannot be written to {str(path)!r}: {error.strerror or error}. Expected a file in a "
            "folder that exists and may be written. Name another file after --html."
        ) from error
    if is_told:
        typer.echo(f"Wrote {path} ({bytes_text(len(page.encode()))}). Open it in a browser; it needs no network.")
