"""`longpole compare`: two executions, two sets of executions, or one execution among all others."""

from typing import Annotated

import typer

from longpole.cli.draw import console, print_json
from longpole.cli.draw_compare import draw_comparison, draw_sets, draw_standing
from longpole.cli.options import AsJson, Data, Pairs, Url, Workspace, as_pairs, open_answers
from longpole.client.answers import Answers
from longpole.model.errors import InvalidInput
from longpole.reports.comparison import COMPARE
from longpole.reports.set_comparison import COMPARE_SETS, STANDING


def compare_command(
    a: Annotated[str | None, typer.Argument(metavar="[A]", help="An execution.")] = None,
    b: Annotated[str | None, typer.Argument(metavar="[B]", help="The one that is held against it.")] = None,
    agent: Annotated[str | None, typer.Option(help="Compare two sets of this agent's executions.")] = None,
    version: Annotated[str | None, typer.Option("--version", help="The first set: this version.")] = None,
    with_version: Annotated[str | None, typer.Option(help="The other set: this version.")] = None,
    environment: Annotated[str | None, typer.Option(help="The first set: this environment.")] = None,
    with_environment: Annotated[str | None, typer.Option(help="The other set: this environment.")] = None,
    from_: Annotated[str | None, typer.Option("--from", help="The first set: started at this time or later.")] = None,
    to: Annotated[str | None, typer.Option("--to", help="The first set: started before this time.")] = None,
    with_from: Annotated[str | None, typer.Option(help="The other set: started at this time or later.")] = None,
    with_to: Annotated[str | None, typer.Option(help="The other set: started before this time.")] = None,
    at: Annotated[str | None, typer.Option("--at", help="What began before this against what began since.")] = None,
    workspace: Workspace = None,
    show_all: Annotated[bool, typer.Option("--all", help="Every step, also those that did not change.")] = False,
    url: Url = None,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Compare two executions step by step, two sets of them (--agent), or one with all others of its agent."""
    asked = as_pairs(
        version=version,
        with_version=with_version,
        environment=environment,
        with_environment=with_environment,
        from_=from_,
        to=to,
        with_from=with_from,
        with_to=with_to,
        at=at,
    )
    _check(a, agent, asked)
    with open_answers(url, data) as answers:
        if agent is not None:
            sets = answers.ask(COMPARE_SETS, [*asked, *as_pairs(agent=agent, workspace=workspace)])
            _print(sets, draw_sets(sets, show_all=show_all), as_json=as_json)
        elif b is not None:
            two = answers.ask(COMPARE, as_pairs(a=a, b=b, workspace=workspace))
            _print(two, draw_comparison(two, show_all=show_all), as_json=as_json)
        else:
            _print_standing(answers, a or "", workspace, as_json=as_json)


def _check(a: str | None, agent: str | None, asked: Pairs) -> None:
    if (a is None) == (agent is None) or (a is not None and asked):
        given = "Both executions and sets were given" if a else "Nothing was given"
        raise InvalidInput(
            f"{given} to compare. Expected two executions, one execution, or --agent with what sets the two "
            "sets apart. Write: longpole compare A B, longpole compare A, or longpole compare --agent NAME --version 1 "
            "--with-version 2."
        )


def _print_standing(answers: Answers, execution: str, workspace: str | None, *, as_json: bool) -> None:
    standing = answers.ask_about(execution, STANDING, workspace=workspace)
    _print(standing, draw_standing(standing), as_json=as_json)


def _print(view: object, drawn: object, *, as_json: bool) -> None:
    if as_json:
        print_json(view)
    else:
        console().print(drawn)
