"""What a Langfuse observation or trace says of itself, as attributes of a span."""

import json
from collections.abc import Iterable
from typing import Any, cast

from longpole.wire.attribute_names import COSTS, COUNTS, INPUTS, OUTPUTS

Record = dict[str, Any]

_TOLD_BY_LANGFUSE = frozenset(
    (*COSTS, *INPUTS, *OUTPUTS, *(name for names in COUNTS.values() for name in names), "longpole.open")
)
"""What the first sender said and Langfuse says as well, in numbers and texts of its own: those count."""

_LISTS = tuple(f"{name[1:-1]}." for name in (*INPUTS, *OUTPUTS) if name.startswith("{"))
_PREFIXES = ("llm.token_count.", "gen_ai.usage.", "llm.usage.", "ai.usage.", "langfuse.", *_LISTS)


def attributes_of(one: Record) -> Record:
    """The attributes of an observation; what is unknown is left out."""
    metadata = as_object(one.get("metadata"))
    usage = _usage(one)
    details: Record = {
        **_first_sender(metadata),
        "langfuse.observation.id": one.get("id"),
        "langfuse.observation.type": _lower(one.get("type")),
        "langfuse.observation.level": one.get("level"),
        "langfuse.observation.status_message": one.get("statusMessage"),
        "langfuse.observation.model.name": one.get("model"),
        "langfuse.observation.model.parameters": _text(one.get("modelParameters")),
        "langfuse.observation.usage_details": _text(usage),
        "langfuse.observation.cost_details": _text(_cost(one)),
        "langfuse.observation.completion_start_time": one.get("completionStartTime"),
        "langfuse.observation.prompt.name": one.get("promptName"),
        "langfuse.observation.prompt.version": one.get("promptVersion"),
        "langfuse.observation.input": _text(one.get("input")),
        "langfuse.observation.output": _text(one.get("output")),
        "langfuse.observation.metadata": _text(_rest(metadata)),
        "langfuse.version": one.get("version"),
    }
    return {name: value for name, value in details.items() if value not in (None, "")}


def trace_attributes(trace: Record) -> Record:
    """The attributes that a trace gives to its top span."""
    metadata = as_object(trace.get("metadata"))
    details: Record = {
        "langfuse.trace.id": trace.get("id"),
        "langfuse.trace.name": trace.get("name"),
        "langfuse.session.id": trace.get("sessionId"),
        "langfuse.user.id": trace.get("userId"),
        "langfuse.trace.tags": trace.get("tags") or None,
        "langfuse.trace.input": _text(trace.get("input")),
        "langfuse.trace.output": _text(trace.get("output")),
        "langfuse.trace.metadata": _text(_rest(metadata)),
        "langfuse.release": trace.get("release"),
        "langfuse.version": trace.get("version"),
    }
    return {name: value for name, value in details.items() if value not in (None, "")}


def resource_of(trace: Record, observations: Iterable[Record]) -> Record:
    """The resource of a trace: what its sender's was as far as one of them tells, and the environment."""
    resource: Record = {}
    for one in (trace, *observations):
        told = as_object(as_object(one.get("metadata")).get("resourceAttributes"))
        for name, value in told.items():
            resource.setdefault(name, value)
        if told:
            break
    # One process is not what the records of many runs have in common, and signs of life were not recorded.
    resource.pop("service.instance.id", None)
    environment = trace.get("environment")
    if environment not in (None, "", "default"):
        resource["deployment.environment.name"] = environment
    return resource


def as_object(value: object) -> Record:
    """The object that a value is, or holds as JSON text; an empty one when it does not."""
    if isinstance(value, str) and value.lstrip()[:1] == "{":
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            return {}
    return cast("Record", value) if isinstance(value, dict) else {}


def _first_sender(metadata: Record) -> Record:
    """The attributes of the span that Langfuse was sent, where it was one."""
    told = as_object(metadata.get("attributes"))
    return {
        name: value if isinstance(value, str | int | float | bool) else _text(value)
        for name, value in told.items()
        if name not in _TOLD_BY_LANGFUSE and not name.startswith(_PREFIXES)
    }


def _rest(metadata: Record) -> Record | None:
    left = {key: one for key, one in metadata.items() if key not in ("attributes", "resourceAttributes", "scope")}
    return left or None


def _usage(one: Record) -> Record | None:
    """Tokens by Langfuse's names; `None` where nothing was counted."""
    details = as_object(one.get("usageDetails"))
    if not details:
        old = as_object(one.get("usage"))
        pairs = (
            ("input", old.get("input", one.get("promptTokens"))),
            ("output", old.get("output", one.get("completionTokens"))),
            ("total", old.get("total", one.get("totalTokens"))),
        )
        if str(old.get("unit") or "TOKENS").upper() == "TOKENS":
            details = {name: count for name, count in pairs if count}
    counts = {name: count for name, count in details.items() if isinstance(count, int | float)}
    return counts if any(counts.values()) else None


def _cost(one: Record) -> Record | None:
    details = as_object(one.get("costDetails"))
    total = details.get("total", one.get("totalCost", one.get("calculatedTotalCost")))
    if isinstance(total, str):
        try:
            total = float(total)
        except ValueError:
            total = None
    return {**details, "total": total} if isinstance(total, int | float) and total > 0 else None


def _lower(value: object) -> str | None:
    return value.lower() if isinstance(value, str) else None


def _text(value: object) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")) if value not in ({}, []) else None
