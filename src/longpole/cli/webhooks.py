"""`longpole webhooks`: the programs elsewhere that a running server tells of events."""

from typing import Annotated
from urllib.parse import quote

import msgspec
import typer
from rich.console import Group, RenderableType
from rich.text import Text

from longpole import settings
from longpole.cli.draw import cell, console, muted, print_json
from longpole.cli.exit_codes import ExitCode
from longpole.cli.fitted_table import FittedTable
from longpole.cli.options import AsJson, Data, Url, Workspace, as_pairs
from longpole.client.answers import default_address, found_server
from longpole.client.over_http import HttpDoor
from longpole.model.errors import InvalidInput, ServerUnreachable
from longpole.reports.numbers import NONE, count_text, counted
from longpole.reports.webhook_views import NewWebhook, WebhookDeliveryItem, WebhookItem, WebhookPage

webhooks_app = typer.Typer(no_args_is_help=True, help="Programs elsewhere that a running server tells of events.")

Name = Annotated[str, typer.Argument(metavar="NAME", help="The name of a webhook.")]
Whose = Annotated[str, typer.Option("--workspace", help="The workspace that it is in.")]


@webhooks_app.command("list")
def list_command(workspace: Workspace = None, url: Url = None, data: Data = None, as_json: AsJson = False) -> None:
    """List the webhooks, and the last of what was sent to them."""
    page = _door(url, data).request("GET", "/api/webhooks", as_pairs(workspace=workspace), WebhookPage)
    if as_json:
        print_json(page)
    else:
        console().print(draw_webhooks(page))


@webhooks_app.command("add")
def add_command(
    name: Name,
    address: Annotated[str, typer.Argument(metavar="URL", help="Where events go, such as https://example.com/hook.")],
    kinds: Annotated[
        list[str] | None, typer.Option("--kind", help="Only this kind of event; may be repeated. Default: all.")
    ] = None,
    agent: Annotated[str | None, typer.Option(help="Only events of this agent.")] = None,
    secret: Annotated[str | None, typer.Option(help="Signs what is sent. Default: a new one, shown once.")] = None,
    workspace: Whose = "default",
    url: Url = None,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Tell an address of events. It takes the place of the webhook with its name. Prints the secret, this once."""
    given = {"name": name, "url": address, "kinds": kinds or [], "agent": agent, "secret": secret}
    try:
        new = msgspec.convert({**given, "workspace": workspace}, NewWebhook)
    except msgspec.ValidationError as error:
        raise InvalidInput(f"The webhook cannot be read: {error}. Expected it as --help says. Correct it.") from None
    made = _door(url, data).request("PUT", "/api/webhooks", [], WebhookItem, body=msgspec.json.encode(new))
    if as_json:
        print_json(made)
    else:
        console().print(Text(f"{made.address} is told of {_told(made)}. Its secret, shown only now:\n{made.secret}"))


@webhooks_app.command("remove")
def remove_command(
    name: Name, workspace: Whose = "default", url: Url = None, data: Data = None, as_json: AsJson = False
) -> None:
    """Forget a webhook."""
    gone = _door(url, data).request("DELETE", _path(name), as_pairs(workspace=workspace), WebhookItem)
    if as_json:
        print_json(gone)
    else:
        console().print(Text(f"The webhook {gone.name} is gone."))


@webhooks_app.command("test")
def try_command(
    name: Name, workspace: Whose = "default", url: Url = None, data: Data = None, as_json: AsJson = False
) -> None:
    """Send an event that says it is a test, once, now. Exits 1 if it was not taken."""
    path, pairs = f"{_path(name)}/test", as_pairs(workspace=workspace)
    sent = _door(url, data).request("POST", path, pairs, WebhookDeliveryItem, body=b"")
    if as_json:
        print_json(sent)
    else:
        console().print(Text("It was taken." if sent.error is None else f"It was not taken: {sent.error}"))
    if sent.error is not None:
        raise typer.Exit(ExitCode.FAILED)


@webhooks_app.command("replay")
def replay_command(
    name: Name, workspace: Whose = "default", url: Url = None, data: Data = None, as_json: AsJson = False
) -> None:
    """Send again what was given up of a webhook."""
    path, pairs = f"{_path(name)}/replay", as_pairs(workspace=workspace)
    done = _door(url, data).request("POST", path, pairs, dict[str, int], body=b"")
    if as_json:
        print_json(done)
    else:
        console().print(Text(f"{counted(done['replayed'], 'event')} will be sent again."))


def draw_webhooks(page: WebhookPage) -> RenderableType:
    """The webhooks, and what was sent to them last."""
    if not page.items:
        return Text("Nobody is told of events. To tell somebody: longpole webhooks add NAME URL")
    hooks = FittedTable(
        ("webhook", "address", "told of", "workspace"),
        [(cell(one.name), cell(one.address), cell(_told(one)), muted(one.workspace)) for one in page.items],
        texts=("webhook", "address", "told of", "workspace"),
        shortened=("told of", "address"),
        left_out=("workspace",),
    )
    if not page.deliveries:
        return Group(hooks, Text(), muted("Nothing was sent yet."))
    sent = FittedTable(
        ("created (UTC)", "webhook", "event", "state", "tries", "error"),
        [_sent(one) for one in page.deliveries],
        texts=("created (UTC)", "webhook", "event", "state", "error"),
        shortened=("error", "webhook"),
        left_out=("tries",),
    )
    return Group(hooks, Text(), sent)


def _sent(one: WebhookDeliveryItem) -> tuple[Text, ...]:
    style = {"dead": "red", "waiting": "yellow"}.get(one.state, "")
    return (
        muted(one.created_at[5:19].replace("T", " ")),
        cell(one.name),
        cell(one.kind),
        Text(one.state, style=style),
        cell(count_text(one.attempts)),
        cell(one.error or NONE),
    )


def _told(hook: WebhookItem) -> str:
    what = ", ".join(hook.kinds) or "every event"
    return f"{what} of {hook.agent}" if hook.agent else what


def _door(url: str | None, data: str | None) -> HttpDoor:
    chosen = settings.load(url=url, data_folder=data)
    door = found_server(chosen)
    if door is None:
        raise ServerUnreachable(
            f"No Longpole server answers at {default_address(chosen)}. Expected a running one: it is what tells of "
            "events. Start 'longpole serve', or name a server with --url or LONGPOLE_URL."
        )
    return door


def _path(name: str) -> str:
    return f"/api/webhooks/{quote(name, safe='')}"
