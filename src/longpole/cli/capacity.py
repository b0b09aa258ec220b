"""`longpole capacity`: how much runs at once, where it is going, when a limit is reached."""

from typing import Annotated

import typer
from rich.console import Group, RenderableType
from rich.text import Text

from longpole.cli.draw import cell, console, muted, print_json
from longpole.cli.fitted_table import FittedTable
from longpole.cli.options import (
    Agent,
    AsJson,
    Data,
    Environment,
    From,
    Since,
    To,
    Url,
    Version,
    Workspace,
    as_pairs,
    open_answers,
    since_to_from,
)
from longpole.cli.spark import spark_line
from longpole.reports.change_questions import CAPACITY
from longpole.reports.change_views import Capacity, ResourceUse
from longpole.reports.change_words import busiest_text, limit_text, limited_text, signed_share
from longpole.reports.numbers import NONE, count_text, share_text, short_count_text

_WIDTH = 16
_WEEK = 7


def capacity_command(
    rate_limit: Annotated[
        list[str] | None, typer.Option(help="name=500/min or name=6000/h: a limit of an agent, model or tool.")
    ] = None,
    workspace: Workspace = None,
    agent: Agent = None,
    environment: Environment = None,
    version: Version = None,
    from_: From = None,
    to: To = None,
    since: Since = None,
    limit: Annotated[int, typer.Option(help="At most so many agents, models and tools, up to 1000.")] = 20,
    url: Url = None,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Show how much of every agent, model and tool runs at once, and when a limit will be reached."""
    filters = as_pairs(
        rate_limit=rate_limit,
        workspace=workspace,
        agent=agent,
        environment=environment,
        version=version,
        from_=since_to_from(since, from_),
        to=to,
        limit=limit,
    )
    with open_answers(url, data) as answers:
        found = answers.ask(CAPACITY, filters)
    if as_json:
        print_json(found)
    else:
        console().print(draw_capacity(found))


def draw_capacity(capacity: Capacity) -> RenderableType:
    """Sentences about limits and the busiest, then a row for each."""
    if not capacity.resources:
        return Text(f"Nothing ran between {capacity.from_time[:10]} and {capacity.to_time[:10]}.")
    lines: list[RenderableType] = [Text(busiest_text(capacity.resources[0]))]
    lines += [Text(limit_text(one, one.limit)) for one in capacity.resources if one.limit is not None]
    lines += [Text(limited_text(one)) for one in capacity.resources if one.limited and one.limit is None]
    table = FittedTable(
        ("name", "what", "calls", "in flight", "peak", "busy", "calls a day", "next 7 days", "growth", "limited"),
        [_row(one) for one in capacity.resources],
        texts=("name", "what", "calls a day"),
        shortened=("name",),
        left_out=("busy", "calls a day", "what", "next 7 days"),
    )
    note = "in flight: on average; peak and busy: in the busiest hour; next 7 days: the 80 % bounds of each, added up"
    return Group(*lines, Text(), table, Text(), muted(note))


def _row(one: ResourceUse) -> tuple[Text, ...]:
    week = one.forecast[:_WEEK]
    bounds = (sum(day.low for day in week), sum(day.high for day in week))
    ahead = "–".join(short_count_text(round(bound)) for bound in bounds) if len(week) == _WEEK else NONE
    return (
        cell(one.name),
        muted(one.kind),
        cell(short_count_text(one.calls)),
        cell(f"{one.in_flight:.2g}"),
        cell(NONE if one.peak_in_flight is None else count_text(one.peak_in_flight)),
        cell(NONE if one.busy_share is None else share_text(one.busy_share)),
        cell(spark_line(one.calls_a_day, _WIDTH, from_zero=True)),
        cell(ahead),
        cell(NONE if one.growth_a_week is None else signed_share(one.growth_a_week)),
        Text(count_text(one.limited), "red") if one.limited else muted(NONE),
    )
