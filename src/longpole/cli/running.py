"""`longpole running`: what runs at this moment, and what it waits for."""

from rich.console import Group
from rich.text import Text

from longpole.cli.draw import cell, console, muted, print_json, status_text
from longpole.cli.fitted_table import FittedTable
from longpole.cli.options import Agent, AsJson, Data, Url, Workspace, as_pairs, open_answers
from longpole.reports.numbers import NONE, count_text, duration_text
from longpole.reports.running import RUNNING
from longpole.reports.running_views import Running, RunningAgent, RunningExecution

MOST_SHOWN = 20


def running_command(
    agent: Agent = None,
    workspace: Workspace = None,
    url: Url = None,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Show what runs now: how many of each agent, what each execution has in hand, what most of it waits for."""
    with open_answers(url, data) as answers:
        found = answers.ask(RUNNING, as_pairs(workspace=workspace, agent=agent))
    if as_json:
        print_json(found)
    elif found.agents:
        console().print(draw_running(found))
    else:
        console().print(Text("Nothing runs now."))


def draw_running(running: Running) -> Group:
    """The bottleneck in words, the agents, and the executions that began first."""
    waiting = len(running.open_requests)
    asked = f"{count_text(waiting)} {'request has' if waiting == 1 else 'requests have'} no response yet"
    shown = running.executions[:MOST_SHOWN]
    more = len(running.executions) - len(shown) + running.more
    parts: list[Text | FittedTable] = [
        Text(f"{running.bottleneck}." if running.bottleneck else "Nothing has taken long yet."),
        Text(f"{asked}." if waiting else "No request is open.", style="dim"),
        Text(),
        _agents(running.agents),
        Text(),
        _executions(shown),
    ]
    if more:
        parts.append(muted(f"and {count_text(more)} more, which began later"))
    return Group(*parts)


def _agents(agents: list[RunningAgent]) -> FittedTable:
    return FittedTable(
        ("agent", "running", "queued", "waiting", "longest"),
        [
            (
                cell(one.agent),
                cell(count_text(one.running)),
                cell(count_text(one.queued)),
                cell(count_text(one.waiting)),
                cell(duration_text(one.longest_ns)),
            )
            for one in agents
        ],
        texts=("agent",),
        shortened=("agent",),
        left_out=("queued",),
    )


def _executions(executions: list[RunningExecution]) -> FittedTable:
    return FittedTable(
        ("execution", "agent", "state", "so far", "in hand"),
        [
            (
                muted(one.execution_id[-8:]),
                cell(one.agent),
                status_text(one.status),
                cell(duration_text(one.so_far_ns)),
                cell(_in_hand(one)),
            )
            for one in executions
        ],
        texts=("execution", "agent", "state", "in hand"),
        shortened=("in hand", "agent"),
        left_out=("state",),
    )


def _in_hand(execution: RunningExecution) -> str:
    if not execution.in_hand:
        return NONE
    more = len(execution.in_hand) - 1
    return execution.in_hand[0].words + (f", and {more} more" if more else "")
