"""`longpole list`: the newest executions as a table."""

from typing import Annotated

import typer
from rich.text import Text

from longpole.cli.draw import cell, console, muted, print_json, status_text
from longpole.cli.draw_state import is_under_way
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
from longpole.model import clock
from longpole.model.status import ExecutionStatus
from longpole.reports.numbers import NONE, UNKNOWN, cost_text, duration_text, short_count_text
from longpole.reports.views import ExecutionItem, ExecutionPage


def list_command(
    agent: Agent = None,
    status: Annotated[list[str] | None, typer.Option(help="Only this status; repeat it for several.")] = None,
    session: Annotated[str | None, typer.Option(help="Only this session or conversation.")] = None,
    user: Annotated[str | None, typer.Option(help="Only this user.")] = None,
    workspace: Workspace = None,
    environment: Environment = None,
    version: Version = None,
    model: Annotated[str | None, typer.Option(help="Only those that called this model.")] = None,
    tool: Annotated[str | None, typer.Option(help="Only those that ran this tool.")] = None,
    attribute: Annotated[str | None, typer.Option(help="Only those with this attribute, as key=value.")] = None,
    min_duration: Annotated[str | None, typer.Option(help="Took at least 250ms, 1.5s, 2min, ...")] = None,
    text: Annotated[str | None, typer.Option(help="Found in agent, name, error, an input or an output.")] = None,
    from_: From = None,
    to: To = None,
    since: Since = None,
    parent: Annotated[str | None, typer.Option(help="Children of this id; 'none' for top executions.")] = None,
    sort: Annotated[str | None, typer.Option(help="started, duration, tokens, cost, status or agent.")] = None,
    order: Annotated[str | None, typer.Option(help="asc or desc.")] = None,
    limit: Annotated[int, typer.Option(help="At most so many, up to 1000.")] = 20,
    cursor: Annotated[str | None, typer.Option(help="The next_cursor of the page before.")] = None,
    url: Url = None,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """List executions, newest first."""
    filters = as_pairs(
        agent=agent,
        status=status,
        session=session,
        user=user,
        workspace=workspace,
        environment=environment,
        version=version,
        model=model,
        tool=tool,
        attribute=attribute,
        min_duration=min_duration,
        text=text,
        from_=since_to_from(since, from_),
        to=to,
        parent=parent,
        sort=sort,
        order=order,
        limit=limit,
        cursor=cursor,
    )
    with open_answers(url, data) as answers:
        page = answers.executions(filters)
    if as_json:
        print_json(page)
        return
    screen = console()
    if page.items:
        screen.print(draw_page(page, now_ns=clock.now_ns()))
    else:
        screen.print(_empty(is_filtered=len(filters) > 1))
    if page.next_cursor is not None:
        screen.print(muted(f"More: --cursor {page.next_cursor}"), soft_wrap=True)


def draw_page(page: ExecutionPage, *, now_ns: int) -> FittedTable:
    """The page as a table.

    Ids are their last twelve characters: enough for `longpole show`. What runs has its time until `now_ns`, and how
    many of its steps are done. A `+` behind tokens or cost says that some calls told none.
    """
    return FittedTable(
        ("started (UTC)", "agent", "status", "time", "steps", "tokens", "cost", "id"),
        [_row(item, now_ns) for item in page.items],
        texts=("started (UTC)", "agent", "status", "id"),
        shortened=("agent", "status"),
        left_out=("cost", "tokens", "steps", "started (UTC)"),
    )


def _row(item: ExecutionItem, now_ns: int) -> tuple[Text, ...]:
    return (
        muted(item.started_at[5:19].replace("T", " ")),
        Text(("" if item.parent_execution_id is None else "↳ ") + item.agent),
        status_text(item.status, item.error_type),
        _time(item, now_ns),
        cell(_steps(item)),
        _tokens(item),
        _cost(item),
        muted(item.execution_id[-12:]),
    )


def _time(item: ExecutionItem, now_ns: int) -> Text:
    if item.duration_ns is not None:
        return cell(duration_text(item.duration_ns))
    if item.status == ExecutionStatus.PENDING:
        return muted(NONE)
    return Text(f"{duration_text(max(0, now_ns - clock.from_rfc3339(item.started_at)))}…", style="blue")


def _steps(item: ExecutionItem) -> str:
    if item.status == ExecutionStatus.PENDING:
        return NONE
    total = short_count_text(item.steps_total)
    return f"{short_count_text(item.steps_completed)} of {total}" if is_under_way(item) else total


def _tokens(item: ExecutionItem) -> Text:
    if item.input_tokens is None and item.output_tokens is None:
        return muted(UNKNOWN if item.model_calls else NONE)
    known = short_count_text((item.input_tokens or 0) + (item.output_tokens or 0))
    return cell(f"{known}+" if item.model_calls_without_usage else known)


def _cost(item: ExecutionItem) -> Text:
    if item.cost_usd is None:
        return muted(UNKNOWN if item.model_calls else NONE)
    return cell(f"{cost_text(item.cost_usd)}+" if item.model_calls_without_cost else cost_text(item.cost_usd))


def _empty(*, is_filtered: bool) -> Text:
    if is_filtered:
        return Text("No execution matches. Remove a filter to see more.")
    return Text("No execution is stored yet. Try: longpole run -- python your_agent.py")
