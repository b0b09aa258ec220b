"""What executions were given and what describes them, as leaves: keys with their values, read from stored bodies."""

from collections.abc import Sequence

import msgspec

from longpole.analysis.traits import leaves_of
from longpole.reports.rows import Row
from longpole.store.engine import Engine

INPUT_LIMIT = 20_000
"""Characters of an input that are read."""

# What a span tells of its own end is not what led to it, and what conventions name is no input of the user's.
_NO_INPUTS = (
    "gen_ai.", "llm.", "longpole.", "openinference.", "traceloop.", "langfuse.", "logfire.", "output", "error",
    "exception", "http.response", "http.status", "rpc.", "otel.", "telemetry.", "metadata.ls_", "code.", "thread.",
)  # fmt: skip

Leaves = dict[str, tuple[str | float, ...]]
"""Values by dotted path; of inputs they begin with `input`, of attributes with `attribute`."""

SpanKey = tuple[str, str, str]
"""Workspace, trace id and span id."""


def leaves_of_inputs(store: Engine, rows: Sequence[Row], *, workspace: str | None) -> dict[SpanKey, Leaves]:
    """The leaves of the inputs and attributes of some spans; those that have none are left out.

    Args:
        store: what is asked.
        rows: of spans, with `trace_id`, `span_id` and `received_ns`.
        workspace: whose; `None` for every one.
    """
    if not rows:
        return {}
    asked = {
        "workspace": workspace,
        "trace_ids": sorted({row["trace_id"] for row in rows}),
        "span_ids": sorted({row["span_id"] for row in rows}),
        # A body never comes before its span began, but clocks differ.
        "received_from_ns": min(row["received_ns"] for row in rows) - 3_600_000_000_000,
    }
    found: dict[SpanKey, Leaves] = {}
    for body in store.rows("inputs_of_spans", asked):
        key = body["workspace"], body["trace_id"], body["span_id"]
        if key not in found:  # the newest comes first
            leaves = _leaves(body)
            if leaves:
                found[key] = leaves
    return found


def _leaves(body: Row) -> Leaves:
    found: Leaves = {}
    if body["input"] is not None:
        value = _decoded(body["input"][:INPUT_LIMIT])
        found.update({key if key.startswith("input") else f"input.{key}": leaves for key, leaves in _of(value).items()})
    attributes = _decoded(body["attributes"] or "")
    if isinstance(attributes, dict):
        own = {key: value for key, value in attributes.items() if not str(key).startswith(_NO_INPUTS)}
        found.update(leaves_of(own, "attribute"))
    return found


def _of(value: object) -> Leaves:
    return leaves_of(value) if isinstance(value, dict) else leaves_of(value, "input")


def _decoded(text: str) -> object:
    try:
        return msgspec.json.decode(text)
    except (ValueError, RecursionError):
        return text or None
