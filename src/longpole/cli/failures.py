"""`longpole failures`: errors in groups of like ones."""

from typing import Annotated

import typer
from rich.console import Group, RenderableType
from rich.padding import Padding
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
from longpole.reports.failures import FAILURES
from longpole.reports.numbers import NONE, cost_text, count_text, counted, duration_text
from longpole.reports.statistics_views import FailureGroup, FailureGroups

_TOLD = 3


def failures_command(
    workspace: Workspace = None,
    agent: Agent = None,
    environment: Environment = None,
    version: Version = None,
    from_: From = None,
    to: To = None,
    since: Since = None,
    limit: Annotated[int, typer.Option(help="At most so many groups, up to 1000.")] = 15,
    url: Url = None,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Show errors in groups of like ones: how often, since when, what they cost, where they began."""
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
        failures = answers.ask(FAILURES, filters)
    if as_json:
        print_json(failures)
    else:
        console().print(draw_failures(failures))


def draw_failures(failures: FailureGroups) -> RenderableType:
    """How many failed, the largest groups in words, all groups as a table."""
    period = f"{failures.from_time[:16].replace('T', ' ')} to {failures.to_time[:16].replace('T', ' ')} UTC"
    if not failures.groups:
        return Text(f"No execution failed from {period}, and no step did.")
    words = f"{counted(failures.executions, 'execution')} failed from {period}"
    if failures.healed:
        words += f"; {counted(failures.healed, 'more error')} failed a step and no execution"
    parts: list[RenderableType] = [Text(words + "."), Text()]
    for number, group in enumerate(failures.groups[:_TOLD], 1):
        parts += [*_told(number, group), Text()]
    table = FittedTable(
        ("error", "where", "failed", "healed", "time lost", "cost", "last seen"),
        [_row(group) for group in failures.groups],
        texts=("error", "where", "last seen"),
        shortened=("error", "where"),
        left_out=("cost", "last seen", "time lost"),
    )
    return Group(*parts, table, *_left_out(failures))


def _left_out(failures: FailureGroups) -> list[Text]:
    """What is not in the groups, in words."""
    if failures.looked_at_from > failures.from_time:
        return [muted(f"These are the newest errors, since {_time(failures.looked_at_from)}: there are very many.")]
    if not failures.is_complete:
        return [muted("There are more different errors than were read; rare ones are missing.")]
    return []


def _told(number: int, group: FailureGroup) -> list[RenderableType]:
    where = f"started in {group.place}"
    code = group.code_function if group.code_function != group.place else group.code_file
    if code:
        where += f" ({code})"
    lines = [Text(f"{where} · agents: {', '.join(group.agents[:3])}{_more(group.agents)}{_versions(group)}")]
    lines += [Text(_count(group)), muted(f"first {_time(group.first_seen)}, last {_time(group.last_seen)}")]
    if group.before:
        lines.append(muted(f"before it: {' → '.join(group.before)}"))
    if group.retried:
        newest = f"{count_text(group.retried)} of the {count_text(group.looked_at)} newest"
        told = f"in {newest} the step worked when tried again" if group.executions else f"a retry healed {newest}"
        lines.append(muted(told))
    if group.example_execution_id:
        lines.append(muted(f"longpole show {group.example_execution_id[:16]}"))
    return [Text(f"{number}. {_error(group)}", style="bold"), *(Padding(line, (0, 0, 0, 3)) for line in lines)]


def _count(group: FailureGroup) -> str:
    steps = f"{counted(group.healed, 'time')} it failed a step and no execution"
    parts = [f"{counted(group.executions, 'execution')} failed"] if group.executions else []
    if group.healed:
        parts.append(steps)
    lost = f" · {duration_text(group.lost_ns)} lost" if group.lost_ns else ""
    return ", ".join(parts) + lost


def _error(group: FailureGroup) -> str:
    return ": ".join(part for part in (group.error_type, group.message) if part) or "no error was told"


def _more(names: list[str]) -> str:
    return f" and {count_text(len(names) - 3)} more" if len(names) > 3 else ""


def _versions(group: FailureGroup) -> str:
    return f" · versions: {', '.join(group.versions[:3])}{_more(group.versions)}" if group.versions else ""


def _time(text: str) -> str:
    return text[:16].replace("T", " ")


def _row(group: FailureGroup) -> tuple[Text, ...]:
    return (
        Text(_error(group)),
        Text(group.place),
        Text(count_text(group.executions), style="red") if group.executions else muted(NONE),
        cell(count_text(group.healed)) if group.healed else muted(NONE),
        cell(duration_text(group.lost_ns)) if group.lost_ns else muted(NONE),
        muted(NONE) if group.lost_cost_usd is None else cell(cost_text(group.lost_cost_usd)),
        cell(_time(group.last_seen)),
    )
