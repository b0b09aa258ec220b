"""`longpole processes`: the programs that record, what they lost and what recording costs them."""

from typing import Annotated

import typer
from rich.text import Text

from longpole.cli.draw import cell, console, muted, print_json
from longpole.cli.fitted_table import FittedTable
from longpole.cli.options import AsJson, Data, Url, Workspace, as_pairs, open_answers
from longpole.reports.numbers import NONE, UNKNOWN, duration_text, share_text, short_count_text
from longpole.reports.views import ProcessItem, ProcessPage

ENOUGH_STEPS = 100
"""Of fewer steps the start of the process would be most of what one costs."""


def processes_command(
    workspace: Workspace = None,
    limit: Annotated[int, typer.Option(help="At most so many, up to 1000.")] = 20,
    url: Url = None,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """List the processes that record, the one heard last first: steps, losses, overhead."""
    with open_answers(url, data) as answers:
        page = answers.processes(as_pairs(workspace=workspace, limit=limit))
    if as_json:
        print_json(page)
    elif page.items:
        console().print(draw_processes(page))
    else:
        console().print(Text("No process has told of itself yet. Those that use longpole.configure() do."))


def draw_processes(page: ProcessPage) -> FittedTable:
    """The processes as a table; `per step` is CPU time of Longpole's own, by recorded step: from `ENOUGH_STEPS` on."""
    return FittedTable(
        ("last heard (UTC)", "service", "recorded", "dropped", "open", "overhead", "per step", "process"),
        [_row(item) for item in page.items],
        texts=("last heard (UTC)", "service", "process"),
        shortened=("service",),
        left_out=("per step", "open"),
    )


def _row(item: ProcessItem) -> tuple[Text, ...]:
    heard = item.last_heard_at[5:19].replace("T", " ")
    return (
        muted(heard if item.ended_at is None else f"{heard} ended"),
        cell(item.service or UNKNOWN),
        cell(short_count_text(item.recorded)),
        Text(short_count_text(item.dropped), style="yellow" if item.dropped else ""),
        cell(short_count_text(item.open_count)),
        cell(share_text(item.overhead_share)),
        cell(_per_step(item)),
        muted(item.process),
    )


def _per_step(item: ProcessItem) -> str:
    is_early = item.recorded is not None and item.recorded < ENOUGH_STEPS
    return NONE if is_early else duration_text(item.cpu_ns_per_step)
