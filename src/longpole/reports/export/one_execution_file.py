"""One execution as a file for other programs: our own JSON, Chrome's trace format (Perfetto), speedscope's, OTLP; and
as a page for people.

Chrome's format: "Trace Event Format" of the Chromium project. speedscope's: its file-format-schema.json, evented
profiles, one for each lane, because a profile is one stack that grows and shrinks.
"""

from enum import StrEnum
from itertools import groupby
from operator import attrgetter
from typing import Any

import msgspec
from msgspec import Struct

from longpole.model.errors import InvalidInput
from longpole.reports.bodies import bodies_of
from longpole.reports.export.execution_page import render_execution_page
from longpole.reports.export.exported_file import ExportedFile
from longpole.reports.export.lanes import Drawn, lanes_of
from longpole.reports.export.otlp_file import ENDING, MEDIA_TYPE, otlp_lines
from longpole.reports.export.otlp_spans import groups_of_rows
from longpole.reports.family import Family, load_family, span_of
from longpole.reports.filter_values import WORKSPACE, Filter, Pairs, read_given
from longpole.reports.node_views import StepNode
from longpole.reports.one_execution import tree_of
from longpole.reports.tree_nodes import Node, extent_of, grow_nodes, node_name
from longpole.reports.views import ExecutionTree
from longpole.reports.which_execution import find_execution
from longpole.store.engine import Engine

_SPEEDSCOPE_SCHEMA = "https://www.speedscope.app/file-format-schema.json"


class Format(StrEnum):
    """How the file is written."""

    JSON = "json"
    PERFETTO = "perfetto"
    SPEEDSCOPE = "speedscope"
    OTLP = "otlp"
    HTML = "html"


ENDINGS = {
    Format.JSON: ("json", "application/json"),
    Format.PERFETTO: ("perfetto.json", "application/json"),
    Format.SPEEDSCOPE: ("speedscope.json", "application/json"),
    Format.OTLP: (ENDING, MEDIA_TYPE),
    Format.HTML: ("html", "text/html"),
}
"""How the name of a file ends, and its media type."""

MOST_BODIES = 2_000
"""Spans of which an HTML page holds inputs and outputs: those that took the longest."""

EXPORT_OF_ONE_FILTERS = (
    WORKSPACE,
    Filter(name="format", meaning=f"One of {', '.join(Format)}; json without it.", example="perfetto"),
)
"""The filters of `GET /api/executions/ID/export`."""


class _Bar(Struct, frozen=True):
    name: str
    category: str
    start: int
    end: int
    parent: int
    details: dict[str, Any]


def execution_file(store: Engine, execution: str, pairs: Pairs) -> ExportedFile:
    """The execution that `execution` names, with everything below it, in the format that was asked for.

    What still runs ends at the last moment that is known.

    Raises:
        NotFound: no execution has this id.
        InvalidInput: a filter or the format cannot be read, or a part of an id names several.
    """
    given = read_given(pairs, EXPORT_OF_ONE_FILTERS)
    chosen = _format_of(given.get("format", Format.JSON))
    tree = tree_of(store, execution, workspace=given.get("workspace"))
    ending, media_type = ENDINGS[chosen]
    name = f"{_file_name(tree.execution.agent)}-{tree.execution.execution_id[-8:]}.{ending}"
    return ExportedFile(_written(store, tree, chosen), media_type, name, len(tree.executions) + len(tree.steps))


def _written(store: Engine, tree: ExecutionTree, chosen: Format) -> bytes:
    if chosen is Format.JSON:
        return msgspec.json.encode(tree)
    if chosen is Format.SPEEDSCOPE:
        return _speedscope(tree)
    item = tree.execution
    family = load_family(store, find_execution(store, item.execution_id, workspace=item.workspace))
    if chosen is Format.PERFETTO:
        return _perfetto(tree, family.top["started_ns"])
    if chosen is Format.OTLP:
        rows = [*family.executions, *family.steps]
        return b"".join(otlp_lines(groups_of_rows(store, item.workspace, rows)))
    return _page(store, tree, family)


def _page(store: Engine, tree: ExecutionTree, family: Family) -> bytes:
    rows = sorted((*family.executions, *family.steps), key=lambda row: -(row["duration_ns"] or 0))
    kept = [(tree.execution.workspace, row["trace_id"], span_of(row)) for row in rows[:MOST_BODIES]]
    bodies = {span[2]: body for span, body in bodies_of(store, kept).items()}
    return render_execution_page(tree, bodies, left_out=max(0, len(rows) - MOST_BODIES)).encode()


def _format_of(given: str) -> Format:
    try:
        return Format(given)
    except ValueError as error:
        raise InvalidInput(
            f"The format is {given[:40]!r}. Expected one of {', '.join(Format)}. Name one of them."
        ) from error


