"""`longpole bottlenecks`: what the critical path of many executions consists of."""

from typing import Annotated

import typer
from rich.console import Group, RenderableType
from rich.text import Text

from longpole.cli.draw import category_text, cell, console, muted, print_json
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
from longpole.reports.bottlenecks import BOTTLENECKS, MOST_OPERATIONS
from longpole.reports.numbers import NONE, count_text, counted, duration_text, share_text
from longpole.reports.statistics_views import Bottlenecks, BottleneckStep

_TOLD = 3


def bottlenecks_command(
    workspace: Workspace = None,
    agent: Agent = None,
    environment: Environment = None,
    version: Version = None,
    from_: From = None,
    to: To = None,
    since: Since = None,
    limit: Annotated[int, typer.Option(help=f"At most so many operations, up to {MOST_OPERATIONS}.")] = 15,
    url: Url = None,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Show which steps decide how long executions take: how often on the critical path, how much of it."""
    filters = as_pairs(
        workspace=workspace,
        agent=agent,
        environment=environment,
        version=version,
        from_=since_to_from(since, from_),
        to=to,
        limit=limit,
    )
    with open_answers(url, data) as answers:
        bottlenecks = answers.ask(BOTTLENECKS, filters)
    if as_json:
        print_json(bottlenecks)
    else:
        console().print(draw_bottlenecks(bottlenecks))


def draw_bottlenecks(bottlenecks: Bottlenecks) -> RenderableType:
    """The largest in words, then all of them as a table."""
    if not bottlenecks.operations:
        return Text("Nothing has run in this time: there is no critical path.")
    lines = [Text(_sentence(one)) for one in bottlenecks.operations[:_TOLD]]
    looked = f"{counted(bottlenecks.executions, 'execution')}, {counted(bottlenecks.steps, 'step')}"
    if bottlenecks.looked_at_share < 1:
        looked = f"about {looked}, estimated from {share_text(bottlenecks.looked_at_share)} of the time"
    table = FittedTable(
        ("step", "agent", "category", "of path", "on path", "steps", "mean", "stddev", "p50", "p95", "slack ≥ 100 ms"),
        [_row(one) for one in bottlenecks.operations],
        texts=("step", "agent", "category"),
        shortened=("step", "agent"),
        left_out=("slack ≥ 100 ms", "category", "stddev", "p50", "steps", "mean"),
    )
    return Group(*lines, muted(looked), Text(), table)


def _sentence(one: BottleneckStep) -> str:
    if one.is_agent:
        return f"What no step of {one.agent} explains owns {share_text(one.critical_share)} of critical time."
    on_path = (
        ""
        if one.on_path_share is None
        else f" is on the critical path in {share_text(one.on_path_share)} of its executions and"
    )
    return f"{one.name} of {one.agent}{on_path} owns {share_text(one.critical_share)} of critical time."


def _row(one: BottleneckStep) -> tuple[Text, ...]:
    late = None if one.slack is None else one.slack.under_1_s + one.slack.over_1_s
    return (
        muted("unexplained") if one.is_agent else Text(one.name),
        Text(one.agent),
        category_text(one.category),
        cell(share_text(one.critical_share)),
        muted(NONE) if one.on_path_share is None else cell(share_text(one.on_path_share)),
        cell(count_text(one.steps)),
        _duration(one.mean_ns),
        _duration(one.stddev_ns),
        _duration(one.p50_ns),
        _duration(one.p95_ns),
        muted(NONE) if late is None else cell(share_text(late)),
    )


def _duration(duration_ns: int | None) -> Text:
    return muted(NONE) if duration_ns is None else cell(duration_text(duration_ns))
