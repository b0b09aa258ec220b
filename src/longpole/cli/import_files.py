"""`longpole import`: what other programs have recorded, from their files into a server or a data folder."""

from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from typing import Annotated

import typer
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn
from rich.text import Text

from longpole import settings
from longpole.cli.draw import console, error_console, print_json
from longpole.cli.exit_codes import ExitCode
from longpole.cli.options import AsJson, Data, Url
from longpole.client.imports import Imported, import_files
from longpole.ingest.imports.formats import Format
from longpole.reports.numbers import counted

SHOWN_AFTER_S = 2.0
MOST_SHOWN = 20


def import_command(
    files: Annotated[list[Path], typer.Argument(metavar="FILE", help="The files, also packed with gzip.")],
    chosen: Annotated[
        Format | None, typer.Option("--format", help="What they are. Default: found from what is in them.")
    ] = None,
    url: Url = None,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Import files of Langfuse, OTLP in JSON, or Chrome and Perfetto traces. Importing them again changes nothing."""
    size = sum(path.stat().st_size for path in files if path.is_file())
    with _progress(size) as tell:
        outcome = import_files(settings.load(url=url, data_folder=data), files, chosen, tell)
    if as_json:
        print_json(outcome)
    else:
        _print(outcome)
    if outcome.unread_count:
        raise typer.Exit(ExitCode.FAILED)


def _print(outcome: Imported) -> None:
    screen = error_console()
    for line in outcome.unread[:MOST_SHOWN]:
        screen.print(Text(f"✗ {line}", style="yellow"), soft_wrap=True)
    if outcome.unread_count > MOST_SHOWN:
        screen.print(Text(f"… and {outcome.unread_count - MOST_SHOWN} more; --json names them"), soft_wrap=True)
    told = f"{counted(outcome.spans, 'span')} of {counted(outcome.files, 'file')} imported"
    if outcome.unread_count:
        told += f"; {counted(outcome.unread_count, 'thing')} could not be read"
    console().print(Text(told), soft_wrap=True)


@contextmanager
def _progress(size: int) -> Generator[Callable[[int], None]]:
    """A bar on stderr, on terminals only, when it takes longer than two seconds."""
    columns = (TextColumn("importing"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    screen = error_console()
    bar = Progress(*columns, console=screen, transient=True, disable=not screen.is_terminal)
    task = bar.add_task("importing", total=size)
    started = monotonic()
    is_shown = False

    def tell(done: int) -> None:
        nonlocal is_shown
        if not is_shown and monotonic() - started > SHOWN_AFTER_S:
            bar.start()
            is_shown = True
        bar.update(task, completed=done)

    try:
        yield tell
    finally:
        if is_shown:
            bar.stop()
