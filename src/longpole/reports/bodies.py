"""What spans carried beside their times, for several spans at once."""

from collections.abc import Iterable, Mapping

from longpole.reports.rows import Row
from longpole.store.engine import Engine

Span = tuple[str, str, str]
"""Workspace, trace id and span id."""

NO_BODY: Row = dict.fromkeys(("input", "output", "error_stack", "attributes"))


def bodies_of(store: Engine, spans: Iterable[Span], *, received_from_ns: int = 0) -> Mapping[Span, Row]:
    """The newest body of each span that has one: input, output, error_stack and attributes as texts.

    Who knows that none was received before some time says so: otherwise all bodies are looked at.
    """
    wanted: dict[str, set[Span]] = {}
    for span in spans:
        wanted.setdefault(span[0], set()).add(span)
    found: dict[Span, Row] = {}
    for workspace, members in wanted.items():
        asked = {
            "workspace": workspace,
            "trace_ids": sorted({span[1] for span in members}),
            "span_ids": sorted({span[2] for span in members}),
            "received_from_ns": received_from_ns,
        }
        for row in store.rows("bodies_of_spans", asked):
            found[workspace, row["trace_id"], row["span_id"]] = row
    return found


def span_of_row(row: Row) -> Span:
    """The span of a row of `executions`."""
    return row["workspace"], row["trace_id"], row["span_id"]
