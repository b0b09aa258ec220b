"""`longpole regressions`: what got worse, since when, through what."""

from typing import Annotated

import typer
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from longpole.cli.draw import console, muted, print_json
from longpole.cli.draw_change import change_text
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
from longpole.model.clock import DAY_NS
from longpole.reports.change_questions import REGRESSIONS
from longpole.reports.change_views import FirstBad, MetricChange, Regression, Regressions
from longpole.reports.change_words import cause_text, sureness_text, when_text, where_text
from longpole.reports.numbers import counted, duration_text

_MOST_SIGNS = 5
_MOST_STEPS = 3


def regressions_command(
    workspace: Workspace = None,
    agent: Agent = None,
    environment: Environment = None,
    version: Version = None,
    from_: From = None,
    to: To = None,
    since: Since = None,
    show_all: Annotated[bool, typer.Option("--all", help="Also what got better, and how much ran.")] = False,
    limit: Annotated[int, typer.Option(help="At most so many, up to 1000.")] = 20,
    url: Url = None,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Show what became slower, dearer or less reliable, since when, and what changed then."""
    filters = as_pairs(
        workspace=workspace,
        agent=agent,
        environment=environment,
        version=version,
        from_=since_to_from(since, from_),
        to=to,
        show="all" if show_all else None,
        limit=limit,
    )
    with open_answers(url, data) as answers:
        found = answers.ask(REGRESSIONS, filters)
    if as_json:
        print_json(found)
    else:
        console().print(draw_regressions(found))


def draw_regressions(found: Regressions) -> RenderableType:
    """A sentence, then a paragraph for each agent and time."""
    period = f"between {found.from_time[:10]} and {found.to_time[:10]}"
    looked = f"{counted(found.series, 'series', 'series')} of numbers looked at"
    if not found.series:
        short = f"; {counted(found.series_too_short, 'series has', 'series have')} too few points" * bool(
            found.series_too_short
        )
        return Text(f"Too little ran {period} to tell whether anything changed{short}.")
    if not found.items:
        return Text(f"Nothing got worse {period}: {looked}, no change that noise would not explain.")
    parts: list[RenderableType] = [Text(f"{_count(found.items)} {period}, {looked}.")]
    for item in found.items:
        parts += [Text(), _heading(item, has_hours=found.width_ns < DAY_NS), _details(item)]
    return Group(*parts)


def _count(items: list[Regression]) -> str:
    worse = sum(item.is_worse is True for item in items)
    others = len(items) - worse
    texts = [counted(worse, "regression")] if worse or not others else []
    return " and ".join([*texts, *([counted(others, "other change")] if others else [])])


def _heading(item: Regression, *, has_hours: bool) -> Text:
    mark, style = ("▲", "red") if item.is_worse else ("▼", "green") if item.is_worse is False else ("◆", "blue")
    first = item.changes[0]
    text = Text(f"{mark} ", style=style).append(item.agent, "bold")
    text.append(f" since {when_text(item, has_hours=has_hours)}, {sureness_text(first.confidence)}", "default")
    return text


def _details(item: Regression) -> Table:
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True, style="dim")
    table.add_column()
    for place, change in enumerate(item.changes[:_MOST_SIGNS]):
        table.add_row("  what" if not place else "", _sign(change))
    if len(item.changes) > _MOST_SIGNS:
        table.add_row("", muted(counted(len(item.changes) - _MOST_SIGNS, "more sign")))
    for place, step in enumerate(item.slower[:_MOST_STEPS]):
        table.add_row("  where" if not place else "", Text(where_text(step)))
    for place, cause in enumerate(item.changed_then):
        table.add_row("  then" if not place else "", Text(cause_text(cause)))
    if not item.changed_then:
        table.add_row("  then", muted("no new version, model, commit or prompt at that time"))
    if item.first_bad is not None:
        table.add_row("  first", _first(item.first_bad))
    return table


def _sign(change: MetricChange) -> Text:
    return (Text() if change.operation is None else Text(f"{change.operation}: ")) + change_text(change)


def _first(first: FirstBad) -> Text:
    told = [first.started_at[:16].replace("T", " ") + " UTC"]
    if first.duration_ns is not None:
        told.append(duration_text(first.duration_ns))
    return Text(f"{first.execution_id} ({', '.join(told)})")
