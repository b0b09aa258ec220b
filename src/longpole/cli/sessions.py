"""`longpole sessions`: conversations, and one of them turn by turn."""

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
from longpole.reports.numbers import NONE, cost_text, count_text, counted, duration_text
from longpole.reports.session_views import SessionDetail, SessionPage, SessionSummary, SessionTurn
from longpole.reports.sessions import SESSION, SESSIONS


def sessions_command(
    session: Annotated[str | None, typer.Argument(metavar="SESSION", help="Show the turns of this one.")] = None,
    workspace: Workspace = None,
    agent: Agent = None,
    environment: Environment = None,
    version: Version = None,
    user: Annotated[str | None, typer.Option(help="Only this user.")] = None,
    text: Annotated[str | None, typer.Option(help="Found in the session's or the user's id.")] = None,
    from_: From = None,
    to: To = None,
    since: Since = None,
    sort: Annotated[
        str, typer.Option(help="last, first, turns, duration, busy, think, tokens, cost or failed.")
    ] = "last",
    limit: Annotated[int, typer.Option(help="At most so many.")] = 20,
    url: Url = None,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Show conversations: turns, the agents' time and the user's, tokens, cost; or one of them turn by turn."""
    filters = as_pairs(
        workspace=workspace,
        agent=agent,
        environment=environment,
        version=version,
        user=user,
        text=text,
        from_=since_to_from(since, from_),
        to=to,
        sort=sort,
        limit=limit,
    )
    with open_answers(url, data) as answers:
        if session is None:
            found = answers.ask(SESSIONS, filters)
        else:
            found = answers.ask(SESSION, as_pairs(workspace=workspace, session=session))
    if as_json:
        print_json(found)
    elif isinstance(found, SessionPage):
        console().print(draw_sessions(found))
    else:
        console().print(draw_session(found))


def draw_sessions(page: SessionPage) -> RenderableType:
    """A table with a row for each conversation."""
    if not page.items:
        return Text("No execution in this time says to which session it belongs.")
    table = FittedTable(
        ("session", "user", "last", "turns", "agents' time", "user's time", "p50", "p95", "tokens", "cost", "failed"),
        [_session(one) for one in page.items],
        texts=("session", "user"),
        shortened=("session", "user"),
        left_out=("p50", "tokens", "last", "user", "p95"),
    )
    if len(page.items) == page.sessions:
        return table
    return Group(
        table, muted(f"{count_text(len(page.items))} of {counted(page.sessions, 'session')}; --limit shows more")
    )


def _session(one: SessionSummary) -> tuple[Text, ...]:
    return (
        Text(one.session_id),
        Text(one.user_id or NONE),
        cell(one.last_at[:16].replace("T", " ")),
        cell(count_text(one.turns)),
        cell(duration_text(one.busy_ns)),
        cell(duration_text(one.think_ns)) if one.turns > 1 else muted(NONE),
        cell(duration_text(one.p50_ns)),
        cell(duration_text(one.p95_ns)),
        _of_calls(one.model_calls, count_text(one.tokens)),
        _of_calls(one.model_calls, cost_text(one.cost_usd)),
        Text(count_text(one.failed), style="red") if one.failed else muted(NONE),
    )


def draw_session(detail: SessionDetail) -> RenderableType:
    """A sentence, then a row for each turn."""
    session = detail.session
    said = (
        f"{session.session_id}: {counted(session.turns, 'turn')} in {duration_text(session.duration_ns)}, of which "
        f"agents worked {duration_text(session.busy_ns)} and the user took {duration_text(session.think_ns)}."
    )
    table = FittedTable(
        ("turn", "after", "took", "status", "tokens so far", "cost so far", "asked", "execution"),
        [_turn(turn) for turn in detail.turns],
        texts=("status", "asked", "execution"),
        shortened=("asked",),
        left_out=("tokens so far", "after", "status"),
    )
    parts: list[RenderableType] = [Text(said), Text(), table]
    if detail.turns_left_out:
        parts.append(muted(f"{counted(detail.turns_left_out, 'later turn')} not shown"))
    return Group(*parts)


def _turn(turn: SessionTurn) -> tuple[Text, ...]:
    execution = turn.execution
    return (
        cell(count_text(turn.number)),
        muted(NONE) if turn.think_ns is None else cell(duration_text(turn.think_ns)),
        cell(duration_text(execution.duration_ns)),
        Text(execution.status),
        _of_calls(execution.model_calls, count_text(turn.tokens_so_far)),
        _of_calls(execution.model_calls, cost_text(turn.cost_so_far_usd)),
        Text((turn.asked or NONE).replace("\n", " ")),
        muted(execution.execution_id[:16]),
    )


def _of_calls(model_calls: int, text: str) -> Text:
    return cell(text) if model_calls else muted(NONE)
