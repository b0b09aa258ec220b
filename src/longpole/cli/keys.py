"""`longpole keys`: who may send, read and change, and who changed what."""

from typing import Annotated

import typer
from rich.console import Group, RenderableType
from rich.text import Text

from longpole import settings
from longpole.cli.draw import console, muted, print_json
from longpole.cli.fitted_table import FittedTable
from longpole.cli.options import AsJson, Data, From, To, Url, Workspace, as_pairs
from longpole.client.key_book import open_key_book
from longpole.model.errors import InvalidInput
from longpole.model.workspace import EVERY_WORKSPACE, RIGHTS, Right
from longpole.reports.filter_values import not_one_of
from longpole.reports.key_views import AuditItem, AuditPage, KeyItem, KeyPage, MadeKey, NewKey
from longpole.reports.numbers import counted

keys_app = typer.Typer(no_args_is_help=True, help="Keys: who may send, read and change. And who did.")

_WHAT = {
    "ingest": "It sends; it reads nothing.",
    "read": "It reads; it opens the dashboard.",
    "admin": "It opens everything: it also deletes, and makes and revokes keys.",
}
_STYLES = {"active": "green", "expired": "yellow", "revoked": "red"}

KeyId = Annotated[str, typer.Argument(metavar="KEY_ID", help="The id of a key, as 'longpole keys list' shows it.")]


