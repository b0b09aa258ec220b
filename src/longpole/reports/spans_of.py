"""The spans of a family as the analysis takes them, with inputs and outputs where they are asked for."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from msgspec.structs import replace

from longpole.analysis.span import Span
from longpole.model.long_list import LongList
from longpole.model.status import OPEN_STATUSES
from longpole.reports.bodies import NO_BODY, bodies_of
from longpole.reports.family import Family, is_execution, span_key, span_of
from longpole.reports.rows import Row
from longpole.reports.which_execution import tree_of_row
from longpole.store.engine import Engine

TEXT_LIMIT = 100_000
"""Characters of one input or output that the analysis reads: an execution of many big ones has to fit memory."""

MOST_AT_ONCE = 500
"""Bodies that one query brings."""

_OPEN = {status.value for status in OPEN_STATUSES}
_NONE: Row = {}


def spans_of(store: Engine, family: Family) -> list[Span]:
    """One entry for every span of the family's tree, by position, without inputs and outputs.

    Cost: one query, about 4 us a span.
    """
    rows = LongList(store.rows("step_facts_under_root", tree_of_row(family.top)))
    facts = {row["trace_id"] + row["step_id"]: row for row in rows}
    spans = LongList(_span(row, row if is_execution(row) else facts.get(span_key(row), _NONE)) for row in family.spans)
    facts.clear()  # so that the list is the last that has the rows
    return spans


def with_texts(store: Engine, family: Family, spans: Sequence[Span], positions: Iterable[int]) -> list[Span]:
    """The same spans, those at `positions` with what went in and out as far as it was recorded.

    Each text has at most `TEXT_LIMIT` characters.
    """
    found = LongList(spans)
    workspace = family.top["workspace"]
    for chunk in _chunks(sorted(set(positions)), MOST_AT_ONCE):
        keys = {
            position: (workspace, family.spans[position]["trace_id"], span_of(family.spans[position]))
            for position in chunk
        }
        bodies = bodies_of(store, keys.values())
        for position, key in keys.items():
            body: Mapping[str, str | None] = bodies.get(key, NO_BODY)
            found[position] = replace(found[position], input=_cut(body["input"]), output=_cut(body["output"]))
    return found


def _span(row: Row, facts: Row) -> Span:
    # By position, in the order of the fields: there may be 50,000.
    has_kind = is_execution(row)
    get = facts.get
    return Span(
        row["agent"] if has_kind else row["name"], row["category"], get("agent") or "", row["execution_id"], has_kind,
        False if has_kind else row["is_outside"], row["ended_ns"] is None and row["status"] in _OPEN, row["status"],
        row["operation"], get("provider"), row["model"], row["tool"], get("scope"), get("process"),
        row["first_token_ns"], None if has_kind else row["attempt"], get("argument_hash"), row["input_tokens"],
        row["output_tokens"], row["cost_usd_nanos"], row["error_type"], get("error_message"), get("code_file"),
        get("code_line"), get("code_function"),
    )  # fmt: skip


def _cut(text: str | None) -> str | None:
    return None if text is None else text[:TEXT_LIMIT]


def _chunks(positions: Sequence[int], size: int) -> Iterator[Sequence[int]]:
    for first in range(0, len(positions), size):
        yield positions[first : first + size]