def _file_name(agent: str) -> str:
    return "".join(sign if sign.isascii() and sign.isalnum() else "-" for sign in agent)[:40].strip("-") or "execution"


def _bars(tree: ExecutionTree) -> list[_Bar]:
    """Executions, then steps, each with the position of what it lies below."""
    nodes: list[Node] = [*tree.executions, *tree.steps]
    last = extent_of(nodes, tree.duration_ns or 0)[1]
    grown = grow_nodes(nodes, last)
    return [_bar(*each) for each in zip(nodes, grown.ends, grown.parents, strict=True)]


def _bar(node: Node, end: int, parent: int) -> _Bar:
    category = node.category if isinstance(node, StepNode) else node.kind
    return _Bar(node_name(node), category, node.offset_ns, max(end, node.offset_ns), parent, _details(node))


def _details(node: Struct) -> dict[str, Any]:
    """What else is known of a span: plain values that are there, without those that the picture shows."""
    drawn = {"name", "agent", "category", "offset_ns", "duration_ns"}
    found = {name: getattr(node, name) for name in node.__struct_fields__ if name not in drawn}
    return {name: value for name, value in found.items() if isinstance(value, (str, int, float)) and value != ""}


def _lanes(bars: list[_Bar]) -> list[Drawn]:
    return lanes_of([(bar.start, bar.end, bar.parent) for bar in bars])


def _perfetto(tree: ExecutionTree, started_ns: int) -> bytes:
    bars = _bars(tree)
    drawn = _lanes(bars)
    events = [_named("process_name", 0, tree.execution.agent)]
    events += [_named("thread_name", lane, f"lane {lane + 1}") for lane in sorted({each.lane for each in drawn})]
    for each in drawn:
        bar = bars[each.place]
        # In microseconds.
        times = {"ts": bar.start / 1000, "dur": (bar.end - bar.start) / 1000}
        what = {"name": bar.name, "cat": bar.category, "args": bar.details}
        events.append({"ph": "X", "pid": 1, "tid": each.lane, **times, **what})
    for event in tree.events:
        moment = {"ph": "i", "s": "p", "pid": 1, "tid": 0, "ts": event.offset_ns / 1000}
        told = {"span_id": event.span_id, "level": event.level, "message": event.message}
        args = {name: value for name, value in told.items() if value is not None}
        events.append(moment | {"name": event.name, "cat": event.kind, "args": args})
    return msgspec.json.encode(
        {"traceEvents": events, "displayTimeUnit": "ms", "otherData": {"longpole": _origin(tree, started_ns)}}
    )


def _origin(tree: ExecutionTree, started_ns: int) -> dict[str, Any]:
    """What the format has no place for and `longpole import` needs to bring the execution back."""
    item = tree.execution
    names = ("trace_id", "workspace", "service", "version", "environment", "session_id", "user_id")
    return {"started_ns": str(started_ns), **{name: getattr(item, name) for name in names}}


def _named(what: str, lane: int, name: str) -> dict[str, Any]:
    return {"ph": "M", "pid": 1, "tid": lane, "name": what, "args": {"name": name}}


def _speedscope(tree: ExecutionTree) -> bytes:
    bars = _bars(tree)
    end = max((bar.end for bar in bars), default=0)
    frames: dict[str, int] = {}
    profiles: list[dict[str, Any]] = []
    for lane, found in groupby(sorted(_lanes(bars), key=attrgetter("lane")), key=attrgetter("lane")):
        events = _stack([bars[each.place] for each in found], frames)
        profiles.append(
            {
                "type": "evented",
                "name": f"{tree.execution.agent}, lane {lane + 1}",
                "unit": "nanoseconds",
                "startValue": 0,
                "endValue": end,
                "events": events,
            }
        )
    return msgspec.json.encode(
        {
            "$schema": _SPEEDSCOPE_SCHEMA,
            "name": f"{tree.execution.agent} {tree.execution.execution_id}",
            "exporter": "longpole",
            "activeProfileIndex": 0,
            "shared": {"frames": [{"name": name} for name in frames]},
            "profiles": profiles,
        }
    )


def _stack(bars: list[_Bar], frames: dict[str, int]) -> list[dict[str, Any]]:
    """Opening and closing of the bars of one lane, which lie one inside the other or apart, in order of time."""
    events: list[dict[str, Any]] = []
    open_bars: list[tuple[int, int]] = []
    for bar in bars:
        while open_bars and open_bars[-1][0] <= bar.start:
            at, frame = open_bars.pop()
            events.append({"type": "C", "frame": frame, "at": at})
        frame = frames.setdefault(bar.name, len(frames))
        events.append({"type": "O", "frame": frame, "at": bar.start})
        open_bars.append((bar.end, frame))
    events += [{"type": "C", "frame": frame, "at": at} for at, frame in reversed(open_bars)]
    return events