@keys_app.command("create")
def create_command(
    title: Annotated[str, typer.Argument(metavar="TITLE", help="Who uses it, for people.")],
    rights: Annotated[str, typer.Option(help=f"What it opens, of {', '.join(RIGHTS)}, with commas.")] = "ingest",
    workspace: Annotated[str | None, typer.Option(help="Its workspace. Default: default")] = None,
    every_workspace: Annotated[
        bool, typer.Option("--every-workspace", help="For the whole server instead of one workspace.")
    ] = False,
    expires: Annotated[str | None, typer.Option(help="It ends after 12h, 90d, ... Default: when revoked.")] = None,
    url: Url = None,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Make a key and print it, this once."""
    if every_workspace and workspace is not None:
        raise InvalidInput(
            f"The key is for {workspace!r} and for every workspace. Expected one of them. Leave --workspace or "
            "--every-workspace out."
        )
    new = NewKey(
        title=title,
        workspace=EVERY_WORKSPACE if every_workspace else workspace,
        rights=rights_in(rights),
        expires_in=expires,
    )
    with open_key_book(settings.load(url=url, data_folder=data), makes_store=True) as book:
        made = book.create(new)
    if as_json:
        print_json(made)
    else:
        console().print(draw_made(made), soft_wrap=True)


@keys_app.command("list")
def list_command(workspace: Workspace = None, url: Url = None, data: Data = None, as_json: AsJson = False) -> None:
    """List keys, without the keys themselves."""
    with open_key_book(settings.load(url=url, data_folder=data)) as book:
        page = book.keys(workspace)
    if as_json:
        print_json(page)
    else:
        console().print(draw_keys(page))


@keys_app.command("revoke")
def revoke_command(key_id: KeyId, url: Url = None, data: Data = None, as_json: AsJson = False) -> None:
    """Revoke a key: it opens nothing any more, nor do the sessions that it opened."""
    with open_key_book(settings.load(url=url, data_folder=data)) as book:
        gone = book.revoke(key_id, None)
        are_left = any(key.state != "revoked" for key in book.keys(None).items)
    if as_json:
        print_json(gone)
        return
    said = f"The key {gone.key_id} ({gone.title}) opens nothing any more."
    if not are_left:
        said += " It was the last one: a server on a loopback address now asks its own machine for none."
    console().print(Text(said), soft_wrap=True)


@keys_app.command("log")
def log_command(
    deed: Annotated[str | None, typer.Option(help="Only what was done so, such as key.create.")] = None,
    key: Annotated[str | None, typer.Option(help="Only what was done with the key of this id.")] = None,
    workspace: Workspace = None,
    from_: From = None,
    to: To = None,
    limit: Annotated[int | None, typer.Option(help="At most so many. Default: 50")] = None,
    url: Url = None,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Show who changed what: keys, logins, deletions, settings."""
    asked = as_pairs(deed=deed, key=key, workspace=workspace, from_=from_, to=to, limit=limit)
    with open_key_book(settings.load(url=url, data_folder=data)) as book:
        page = book.audit_log(asked)
    if as_json:
        print_json(page)
    else:
        console().print(draw_log(page))


def rights_in(text: str) -> list[Right]:
    """The rights in a text with commas.

    Raises:
        InvalidInput: one of them is none.
    """
    given = [word.strip() for word in text.split(",") if word.strip()]
    for word in given:
        if word not in RIGHTS:
            raise not_one_of("rights", word, RIGHTS)
    return [right for right in RIGHTS if right in given]


def draw_made(made: MadeKey) -> RenderableType:
    """The key, what it opens, and how it is used."""
    item = made.item
    where = "every workspace" if item.workspace is None else f"the workspace {item.workspace}"
    what = _WHAT["admin"] if "admin" in item.rights else " ".join(_WHAT[right] for right in item.rights)
    ends = f" It ends at {_minute(item.expires)}." if item.expires else ""
    return Group(
        Text(f"A key for {where}, shown this once:"),
        Text(),
        Text(f"  {made.key}", style="bold"),
        Text(),
        Text(f"{what}{ends} Its id is {item.key_id}."),
        Text("Longpole's programs take it from LONGPOLE_API_KEY, others show it as 'Authorization: Bearer lp_...'."),
    )


def draw_keys(page: KeyPage) -> RenderableType:
    """A sentence and the table."""
    if not page.items:
        return Text("No keys: the server answers its own machine, and nobody else. Make one: longpole keys create")
    active = sum(item.state == "active" for item in page.items)
    sentence = f"{counted(len(page.items), 'key')}, {active} of them open something."
    table = FittedTable(
        ("id", "title", "workspace", "opens", "state", "made", "ends", "last used"),
        [_row(item) for item in page.items],
        texts=("id", "title", "workspace", "opens", "state", "made", "ends", "last used"),
        shortened=("title", "workspace"),
        left_out=("made", "ends", "last used"),
    )
    return Group(Text(sentence), Text(), table)


def draw_log(page: AuditPage) -> RenderableType:
    """A sentence and the table."""
    if not page.items:
        return Text("The audit log has nothing of this: nobody made or revoked a key, logged in, deleted or changed.")
    table = FittedTable(
        ("time", "what", "of", "who", "workspace", "from", "answer"),
        [_log_row(item) for item in page.items],
        texts=("time", "what", "of", "who", "workspace", "from"),
        shortened=("of", "who", "workspace"),
        left_out=("workspace", "from"),
    )
    return Group(Text(f"{counted(len(page.items), 'entry', 'entries')}, the newest first."), Text(), table)


def _row(item: KeyItem) -> tuple[Text, ...]:
    return (
        Text(item.key_id),
        Text(item.title),
        muted("every one") if item.workspace is None else Text(item.workspace),
        Text(", ".join(item.rights)),
        Text(item.state, style=_STYLES[item.state]),
        Text(_minute(item.created)),
        muted("never") if item.expires is None else Text(_minute(item.expires)),
        muted("never") if item.last_used is None else Text(_minute(item.last_used)),
    )


def _log_row(item: AuditItem) -> tuple[Text, ...]:
    who = item.who or item.key_id
    return (
        Text(item.time[:19].replace("T", " ")),
        Text(item.deed),
        Text(item.subject or ""),
        muted("no key") if who is None else Text(who),
        muted("every one") if item.workspace is None else Text(item.workspace),
        muted("here") if item.address is None else Text(item.address),
        Text(str(item.status), style="" if item.status < 400 else "yellow"),
    )


def _minute(time: str) -> str:
    return time[:16].replace("T", " ")
