"""`longpole deadletter`: what could not be read or written: list it, look at it, try it again, drop it."""

import base64
import sys
from collections.abc import Sequence
from typing import Annotated

import typer
from rich.console import Group, RenderableType
from rich.text import Text

from longpole import settings
from longpole.cli.draw import cell, console, muted, print_json
from longpole.cli.exit_codes import ExitCode
from longpole.cli.fitted_table import FittedTable
from longpole.cli.options import AsJson, Data, Url, Workspace, as_pairs
from longpole.client.letter_box import HttpLetterBox, LetterBox, open_letter_box
from longpole.model.errors import InvalidInput
from longpole.reports.dead_letters import DeadLetterDetail, DeadLetterItem, DeadLetterPage, RetriedLetter
from longpole.reports.filter_values import MOST
from longpole.reports.numbers import bytes_text, counted

deadletter_app = typer.Typer(no_args_is_help=True, help="What could not be read or written: try it again or drop it.")

Letter = Annotated[str, typer.Argument(metavar="ID", help="The id of a dead letter.")]
Letters = Annotated[list[str] | None, typer.Argument(metavar="[ID]...", help="The ids of dead letters.")]
All = Annotated[bool, typer.Option("--all", help="Every letter, of the workspace if one is given.")]


@deadletter_app.command("list")
def list_command(
    workspace: Workspace = None,
    kind: Annotated[str | None, typer.Option(help="Only body, rows, spans or damage.")] = None,
    limit: Annotated[int, typer.Option(help="At most so many, up to 1000.")] = 50,
    url: Url = None,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """List what could not be read or written, the one buried last first."""
    with open_letter_box(settings.load(url=url, data_folder=data)) as box:
        page = box.letters(as_pairs(workspace=workspace, kind=kind, limit=limit))
    if as_json:
        print_json(page)
    elif page.items:
        console().print(draw_letters(page))
    else:
        console().print(Text("No dead letters: everything that came in was read and stored."))


@deadletter_app.command("show")
def show_command(
    letter: Letter,
    workspace: Workspace = None,
    raw: Annotated[bool, typer.Option("--raw", help="Write what it holds to stdout, as it came.")] = False,
    url: Url = None,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Show one dead letter: the reason, the traceback and the beginning of what it holds."""
    with open_letter_box(settings.load(url=url, data_folder=data)) as box:
        found = box.letter(letter, workspace)
    if raw:
        sys.stdout.buffer.write(base64.b64decode(found.content))
    elif as_json:
        print_json(found)
    else:
        console().print(draw_letter(found))


@deadletter_app.command("retry")
def retry_command(
    letters: Letters = None,
    every: All = False,
    workspace: Workspace = None,
    url: Url = None,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Try dead letters again: bodies through the spool, rows straight into the store. Exits 1 if one fails again."""
    with open_letter_box(settings.load(url=url, data_folder=data)) as box:
        results = [box.retry(one, workspace) for one in _meant(box, letters, workspace, is_every=every)]
    _tell(results, as_json=as_json)
    if any(result.outcome == "failed" for result in results):
        raise typer.Exit(ExitCode.FAILED)


@deadletter_app.command("drop")
def drop_command(
    letters: Letters = None,
    every: All = False,
    workspace: Workspace = None,
    url: Url = None,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Drop dead letters, and what they hold, for good."""
    with open_letter_box(settings.load(url=url, data_folder=data)) as box:
        results = [box.drop(one, workspace) for one in _meant(box, letters, workspace, is_every=every)]
    _tell(results, as_json=as_json)


def _meant(
    box: LetterBox | HttpLetterBox, letters: Sequence[str] | None, workspace: str | None, *, is_every: bool
) -> list[str]:
    if is_every == bool(letters):
        raise InvalidInput(
            f"{'Both ids and --all' if is_every else 'Neither an id nor --all'} was given. Expected one of them. "
            "Name the letters that 'longpole deadletter list' shows, or say --all."
        )
    if letters:
        return list(letters)
    return [item.letter_id for item in box.letters(as_pairs(workspace=workspace, limit=MOST)).items]


def _tell(results: Sequence[RetriedLetter], *, as_json: bool) -> None:
    if as_json:
        print_json(results)
        return
    if not results:
        console().print(Text("No dead letters."))
    for result in results:
        line = Text(_MARKS[result.outcome][0], style=_MARKS[result.outcome][1]).append(f" {result.outcome} ", "bold")
        line.append(result.letter_id, "not bold")
        if result.reason is not None:
            line.append(f"  {counted(result.attempts, 'attempt')}: {result.reason}", "not bold dim")
        console().print(line, soft_wrap=True)


_MARKS = {"done": ("✓", "green"), "dropped": ("✓", "green"), "failed": ("✗", "red"), "waiting": ("…", "yellow")}


def draw_letters(page: DeadLetterPage) -> Group:
    """The letters as a table, and how many there are in all."""
    table = FittedTable(
        ("buried (UTC)", "kind", "workspace", "size", "attempts", "reason", "id"),
        [_row(item) for item in page.items],
        texts=("buried (UTC)", "kind", "workspace", "reason", "id"),
        shortened=("reason", "workspace"),
        left_out=("workspace", "attempts", "size"),
    )
    total = muted(f"{counted(page.letters, 'dead letter')}, {bytes_text(page.size_bytes)}")
    return Group(table, Text(), total)


def draw_letter(found: DeadLetterDetail) -> Group:
    """One letter: what it is, why it is here, and how it begins."""
    letter = found.letter
    what = " ".join(word for word in (letter.kind, letter.signal, letter.body_format) if word)
    lines: list[RenderableType] = [
        Text(letter.reason, style="bold red"),
        Text(f"{what}, {bytes_text(letter.size_bytes)}, workspace {letter.workspace or 'not told'}"),
        Text(f"received {letter.received_at}, buried {letter.buried_at}, {counted(letter.attempts, 'attempt')}"),
    ]
    if found.traceback:
        lines += [Text(), muted(found.traceback.rstrip())]
    beginning = base64.b64decode(found.content[:800])[:400].decode(errors="replace")
    return Group(*lines, Text(), Text("".join(mark if mark.isprintable() else "·" for mark in beginning)))


def _row(item: DeadLetterItem) -> tuple[Text, ...]:
    return (
        muted(item.buried_at[5:19].replace("T", " ")),
        cell(item.kind),
        cell(item.workspace or "–"),
        cell(bytes_text(item.size_bytes)),
        cell(str(item.attempts)),
        cell(item.reason),
        muted(item.letter_id),
    )
