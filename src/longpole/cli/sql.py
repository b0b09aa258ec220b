"""`longpole sql`: one SELECT over what is stored."""

import csv
import io
import json
import sys
from typing import Annotated, Any

import typer
from rich.table import Table
from rich.text import Text

from longpole import settings
from longpole.cli.draw import console, error_console, print_json
from longpole.cli.options import AsJson, Data, Url
from longpole.client.sql_questions import ask_sql
from longpole.model.errors import InvalidInput
from longpole.reports.numbers import count_text, counted, duration_text
from longpole.reports.sql_answer import SqlAnswer, SqlBody

_MOST_CHARS = 60
_NUMBERS = ("INT", "DOUBLE", "FLOAT", "DECIMAL", "NUMERIC", "REAL")


def sql_command(
    query: Annotated[str, typer.Argument(metavar="QUERY", help="One SELECT; - reads it from standard input.")],
    limit: Annotated[int | None, typer.Option(help="At most so many rows; 1,000 without it.")] = None,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print the rows as CSV, with a line of names.")] = False,
    url: Url = None,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Ask one SELECT of the store. It can change nothing; SHOW TABLES lists what there is."""
    if as_csv and as_json:
        raise InvalidInput("Both --csv and --json were given. Expected one of them. Leave one out.")
    text = sys.stdin.read() if query == "-" else query
    answer = ask_sql(settings.load(url=url, data_folder=data), SqlBody(sql=text, limit=limit))
    if as_json:
        print_json(answer)
        return
    if as_csv:
        sys.stdout.write(_csv(answer))
    elif answer.rows:
        console().print(draw_rows(answer))
    where = error_console() if as_csv else console()
    where.print(Text(_summary(answer)), soft_wrap=True)


def draw_rows(answer: SqlAnswer) -> Table:
    """The rows as a table; long values are cut, which `--json` and `--csv` do not do."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in answer.columns:
        is_number = any(word in column.type.upper() for word in _NUMBERS) and "[" not in column.type
        table.add_column(Text(column.name), justify="right" if is_number else "left", overflow="fold")
    for row in answer.rows:
        table.add_row(*map(_cell, row))
    return table


def _cell(value: Any) -> Text:
    if value is None:
        return Text("null", style="dim")
    text = _plain(value).replace("\n", "⏎")
    return Text(text if len(text) <= _MOST_CHARS else text[: _MOST_CHARS - 1] + "…")


def _plain(value: Any) -> str:
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False)


def _csv(answer: SqlAnswer) -> str:
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\n")
    writer.writerow([column.name for column in answer.columns])
    writer.writerows(["" if value is None else _plain(value) for value in row] for row in answer.rows)
    return written.getvalue()


def _summary(answer: SqlAnswer) -> str:
    took = duration_text(answer.duration_ns)
    if answer.has_more:
        return f"The first {count_text(len(answer.rows))} rows, there is more; {took}. --limit asks for more."
    return f"{counted(len(answer.rows), 'row')}; {took}."
