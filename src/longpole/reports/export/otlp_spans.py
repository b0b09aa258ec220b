"""Stored executions and steps as the spans that they were, for OTLP files and for collectors.

What a span carried goes out as it was kept: after redaction, and with what Longpole decided about it (kind, category,
agent, status) in attributes of its own, so that another Longpole shows the same.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from msgspec import Struct

from longpole.model.status import FAILED_STATUSES, OPEN_STATUSES
from longpole.reports.family import is_execution, parent_span_of, span_key, span_of
from longpole.reports.rows import Row, parsed_object
from longpole.store.engine import Engine
from longpole.wire import longpole_names as own
from longpole.wire.attribute_names import INPUTS, OUTPUTS
from longpole.wire.otlp_encode import STATUS_ERROR, STATUS_UNSET, LinkOut, LogOut, SpanEventOut, SpanOut

FIRST_LOG_INDEX = 1_000_000
"""From here on events came as log records."""

_FROM = {"input": ("longpole.input.from", own.INPUT, frozenset(INPUTS)),
         "output": ("longpole.output.from", own.OUTPUT, frozenset(OUTPUTS))}  # fmt: skip
_OPEN = frozenset(map(str, OPEN_STATUSES))
_FAILED = frozenset(map(str, FAILED_STATUSES))
_KINDS = ("agent", "workflow")
_DEFAULT_WORKSPACE = "default"


class SpanGroup(Struct, frozen=True):
    """Spans and log records of one resource and scope."""

    resource: Mapping[str, Any]
    scope: str
    scope_version: str
    spans: list[SpanOut]
    logs: list[LogOut]


def groups_under_root(
    store: Engine, workspace: str, root_execution_id: str, *, after_ns: int = 0, share: float = 1.0
) -> list[SpanGroup]:
    """Everything of one tree, in order of time.

    Args:
        store: where it is.
        workspace: whose it is.
        root_execution_id: the execution at the top.
        after_ns: only what was received later than this.
        share: for which share of all like it the tree is picked; each span then counts for 1/share.
    """
    tree = {"workspace": workspace, "root_execution_id": root_execution_id, "tree_from_ns": None, "tree_to_ns": None}
    rows = [*store.rows("executions_under_root", tree), *store.rows("steps_under_root", tree)]
    return groups_of_rows(store, workspace, rows, after_ns=after_ns, share=share)


def groups_of_rows(
    store: Engine, workspace: str, rows: Sequence[Row], *, after_ns: int = 0, share: float = 1.0
) -> list[SpanGroup]:
    """The spans of rows of `executions` and `steps`, by what sent them, in order of time.

    Cost: all rows of their traces are read, with inputs and outputs.
    """
    wanted = {span_key(row) for row in rows}
    asked = {"workspace": workspace, "trace_ids": sorted({row["trace_id"] for row in rows})}
    whole = [*store.rows("trace_executions", asked), *store.rows("trace_steps", asked)]
    found = sorted(
        (row for row in whole if span_key(row) in wanted and row["received_ns"] > after_ns),
        key=lambda row: (row["started_ns"], not is_execution(row), row["depth"], span_of(row)),
    )
    bodies = {row["trace_id"] + row["span_id"]: row for row in store.rows("trace_bodies", asked)}
    events, logs = _events(store.rows("trace_events", asked), {span_key(row) for row in found})
    groups: dict[tuple[str, str], SpanGroup] = {}
    for row in found:
        key = span_key(row)
        body = bodies.get(key, {})
        group = _group_of(groups, body.get("resource") or "{}", row)
        group.spans.append(_span(row, body, events.get(key, ()), share))
        group.logs.extend(_log(event) for event in logs.get(key, ()))
    return list(groups.values())


def _group_of(groups: dict[tuple[str, str], SpanGroup], resource: str, row: Row) -> SpanGroup:
    scope = row["scope"] or ""
    group = groups.get((resource, scope))
    if group is None:
        told = dict(parsed_object(resource))
        told.pop("otel.scope.name", None)  # which is kept there, with the version
        release = str(told.pop("otel.scope.version", ""))
        if row["workspace"] != _DEFAULT_WORKSPACE:
            told[own.WORKSPACE] = row["workspace"]
        group = groups[resource, scope] = SpanGroup(told, scope, release, [], [])
    return group


def _events(rows: Iterable[Row], wanted: set[str]) -> tuple[dict[str, list[Row]], dict[str, list[Row]]]:
    """The events of spans, and those that came as log records, each in their order."""
    of_spans: dict[str, list[Row]] = {}
    of_logs: dict[str, list[Row]] = {}
    for row in sorted(rows, key=lambda row: row["event_index"]):
        key = row["trace_id"] + row["span_id"]
        if key in wanted:
            (of_logs if row["event_index"] >= FIRST_LOG_INDEX else of_spans).setdefault(key, []).append(row)
    return of_spans, of_logs


def _span(row: Row, body: Row, events: Sequence[Row], share: float) -> SpanOut:
    attributes = _attributes(row, body, share)
    has_failed = row["status"] in _FAILED
    link: tuple[str | None, str | None] = row["link_trace_id"], row["link_span_id"]
    return SpanOut(
        trace_id=row["trace_id"],
        span_id=span_of(row),
        parent_span_id=parent_span_of(row),
        name=row["name"],
        started_ns=row["started_ns"],
        ended_ns=row["ended_ns"] or 0,
        status_code=STATUS_ERROR if has_failed else STATUS_UNSET,
        status_message=(row["error_message"] or "") if has_failed else "",
        attributes=attributes,
        events=_span_events(events, body.get("error_stack")),
        links=[LinkOut(link[0], link[1])] if link[0] is not None and link[1] is not None else (),
    )


def _span_events(rows: Sequence[Row], stack: str | None) -> list[SpanEventOut]:
    events = [SpanEventOut(row["name"], row["time_ns"], dict(parsed_object(row["attributes"]))) for row in rows]
    last = next((event for event in reversed(events) if event.name == "exception"), None)
    if stack is not None and last is not None:  # it is kept beside the span, once
        events[events.index(last)] = SpanEventOut(
            last.name, last.time_ns, {**last.attributes, "exception.stacktrace": stack}
        )
    return events


def _attributes(row: Row, body: Row, share: float) -> dict[str, Any]:
    attributes = dict(parsed_object(body.get("attributes")))
    for fact, (marker, plain, known) in _FROM.items():
        origin = attributes.pop(marker, None)
        if (text := body.get(fact)) is not None:
            attributes[origin if isinstance(origin, str) and origin in known else plain] = text
    attributes.setdefault(own.CATEGORY, row["category"])
    if is_execution(row):
        attributes.setdefault(own.AGENT, row["agent"])
        if row["execution_id"] != row["trace_id"] + row["span_id"]:
            attributes.setdefault(own.EXECUTION_ID, row["execution_id"])
    kind = row.get("kind", "step")
    if kind in (*_KINDS, "step"):
        attributes.setdefault(own.KIND, kind)
    if row["ended_ns"] is None and row["status"] in _OPEN:
        attributes[own.OPEN] = True
    attributes[own.STATUS] = row["status"]
    if row["error_type"] is not None:
        attributes.setdefault("error.type", row["error_type"])
    weight = row["weight"] / share
    if weight != 1:
        attributes[own.WEIGHT] = weight
    return attributes


def _log(row: Row) -> LogOut:
    return LogOut(
        time_ns=row["time_ns"],
        event_name=row["name"],
        level=row["level"] or "info",
        body=row["message"],
        attributes=dict(parsed_object(row["attributes"])),
        trace_id=row["trace_id"],
        span_id=row["span_id"],
    )
