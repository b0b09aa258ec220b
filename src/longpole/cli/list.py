"""`longpole list`: the newest executions as a table."""

from typing import Annotated

import typer
from rich.cells import cell_len
from rich.table import Table
from rich.text import Text

from longpole.cli.draw import PIPE_WIDTH, cell, console, muted, print_json, status_text
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
from longpole.reports.numbers import NONE, UNKNOWN, cost_text, duration_text, short_count_text
from longpole.reports.views import ExecutionItem, ExecutionPage

_LEAST = 10
"""Columns that an agent's name and a status keep at least."""


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
    screen.print(draw_page(page, width=screen.width) if page.items else _empty(is_filtered=len(filters) > 1))
    if page.next_cursor is not None:
        screen.print(muted(f"More: --cursor {page.next_cursor}"), soft_wrap=True)


def draw_page(page: ExecutionPage, *, width: int = PIPE_WIDTH) -> Table:
    """The page as a table; where it is too wide, agents and statuses are shortened, never a number or an id.

    Ids are their last twelve characters: enough for `longpole show`. A `+` behind tokens or cost says that some calls
    told none.
    """
    headings = ("started (UTC)", "agent", "status", "time", "steps", "tokens", "cost", "id")
    rows = [_row(item) for item in page.items]
    widths = [max(cell_len(heading), *(row[i].cell_len for row in rows)) for i, heading in enumerate(headings)]
    excess = sum(widths) + 2 * (len(widths) - 1) - width
    while excess > 0 and max(widths[1:3]) > _LEAST:
        widths[1 if widths[1] > widths[2] else 2] -= 1
        excess -= 1
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for i, heading in enumerate(headings):
        justify = "right" if heading in ("time", "steps", "tokens", "cost") else "left"
        table.add_column(heading, no_wrap=True, overflow="ellipsis", width=widths[i], justify=justify)
    for row in rows:
        table.add_row(*row)
    return table


def _row(item: ExecutionItem) -> tuple[Text, ...]:
    return (
        muted(item.started_at[5:19].replace("T", " ")),
        Text(("" if item.parent_execution_id is None else "↳ ") + item.agent),
        status_text(item.status, item.error_type),
        cell(NONE if item.duration_ns is None else duration_text(item.duration_ns)),
        cell(short_count_text(item.steps_total)),
        _tokens(item),
        _cost(item),
        muted(item.execution_id[-12:]),
    )


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
