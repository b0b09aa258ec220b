"""`longpole why-not`: why an agent did not do its work, in words first, then the evidence."""

from collections.abc import Collection, Sequence
from typing import Annotated

import typer
from rich.console import Group, RenderableType
from rich.text import Text

from longpole.cli.draw import cell, console, muted, print_json
from longpole.cli.fitted_table import FittedTable
from longpole.cli.options import (
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
from longpole.reports.numbers import NONE, duration_text
from longpole.reports.question_views import AgentRun, Considered, WhyNot
from longpole.reports.why_not import WHY_NOT

MOST_LINES = 5


def why_not_command(
    agent: Annotated[str, typer.Argument(metavar="AGENT", help="The agent's name.")],
    session: Annotated[str | None, typer.Option(help="Only this session or conversation.")] = None,
    user: Annotated[str | None, typer.Option(help="Only this user.")] = None,
    scope: Annotated[str | None, typer.Option(help="key=value: what else it belongs to, such as a vault.")] = None,
    workspace: Workspace = None,
    environment: Environment = None,
    version: Version = None,
    from_: From = None,
    to: To = None,
    since: Since = None,
    url: Url = None,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Say why an agent did not do its work: nobody named it, nobody took it, it declined, it failed; or it did."""
    filters = as_pairs(
        agent=agent,
        session=session,
        user=user,
        scope=scope,
        workspace=workspace,
        environment=environment,
        version=version,
        from_=since_to_from(since, from_),
        to=to,
    )
    with open_answers(url, data) as answers:
        found = answers.ask(WHY_NOT, filters)
    if as_json:
        print_json(found)
    else:
        console().print(draw_why_not(found))


def draw_why_not(found: WhyNot) -> RenderableType:
    """A sentence, then who considered it, its own executions, and what failed before."""
    message = found.message if found.message.endswith(".") else f"{found.message}."
    parts: list[RenderableType] = [Text(message)]
    if found.considered:
        parts += [Text(), Text("Who considered it, the latest first", style="bold"), _considered(found.considered)]
    if found.runs:
        parts += [
            Text(),
            Text("Its own executions, the latest first", style="bold"),
            _runs(found.runs, without={"agent"}),
        ]
    if found.failed_before:
        parts += [Text(), Text("What failed in the conversation", style="bold"), _runs(found.failed_before)]
    return Group(*parts)


def _considered(rows: list[Considered]) -> FittedTable:
    return _told_columns(
        ("time", "by", "score", "threshold", "outcome", "reason"),
        [
            (
                Text(_time(one.time)),
                Text(one.by),
                _number(one.score),
                _number(one.threshold),
                _words(one.outcome),
                muted(NONE) if one.reason is None else Text(one.reason.replace("\n", " ")),
            )
            for one in rows[:MOST_LINES]
        ],
        shortened=("reason", "by"),
        left_out=("time", "threshold"),
    )


def _runs(rows: list[AgentRun], *, without: Collection[str] = ()) -> FittedTable:
    return _told_columns(
        ("started", "agent", "status", "took", "score", "stage", "model", "error or reason"),
        [
            (
                Text(_time(run.started_at)),
                Text(run.agent),
                Text(run.status),
                muted(NONE) if run.duration_ns is None else cell(duration_text(run.duration_ns)),
                _number(run.score),
                muted(NONE) if run.stage is None else Text(run.stage),
                _words(run.model_trouble),
                _ground(run),
            )
            for run in rows[:MOST_LINES]
        ],
        shortened=("error or reason", "agent"),
        left_out=("score", "took", "stage", "agent"),
        without=without,
    )


def _told_columns(
    headings: Sequence[str],
    rows: Sequence[Sequence[Text]],
    *,
    shortened: Collection[str],
    left_out: Sequence[str],
    without: Collection[str] = (),
) -> FittedTable:
    """A table without the columns that tell nothing: their room is for the reasons."""
    kept = [
        place
        for place, heading in enumerate(headings)
        if heading not in without and any(row[place].plain != NONE for row in rows)
    ]
    names = [headings[place] for place in kept]
    return FittedTable(
        names,
        [[row[place] for place in kept] for row in rows],
        texts=set(names) - {"took", "score", "threshold"},
        shortened=[name for name in shortened if name in names] or names[:1],
        left_out=[name for name in left_out if name in names],
    )


def _words(name: str | None) -> Text:
    return muted(NONE) if name is None else Text(name.replace("_", " "))


def _ground(run: AgentRun) -> Text:
    told = [part for part in (run.error_type, run.error_message or run.reason) if part]
    return Text(": ".join(told).replace("\n", " ")) if told else muted(NONE)


def _number(value: float | None) -> Text:
    return muted(NONE) if value is None else cell(f"{value:g}")


def _time(text: str) -> str:
    return text[:19].replace("T", " ")
