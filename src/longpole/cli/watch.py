"""`longpole watch`: what happens, while it happens, on the whole terminal; or a line for each event."""

import sys
from typing import Annotated

import msgspec
import typer
from rich.console import Console

from longpole import settings
from longpole.cli.draw import console, error_console
from longpole.cli.draw_watch import event_line
from longpole.cli.options import Agent, Data, Url, Workspace
from longpole.client.live_feed import FeedState, Frame, LiveFeed
from longpole.client.over_http import HttpDoor
from longpole.client.watching import STATUS_CHOICES, door_to_watch
from longpole.model.errors import InvalidInput, MissingPackage
from longpole.reports.filter_values import not_one_of

Plain = Annotated[bool, typer.Option("--plain", help="Print a line for each event instead, until Ctrl-C.")]
EventsAsJson = Annotated[
    bool, typer.Option("--json", help="Print each event as one line of JSON instead, until Ctrl-C.")
]
Status = Annotated[str, typer.Option(help=f"What is shown at first: {', '.join(STATUS_CHOICES)}.")]


def watch_command(
    agent: Agent = None,
    status: Status = "running",
    workspace: Workspace = None,
    plain: Plain = False,
    url: Url = None,
    data: Data = None,
    as_json: EventsAsJson = False,
) -> None:
    """Watch what runs while it runs: executions, the tree of one with what it waits for, events."""
    if status not in STATUS_CHOICES:
        raise not_one_of("status", status, list(STATUS_CHOICES))
    door = door_to_watch(settings.load(url=url, data_folder=data))
    if plain or as_json:
        _print_events(door, agent=agent, workspace=workspace, as_json=as_json)
        return
    if not (sys.stdout.isatty() and sys.stdin.isatty()):
        raise InvalidInput(
            "The output or the input is not a terminal. Expected one, to draw on and to read keys from. Use "
            "'longpole watch --plain' for a line for each event, 'longpole watch --json' for programs, or "
            "'longpole running' for what runs now."
        )
    try:
        from longpole.cli.watch_screen import WatchScreen  # noqa: PLC0415 - textual is half a second to load
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("longpole"):
            raise
        raise MissingPackage(
            f"{error.name} is not installed. Expected the packages of longpole[cli]. Run: pip install 'longpole[cli]'."
        ) from None
    WatchScreen(door, agent=agent, workspace=workspace, status=status).run()


def _print_events(door: HttpDoor, *, agent: str | None, workspace: str | None, as_json: bool) -> None:
    """Until Ctrl-C, or until the server refuses.

    Raises:
        InvalidInput: it refuses.
    """
    screen = console()
    refusals: list[str] = []

    def heard(frame: Frame) -> None:
        for event in frame.events:
            if as_json:
                sys.stdout.write(msgspec.json.encode(event).decode() + "\n")
            else:
                screen.print(event_line(event))
        sys.stdout.flush()

    def changed(state: FeedState, why: str) -> None:
        _say_state(error_console(), state, why)
        if state == "refused":
            refusals.append(why)

    scope = [(name, text) for name, text in (("workspace", workspace), ("agent", agent)) if text is not None]
    try:
        LiveFeed(door, scope, heard=heard, changed=changed).run()
    except KeyboardInterrupt:
        return
    raise InvalidInput(refusals[-1])


def _say_state(screen: Console, state: FeedState, why: str) -> None:
    if state == "live":
        screen.print("Listening. Ctrl-C ends it.", style="dim")
    elif state == "lost":
        screen.print(f"{why} Trying again.", style="yellow", soft_wrap=True)
