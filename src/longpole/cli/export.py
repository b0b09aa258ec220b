"""`longpole export`: one execution, or those that match, as a file for people or for other programs."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from longpole.cli.draw import error_console
from longpole.cli.options import (
    Agent,
    Data,
    Environment,
    From,
    Since,
    To,
    Url,
    Version,
    Workspace,
    as_pairs,
    open_answers,
    since_to_from,
)
from longpole.model.errors import InvalidInput
from longpole.reports.export.exported_file import ExportedFile
from longpole.reports.numbers import bytes_text, counted

OF_ONE = ("html", "otlp", "perfetto", "speedscope", "json")
OF_MANY = ("csv", "json", "parquet", "otlp")


def export_command(
    execution: Annotated[
        str | None,
        typer.Argument(metavar="ID", help="One execution: its id, a part of it, or a trace id. Else those that match."),
    ] = None,
    format_: Annotated[
        str | None,
        typer.Option(
            "--format",
            metavar="FORMAT",
            help=f"Of one: {', '.join(OF_ONE)} (html without it). Of many: {', '.join(OF_MANY)} (csv without it).",
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", "-o", metavar="FILE", help="Write it there; - is standard output. Default: its own name."
        ),
    ] = None,
    agent: Agent = None,
    status: Annotated[list[str] | None, typer.Option(help="Only this status; repeat it for several.")] = None,
    session: Annotated[str | None, typer.Option(help="Only this session or conversation.")] = None,
    workspace: Workspace = None,
    environment: Environment = None,
    version: Version = None,
    min_duration: Annotated[str | None, typer.Option(help="Took at least 250ms, 1.5s, 2min, ...")] = None,
    text: Annotated[str | None, typer.Option(help="Found in agent, name, error, an input or an output.")] = None,
    from_: From = None,
    to: To = None,
    since: Since = None,
    limit: Annotated[int | None, typer.Option(help="At most so many, up to 50000; 10000 without it.")] = None,
    url: Url = None,
    data: Data = None,
) -> None:
    """Export one execution (page, OTLP, Perfetto, speedscope) or those that match (CSV, Parquet, JSON, OTLP)."""
    filters = as_pairs(
        agent=agent,
        status=status,
        session=session,
        environment=environment,
        version=version,
        min_duration=min_duration,
        text=text,
        from_=since_to_from(since, from_),
        to=to,
        limit=limit,
    )
    _check(execution, format_, filters)
    asked = as_pairs(workspace=workspace, format=format_ or ("csv" if execution is None else "html"))
    with open_answers(url, data) as answers:
        if execution is None:
            made = answers.executions_file([*filters, *asked])
        else:
            made = answers.execution_file(execution, asked)
    _write(made, Path(made.name) if out is None else out)


def _check(execution: str | None, chosen: str | None, filters: list[tuple[str, str]]) -> None:
    known = OF_MANY if execution is None else OF_ONE
    if chosen is not None and chosen not in known:
        what = "many executions" if execution is None else "one execution"
        hint = " Name an execution to have it in that format." if execution is None and chosen in OF_ONE else ""
        raise InvalidInput(
            f"The format {chosen[:40]!r} is none of {what}. Expected one of {', '.join(known)}.{hint or ' Choose one.'}"
        )
    if execution is not None and filters:
        raise InvalidInput(
            f"An execution and the filter --{filters[0][0].replace('_', '-')} were given. Expected one of the two: an "
            "id names one execution already. Leave one out."
        )


def _write(made: ExportedFile, path: Path) -> None:
    """Write the file.

    Raises:
        InvalidInput: it cannot be written.
    """
    if str(path) == "-":
        sys.stdout.buffer.write(made.content)
    else:
        try:
            path.write_bytes(made.content)
        except OSError as error:
            raise InvalidInput(
                f"The export cannot be written to {str(path)!r}: {error.strerror or error}. Expected a file in a "
                "folder that exists and may be written. Name another file after --out."
            ) from error
    more = "; there are more: raise --limit or choose a shorter time" if made.has_more else ""
    name = "standard output" if str(path) == "-" else str(path)
    told = f"Wrote {name} ({bytes_text(len(made.content))}, {counted(made.rows, 'row')}{more})."
    error_console().print(told, soft_wrap=True)
