"""Options that several commands share, and where their answers come from."""

from typing import Annotated

import typer

from longpole import settings
from longpole.cli.draw import error_console
from longpole.client.answers import Answers, find_answers
from longpole.model import clock
from longpole.reports.filter_values import read_duration_ns

Url = Annotated[
    str | None, typer.Option("--url", help="Ask this server. Default: the one that serves the data folder.")
]
Data = Annotated[str | None, typer.Option("--data", help="The data folder.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print the REST answer as JSON instead.")]
Workspace = Annotated[str | None, typer.Option(help="Only this workspace.")]
Agent = Annotated[str | None, typer.Option(help="Only this agent.")]
Environment = Annotated[str | None, typer.Option(help="Only this environment.")]
Version = Annotated[str | None, typer.Option("--version", help="Only this version of the agent.")]
From = Annotated[str | None, typer.Option("--from", help="Started at this time or later (RFC 3339).")]
To = Annotated[str | None, typer.Option("--to", help="Started before this time (RFC 3339).")]
Since = Annotated[str | None, typer.Option("--since", help="Started within the last 30s, 15min, 2h, ...")]

Pairs = list[tuple[str, str]]


def open_answers(url: str | None, data: str | None) -> Answers:
    """Answers from where the options, the environment and the data folder say; see `find_answers`.

    What is wrong with the server is said on stderr.
    """
    answers = find_answers(settings.load(url=url, data_folder=data))
    for trouble in answers.troubles():
        error_console().print(trouble, style="yellow", soft_wrap=True)
    return answers


def as_pairs(**filters: str | list[str] | int | None) -> Pairs:
    """Filters as names and texts, unset ones left out; `from_` is the filter `from`."""
    pairs: Pairs = []
    for name, value in filters.items():
        if value is None:
            continue
        values = value if isinstance(value, list) else [str(value)]
        pairs += [(name.removesuffix("_"), text) for text in values]
    return pairs


def since_to_from(since: str | None, from_: str | None) -> str | None:
    """The filter `from` of the options `--since` and `--from`; the former wins.

    Raises:
        InvalidInput: `since` is not a duration.
    """
    if since is None:
        return from_
    return clock.to_rfc3339(max(0, clock.now_ns() - read_duration_ns("since", since)))
