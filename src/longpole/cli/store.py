"""`longpole store`: what the store holds, what is to be forgotten, and everything from one database into another."""

from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.text import Text

from longpole import settings
from longpole.cli.draw import console, error_console, print_json
from longpole.cli.draw_store import draw_deletion, draw_state
from longpole.cli.exit_codes import ExitCode
from longpole.cli.options import AsJson, Data, Url, Workspace, as_pairs
from longpole.client.store_care import open_store_care
from longpole.client.store_move import Begin, export_to, import_from
from longpole.model.errors import InvalidInput
from longpole.reports.numbers import counted
from longpole.reports.store_views import Deletion

store_app = typer.Typer(no_args_is_help=True, help="Look after the store: its size, deletions, export and import.")


@store_app.command("stats")
def stats_command(url: Url = None, data: Data = None, as_json: AsJson = False) -> None:
    """Show what the store holds by table, what waits in the spool, and how the server's jobs stand."""
    with open_store_care(settings.load(url=url, data_folder=data)) as care:
        state = care.state()
    if as_json:
        print_json(state)
    else:
        screen = console()
        screen.print(draw_state(state, width=screen.width))


@store_app.command("delete")
def delete_command(
    execution: Annotated[
        str | None, typer.Option(help="This execution: an id, a unique part of one, or a trace id.")
    ] = None,
    session: Annotated[str | None, typer.Option(help="Executions of this session.")] = None,
    user: Annotated[str | None, typer.Option(help="Executions of this user.")] = None,
    before: Annotated[str | None, typer.Option(help="Executions that started before this time (RFC 3339).")] = None,
    workspace: Workspace = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be deleted.")] = False,
    url: Url = None,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Delete executions, each with the whole tree that it belongs to, from everywhere and for good."""
    filters = as_pairs(session=session, user=user, before=before)
    if (execution is not None) == bool(filters):
        given = "Both --execution and another choice" if execution else "Nothing that says which executions"
        raise InvalidInput(
            f"{given} was given. Expected --execution alone, or --session, --user and --before in any combination. "
            "Say which executions are to be deleted."
        )
    filters += as_pairs(workspace=workspace)
    with open_store_care(settings.load(url=url, data_folder=data)) as care:

        def delete(*, is_dry_run: bool) -> Deletion:
            asked = [*filters, ("dry_run", "true" if is_dry_run else "false")]
            return care.delete(asked) if execution is None else care.delete_one(execution, asked)

        found = delete(is_dry_run=True)
        is_meant = not dry_run and found.executions + found.dead_letters > 0
        if is_meant and not yes:
            error_console().print(draw_deletion(found))
            is_meant = typer.confirm("Delete them for good?", err=True)
            if not is_meant:
                raise typer.Exit(ExitCode.FAILED)
        if is_meant:
            found = delete(is_dry_run=False)
    if as_json:
        print_json(found)
    else:
        console().print(draw_deletion(found))


@store_app.command("export")
def export_command(
    target: Annotated[Path, typer.Argument(metavar="FOLDER|FILE.zip", help="A new or empty folder, or a new file.")],
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Write everything into Parquet files with counts and checksums. The server must not run."""
    with _progress("exporting") as begin:
        rows = export_to(settings.load(data_folder=data), target, release=version("longpole"), begin=begin)
    _tell(rows, f"exported to {target}", as_json=as_json)


@store_app.command("import")
def import_command(
    source: Annotated[Path, typer.Argument(metavar="FOLDER|FILE.zip", help="What `longpole store export` has made.")],
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Take an export into an empty store, of any kind, and verify it. The server must not run."""
    with _progress("importing") as begin:
        rows = import_from(settings.load(data_folder=data), source, begin=begin)
    _tell(rows, f"imported from {source} and verified", as_json=as_json)


@contextmanager
def _progress(word: str) -> Generator[Begin]:
    """A bar on stderr, on terminals only."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    screen = error_console()
    with Progress(*columns, console=screen, transient=True, disable=not screen.is_terminal) as progress:

        def begin(rows: Mapping[str, int]) -> Callable[[str, int], None]:
            task = progress.add_task(word, total=sum(rows.values()))

            def tell(table: str, done: int) -> None:
                progress.update(task, advance=done, description=f"{word} {table.replace('_', ' ')}")

            return tell

        yield begin


def _tell(rows: Mapping[str, int], what: str, *, as_json: bool) -> None:
    if as_json:
        print_json(rows)
        return
    parts = [counted(rows.get(f"{name}s", 0), name) for name in ("execution", "step", "event", "score")]
    parts.append(counted(rows.get("bodies", 0), "body", "bodies"))
    console().print(Text(f"{', '.join(parts)} {what}"), soft_wrap=True)
