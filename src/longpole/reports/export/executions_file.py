"""The filtered list of executions as a file for other programs: CSV, JSON or Parquet, or everything of them as OTLP."""

import csv
import io
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from tempfile import TemporaryDirectory
from types import UnionType
from typing import Any, get_args

import msgspec
from msgspec import defstruct
from msgspec.structs import asdict, astuple, fields

from longpole.model.errors import InvalidInput
from longpole.reports.execution_list import list_executions
from longpole.reports.export.exported_file import ExportedFile
from longpole.reports.export.otlp_file import ENDING, MEDIA_TYPE, otlp_lines
from longpole.reports.export.otlp_spans import groups_under_root
from longpole.reports.filter_values import Filter, Pairs
from longpole.reports.filters import LIST_FILTERS, read_execution_filters
from longpole.reports.views import ExecutionItem
from longpole.store.engine import Engine
from longpole.store.parquet import parquet_files

MOST_ROWS = 50_000
ROWS_BY_DEFAULT = 10_000
MOST_OTLP_BYTES = 256 * 1024 * 1024
"""Of an OTLP file, which holds whole trees: the next tree is left out."""

_PAGE = 1_000
_PLAIN = (str, int, float, bool)


class Format(StrEnum):
    """How the file is written."""

    CSV = "csv"
    JSON = "json"
    PARQUET = "parquet"
    OTLP = "otlp"


MEDIA_TYPES = {
    Format.CSV: "text/csv",
    Format.JSON: "application/json",
    Format.PARQUET: "application/vnd.apache.parquet",
    Format.OTLP: MEDIA_TYPE,
}

EXPORT_FILTERS = (
    Filter(name="format", meaning="csv, json, parquet or otlp; csv without it.", example="parquet"),
    *(each for each in LIST_FILTERS if each.name not in ("limit", "cursor")),
    Filter(
        name="limit", meaning=f"At most so many rows, 1 to {MOST_ROWS}; {ROWS_BY_DEFAULT} without it.", example="50000"
    ),
)
"""The filters of `GET /api/export/executions`."""


def executions_file(store: Engine, pairs: Pairs) -> ExportedFile:
    """The executions that match, in the order that was asked for, one row each; what is unknown is empty.

    Lists and objects are JSON text in CSV and Parquet. OTLP holds the whole trees that they belong to; its rows are the
    spans.

    Raises:
        InvalidInput: a filter or the format cannot be read.
    """
    chosen = _format_of(pairs)
    limit = _limit_of(pairs)
    items, has_more = _items(store, [pair for pair in pairs if pair[0] not in ("format", "limit")], limit)
    if chosen is Format.OTLP:
        return _otlp(store, items, has_more=has_more)
    write = {Format.CSV: _csv, Format.JSON: msgspec.json.encode, Format.PARQUET: _parquet}[chosen]
    return ExportedFile(write(items), MEDIA_TYPES[chosen], f"executions.{chosen}", len(items), has_more)


def _items(store: Engine, pairs: Pairs, limit: int) -> tuple[list[ExecutionItem], bool]:
    items: list[ExecutionItem] = []
    cursor: str | None = None
    while len(items) < limit:
        page_of = [*pairs, ("limit", str(min(_PAGE, limit - len(items)))), *([("cursor", cursor)] if cursor else [])]
        page = list_executions(store, read_execution_filters(page_of))
        items += page.items
        cursor = page.next_cursor
        if cursor is None:
            return items, False
    return items, True


def _otlp(store: Engine, items: Sequence[ExecutionItem], *, has_more: bool) -> ExportedFile:
    roots = dict.fromkeys((item.workspace, item.root_execution_id) for item in items)
    content, spans = bytearray(), 0
    for workspace, root in roots:
        if len(content) > MOST_OTLP_BYTES:
            has_more = True
            break
        groups = groups_under_root(store, workspace, root)
        spans += sum(len(group.spans) for group in groups)
        for line in otlp_lines(groups):
            content += line
    return ExportedFile(bytes(content), MEDIA_TYPE, f"executions.{ENDING}", spans, has_more)


def _format_of(pairs: Pairs) -> Format:
    given = [value for name, value in pairs if name == "format"] or ["csv"]
    try:
        return Format(given[-1])
    except ValueError as error:
        raise InvalidInput(
            f"The format is {given[-1]!r}. Expected one of {', '.join(Format)}. Name one of them."
        ) from error


def _limit_of(pairs: Pairs) -> int:
    given = [value for name, value in pairs if name == "limit"] or [str(ROWS_BY_DEFAULT)]
    if not given[-1].isdecimal() or not 1 <= int(given[-1]) <= MOST_ROWS:
        raise InvalidInput(
            f"The limit is {given[-1][:40]!r}. Expected a whole number from 1 to {MOST_ROWS}. Choose a shorter time "
            "range to get the rest."
        )
    return int(given[-1])


def _csv(items: Sequence[ExecutionItem]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow([field.name for field in fields(ExecutionItem)])
    writer.writerows([_cell(value) for value in astuple(item)] for item in items)
    return text.getvalue().encode()


def _cell(value: object) -> object:
    """A value as it stands in a cell. A text that a spreadsheet would take for a formula is made one of text."""
    plain = _plain(value)
    if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r"):
        return f"'{value}"
    return str(plain).lower() if isinstance(plain, bool) else plain


def _plain(value: object) -> object:
    return value if value is None or isinstance(value, _PLAIN) else msgspec.json.encode(value).decode()


def _column_type(annotation: Any) -> Any:
    members = set(get_args(annotation)) - {type(None)} if isinstance(annotation, UnionType) else {annotation}
    return annotation if len(members) == 1 and members <= set(_PLAIN) else str | None


_Row = defstruct("_Row", [(field.name, _column_type(field.type)) for field in fields(ExecutionItem)])


def _parquet(items: Sequence[ExecutionItem]) -> bytes:
    rows = [_Row(**{name: _plain(value) for name, value in asdict(item).items()}) for item in items]
    with TemporaryDirectory(prefix="longpole-export-") as folder, parquet_files() as files:
        path = Path(folder, "executions.parquet")
        files.write(path, _Row, rows)
        return path.read_bytes()
