"""The rows of a batch on their way into PostgreSQL: what identifies them, what is newer there, which texts fit."""

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from msgspec import Struct
from msgspec.structs import astuple, replace

from longpole.model.batch import Batch
from longpole.model.clock import DAY_NS
from longpole.store.engines.postgres_statements import told_columns
from longpole.store.tables import TABLES, TRACE_TABLES, Pair

Span = tuple[str, str, str]
"""A workspace, a trace id and a span id."""

SPAN_COLUMNS: Mapping[str, str] = {"executions": "span_id", "steps": "step_id"}
"""The tables that hold spans, and the column of each that is the span's id."""

# What PostgreSQL takes in no text: NUL, and halves of a surrogate pair.
_UNFIT = re.compile("[\x00\ud800-\udfff]")
_REPLACEMENT = "\ufffd"


def span_of(table: str, row: Any) -> Span:
    """The span that a row of `executions` or `steps` is."""
    return (row.workspace, row.trace_id, getattr(row, SPAN_COLUMNS[table]))


def pairs_of(batch: Batch) -> set[Pair]:
    """The workspace and trace id of every row of a trace in the batch, and of every trace that it forgets."""
    pairs = {(row.workspace, row.trace_id) for name in TRACE_TABLES for row in getattr(batch, name)}
    return pairs.union(batch.replace, batch.forget)


def lock_numbers(pairs: Iterable[Pair]) -> list[int]:
    """One number of 31 bits for each trace, the same in every process; sorted, so that nobody waits in a ring."""
    return sorted(
        {
            int.from_bytes(hashlib.blake2b("\n".join(pair).encode("utf-8", "replace"), digest_size=4).digest()) >> 1
            for pair in pairs
        }
    )


def days_of(batch: Batch) -> set[tuple[str, int]]:
    """The tables that the batch has rows of traces for, each with a time of every day that it needs."""
    return {(name, row.received_ns // DAY_NS * DAY_NS) for name in TRACE_TABLES for row in getattr(batch, name)}


def told_lists(table: str, rows: Sequence[Struct]) -> dict[str, list[Any]]:
    """The columns by which rows are recognised when they are told again, as lists."""
    return {name: [getattr(row, name) for row in rows] for name in told_columns(table)}


def without_older(batch: Batch, there: Mapping[Span, int]) -> dict[str, list[Any]]:
    """The rows of the batch by table, without spans of which a later version is stored."""
    rows = {name: list(getattr(batch, name)) for name in TRACE_TABLES}
    for name in SPAN_COLUMNS:
        rows[name] = [row for row in rows[name] if there.get(span_of(name, row), 0) <= row.row_version]
    return rows


def only_last(rows: Iterable[Any], table: str) -> list[Any]:
    """The rows, of several for one span only the last."""
    return list({span_of(table, row): row for row in rows}.values())


def with_fitting_texts(batch: Batch) -> Batch:
    """The batch with U+FFFD in the place of each character that PostgreSQL cannot keep."""
    fitted = replace(batch)
    for name in TABLES:
        setattr(fitted, name, [_fitted(row) for row in getattr(batch, name)])
    fitted.records = [_fitted(row) for row in batch.records]
    fitted.removed = [_fitted(row) for row in batch.removed]
    fitted.leases = [_fitted(row) for row in batch.leases]
    fitted.replace = [(_fit(workspace), _fit(trace_id)) for workspace, trace_id in batch.replace]
    fitted.forget = [(_fit(workspace), _fit(trace_id)) for workspace, trace_id in batch.forget]
    return fitted


def _fitted(row: Any) -> Any:
    values = astuple(row)
    fits = [_fit(value) if isinstance(value, str) else value for value in values]
    if all(one is other for one, other in zip(values, fits, strict=True)):
        return row
    return type(row)(**dict(zip(row.__struct_fields__, fits, strict=True)))


def _fit(text: str) -> str:
    return _UNFIT.sub(_REPLACEMENT, text) if _UNFIT.search(text) else text
