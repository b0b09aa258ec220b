"""Options that several commands share, and where their answers come from."""

from typing import Annotated

import typer

from longpole import settings
from longpole.cli.draw import error_console
from longpole.client.answers import Answers, find_door
from longpole.model import clock
from longpole.reports import filter_values
from longpole.reports.filter_values import read_duration_ns
from longpole.reports.question import Question, View
from longpole.reports.views import ExecutionPage, Overview
from longpole.reports.why_not import WHY_NOT

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
Since = Annotated[str | None, typer.Option("--since", help="Started within the last 15min, 2h, 7d, ...")]

Pairs = list[tuple[str, str]]


class TerminalAnswers(Answers):
    """Answers that also say on stderr when nobody knows the agent they were asked about: nothing of it is no news."""

    def executions(self, filters: filter_values.Pairs = ()) -> ExecutionPage:
        """A page of executions."""
        given = list(filters)
        return self._with_hint(super().executions(given), given)

    def overview(self, filters: filter_values.Pairs = ()) -> Overview:
        """Totals, agents and categories."""
        given = list(filters)
        return self._with_hint(super().overview(given), given)

    def ask(self, question: Question[View], filters: filter_values.Pairs = ()) -> View:
        """The answer to a question about many executions."""
        given = list(filters)
        found = super().ask(question, given)
        return found if question is WHY_NOT else self._with_hint(found, given)

    def _with_hint(self, found: View, filters: filter_values.Pairs) -> View:
        who = [(name, text) for name, text in filters if name in ("agent", "workspace")]
        if any(name == "agent" for name, _ in who):
            known = super().ask(WHY_NOT, who)
            if known.outcome == "unknown_agent":
                error_console().print(known.message, style="yellow", soft_wrap=True)
        return found


def open_answers(url: str | None, data: str | None) -> Answers:
    """Answers from where the options, the environment and the data folder say; see `find_door`.

    What is wrong with the server is said on stderr.
    """
    answers = TerminalAnswers(find_door(settings.load(url=url, data_folder=data)))
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
