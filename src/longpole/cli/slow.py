"""`longpole slow`: which operations are slow, by their own time, by limits, and one by one."""

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
from longpole.reports.bottlenecks import SLOW_OPERATIONS
from longpole.reports.numbers import NONE, count_text, counted, duration_text, share_text
from longpole.reports.statistics_views import OperationTotal, SlowOperation, SlowOperations, SlowStep


def slow_command(
    workspace: Workspace = None,
    agent: Agent = None,
    environment: Environment = None,
    version: Version = None,
    from_: From = None,
    to: To = None,
    since: Since = None,
    slow_ms: Annotated[int | None, typer.Option(min=0, help="Slow from so many milliseconds on.")] = None,
    critical_ms: Annotated[int | None, typer.Option(min=0, help="Critically slow from so many on.")] = None,
    limit: Annotated[int, typer.Option(help="At most so many operations over the limits.")] = 10,
    url: Url = None,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Show the slowest operations by their own time, those over the limits, and the longest single steps."""
    filters = as_pairs(
        workspace=workspace,
        agent=agent,
        environment=environment,
        version=version,
        from_=since_to_from(since, from_),
        to=to,
        slow_ms=slow_ms,
        critical_ms=critical_ms,
        limit=limit,
    )
    with open_answers(url, data) as answers:
        slow = answers.ask(SLOW_OPERATIONS, filters)
    if as_json:
        print_json(slow)
    else:
        console().print(draw_slow(slow))


def draw_slow(slow: SlowOperations) -> RenderableType:
    """A sentence, the operations with most time of their own, those over the limits, the longest steps."""
    if not slow.slowest:
        return Text("No step has run in this time.")
    first = slow.slowest[0]
    parts: list[RenderableType] = [
        Text(
            f"{first.name} of {first.agent} took most time of its own: {share_text(first.share)} of that of all steps."
        ),
        Text(_limits(slow)),
        Text(),
        FittedTable(
            ("slowest by own time", "agent", "category", "own time", "share", "steps"),
            [_total(one) for one in slow.slowest],
            texts=("slowest by own time", "agent", "category"),
            shortened=("slowest by own time", "agent"),
            left_out=("category", "steps"),
        ),
    ]
    if slow.looked_at_share < 1:
        parts.append(muted(f"own time and steps are estimated from {share_text(slow.looked_at_share)} of the time"))
    if slow.over_limits:
        parts += [Text(), _over_limits(slow)]
    if slow.longest_steps:
        parts += [Text(), _longest(slow.longest_steps)]
    return Group(*parts)


def _limits(slow: SlowOperations) -> str:
    limits = [duration_text(ms * 1e6) for ms in (slow.slow_operation_ms, slow.critical_operation_ms)]
    critical = [one for one in slow.over_limits if one.critical]
    if not slow.over_limits:
        return f"None took {limits[0]} or longer, which would be slow."
    of_them = f"{count_text(len(critical))} of them" if critical else "none of them"
    return (
        f"{counted(len(slow.over_limits), 'operation')} shown took {limits[0]} or longer at times, "
        f"{of_them} {limits[1]} or longer, which is critical."
    )


def _total(one: OperationTotal) -> tuple[Text, ...]:
    return (
        Text(one.name),
        Text(one.agent),
        category_text(one.category),
        cell(duration_text(one.self_ns)),
        cell(share_text(one.share)),
        cell(count_text(one.steps)),
    )


def _over_limits(slow: SlowOperations) -> FittedTable:
    return FittedTable(
        ("over the limits", "agent", "slow", "critical", "longest", "last seen"),
        [_over(one) for one in slow.over_limits],
        texts=("over the limits", "agent"),
        shortened=("over the limits", "agent"),
        left_out=("last seen",),
    )


def _over(one: SlowOperation) -> tuple[Text, ...]:
    return (
        Text(one.name),
        Text(one.agent),
        Text(count_text(one.slow), style="yellow"),
        Text(count_text(one.critical), style="red") if one.critical else muted(NONE),
        cell(duration_text(one.longest_ns)),
        cell(one.last_seen[:16].replace("T", " ")),
    )


def _longest(steps: list[SlowStep]) -> FittedTable:
    return FittedTable(
        ("longest steps", "agent", "own time", "whole time", "started", "execution"),
        [
            (
                Text(one.name),
                Text(one.agent),
                cell(duration_text(one.self_ns)),
                cell(duration_text(one.duration_ns)),
                cell(one.started_at[:16].replace("T", " ")),
                muted(one.execution_id[:16]),
            )
            for one in steps
        ],
        texts=("longest steps", "agent", "execution"),
        shortened=("longest steps", "agent"),
        left_out=("whole time", "started"),
    )
