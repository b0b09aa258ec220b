"""The page of events, as the live door and webhooks tell them, from the structs that are sent."""

import inspect
from collections.abc import Iterator
from typing import Any, get_args

from msgspec import UNSET, Struct
from msgspec.structs import NODEFAULT, FieldInfo, fields

from longpole.reports.live_views import KINDS, LiveEvent
from longpole.reports.node_views import ExecutionNode, StepNode
from longpole.reports.views import DecisionNode, EventNode, FindingItem
from longpole.server.live_connection import Asked

INTRODUCTION = """\
# Events

What happens is told while it happens: over WebSocket at `/api/live`, as server-sent events at `/api/live/events`
([how to](../how-to/live.md)), and to [webhooks](../how-to/webhooks.md). All of them tell the same events, as JSON.

This page is made from the structs that are sent by `make docs`.

## What to send

One message for each thing that you want to hear of; a stream of server-sent events takes the same as parameters.
"""
WHEN = {
    "execution.started": ("`execution`", "an agent began"),
    "execution.completed": ("`execution`", "an agent ended, whatever came of it"),
    "step.started": ("`step`", "a step began, or its first token came"),
    "step.completed": ("`step`", "a step ended"),
    "stage.changed": ("`stage`", "an execution passed from one of the eight stages to the next"),
    "decision.made": ("`decision`", "who was considered, with which score, and what came of it"),
    "finding.raised": ("`finding`", "something is worth telling, such as a threshold that was passed"),
    "alert.fired": ("`alert`", "a rule of [alerts](../how-to/alerts.md) fired"),
}
FRAMES = """\
## Frames

Messages of the server over WebSocket and server-sent events carry events in frames; a webhook is sent one event alone.

| `type` | what it tells |
| --- | --- |
| `subscribed` | that you are heard; `seq` is the place from which, `resumed` whether `after` was still known |
| `trees` | the trees that run, as `GET /api/executions/{execution_id}` shows them; `more` others |
| `events` | what has happened, with the `seq` to go on at; `missed_frames` and `lost` say what was left out |
| `running` | what runs, as `GET /api/analysis/running` shows it |
| `refused` | why a message of yours could not be followed |
"""
WORDS: dict[Any, str] = {
    str: "text",
    int: "integer",
    float: "number",
    bool: "boolean",
    type(None): "null",
    Any: "any",
    dict: "object",
}


def render() -> str:
    """The page as Markdown. Fails when a kind of event has no sentence here."""
    lines = [INTRODUCTION, *_table(Asked), "## Kinds", "", "| kind | about | when |", "| --- | --- | --- |"]
    lines += [f"| `{kind}` | {WHEN[kind][0]} | {WHEN[kind][1]} |" for kind in KINDS]
    lines += ["", FRAMES]
    for shape in (LiveEvent, ExecutionNode, StepNode, EventNode, DecisionNode, FindingItem):
        lines += [f"## {shape.__name__}", "", inspect.getdoc(shape) or "", "", *_table(shape)]
    return "\n".join(lines).rstrip() + "\n"


def _table(shape: type[Struct]) -> Iterator[str]:
    """The fields of a struct."""
    yield "| field | type | without it |"
    yield "| --- | --- | --- |"
    for field in fields(shape):
        yield f"| `{field.encode_name}` | {type_text(field.type)} | {_default(field)} |"
    yield ""


def type_text(kind: Any) -> str:
    """A type in words."""
    kind = getattr(kind, "__value__", kind)
    if hasattr(kind, "__metadata__"):
        return type_text(kind.__origin__)
    parts = get_args(kind)
    origin = getattr(kind, "__origin__", None)
    if origin in (list, tuple, frozenset, set):
        return f"list of {type_text(parts[0])}" if parts else "list"
    if origin is dict:
        return "object"
    if parts and all(isinstance(part, str) for part in parts):
        return ", ".join(f"`{part}`" for part in parts)
    if parts:
        return " or ".join(type_text(part) for part in parts if part is not type(UNSET))
    return WORDS.get(kind, getattr(kind, "__name__", str(kind)))


def _default(field: FieldInfo) -> str:
    if field.default_factory is not NODEFAULT:
        return "empty"
    if field.default is NODEFAULT:
        return "always there"
    return "null" if field.default is None else f"`{str(field.default).lower()}`"
