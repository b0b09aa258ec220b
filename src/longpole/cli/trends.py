"""`longpole trends`: how agents, or one operation, went over time, as small bars."""

from typing import Annotated

import typer
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from longpole.cli.draw import cell, console, muted, print_json
from longpole.cli.draw_change import change_text
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
from longpole.model.clock import DAY_NS
from longpole.reports.change_questions import TRENDS
from longpole.reports.change_views import AgentTrend, MetricChange, Trends
from longpole.reports.change_words import sureness_text, when_text
from longpole.reports.numbers import NONE, count_text, counted, duration_text
from longpole.reports.question_views import Trend
from longpole.reports.trend import TREND

_WIDTH = 20
_LONG = 44


def trends_command(
    operation: Annotated[str | None, typer.Argument(help="A step or agent, by days. Default: every agent.")] = None,
    days: Annotated[int, typer.Option(help="How many days of the operation, today included.")] = 30,
    workspace: Workspace = None,
    agent: Agent = None,
    environment: Environment = None,
    version: Version = None,
    from_: From = None,
    to: To = None,
    since: Since = None,
    limit: Annotated[int, typer.Option(help="At most so many agents, up to 1000.")] = 20,
    url: Url = None,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Show how agents, or one operation, went over time, and when their numbers changed."""
    scope = as_pairs(workspace=workspace, environment=environment, version=version)
    with open_answers(url, data) as answers:
        if operation is None:
            start = since_to_from(since, from_)
            pairs = as_pairs(agent=agent, from_=start, to=to, limit=limit)
            found = answers.ask(TRENDS, [*scope, *pairs])
            drawn = draw_trends(found)
        else:
            found = answers.ask(TREND, [*scope, ("operation", operation), ("days", str(days))])
            drawn = draw_trend(found)
    if as_json:
        print_json(found)
    else:
        console().print(drawn)


def draw_trends(trends: Trends) -> RenderableType:
    """A sentence, a row of bars for each agent, and what changed."""
    period = f"between {trends.from_time[:10]} and {trends.to_time[:10]}"
    if not trends.agents:
        return Text(f"No agent ran {period}.")
    changed = sum(bool(agent.changes) for agent in trends.agents)
    sentence = f"{counted(len(trends.agents), 'agent')} {period}; the numbers of {changed or 'none'} changed."
    table = FittedTable(
        ("agent", "runs", "p50", "p50 over time", "runs over time", "failures"),
        [_agent(agent) for agent in trends.agents],
        texts=("agent", "p50 over time", "runs over time", "failures"),
        shortened=("agent",),
        left_out=("failures", "runs over time"),
    )
    changes = [change for agent in trends.agents for change in agent.changes]
    return Group(Text(sentence), Text(), table, *_changes(changes, width_ns=trends.width_ns, has_agent=True))


def draw_trend(trend: Trend) -> RenderableType:
    """A sentence, a row of bars for each number, and what changed."""
    if not trend.points:
        return Text(f"Nothing named {trend.operation!r} ended within {counted(trend.days, 'day')}.")
    sentence = f"{trend.operation}: {counted(trend.timings, 'timing')} on {counted(len(trend.points), 'day')}"
    sentence += f", p50 {duration_text(trend.p50_ns)}, p95 {duration_text(trend.p95_ns)}."
    table = Table.grid(padding=(0, 2, 0, 0))
    for label, values, text in (
        ("p50", [point.p50_ns for point in trend.points], duration_text),
        ("p95", [point.p95_ns for point in trend.points], duration_text),
        ("timings", [point.timings for point in trend.points], count_text),
        ("failed", [point.failed for point in trend.points], count_text),
    ):
        bars = spark_line(values, _LONG, from_zero=label in ("timings", "failed"))
        least, most = text(min(values)), text(max(values))
        table.add_row(muted(label), Text(bars), muted(least if least == most else f"{least} to {most}"))
    return Group(Text(sentence), Text(), table, *_changes(trend.changes, width_ns=DAY_NS, has_agent=False))


def _agent(agent: AgentTrend) -> tuple[Text, ...]:
    points = agent.points
    return (
        cell(agent.agent),
        cell(count_text(agent.executions)),
        cell(NONE if agent.p50_ns is None else duration_text(agent.p50_ns)),
        cell(spark_line([point.p50_ns for point in points], _WIDTH)),
        cell(spark_line([point.executions for point in points], _WIDTH, from_zero=True)),
        cell(spark_line([point.failed_share for point in points], _WIDTH, from_zero=True)),
    )


def _changes(changes: list[MetricChange], *, width_ns: int, has_agent: bool) -> list[RenderableType]:
    if not changes:
        return []
    lines: list[RenderableType] = [Text()]
    for change in sorted(changes, key=lambda one: one.at, reverse=True):
        text = Text(f"{when_text(change, has_hours=width_ns < DAY_NS)}  ")
        text += (Text(f"{change.agent}: ") if has_agent else Text()) + change_text(change)
        lines.append(text.append(f" ({sureness_text(change.confidence)})", "dim"))
    return lines
