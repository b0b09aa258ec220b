"""A file of Chrome's trace format that Longpole has exported, back as the execution that it was."""

from collections.abc import Mapping
from itertools import chain
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from longpole.ingest.imports.chrome_slices import Slice, Slices
from longpole.ingest.imports.parts import Group, digest, is_told
from longpole.wire import longpole_names as own
from longpole.wire.otlp_encode import STATUS_ERROR, STATUS_UNSET, SpanEventOut, SpanOut

_ATTRIBUTES: Mapping[str, str] = {
    "method": own.METHOD,
    "call_reason": own.CALL_REASON,
    "step_type": own.STEP_TYPE,
    "status": own.STATUS,
    "model": "gen_ai.request.model",
    "tool": "gen_ai.tool.name",
    "input_tokens": "gen_ai.usage.input_tokens",
    "output_tokens": "gen_ai.usage.output_tokens",
    "total_tokens": own.TOTAL_TOKENS,
    "cost_usd": "gen_ai.usage.cost",
    "first_token_ns": own.FIRST_TOKEN_NS,
    "attempt": own.ATTEMPT,
    "error_type": "error.type",
    "code_file": "code.file.path",
    "code_line": "code.line.number",
}
"""What the export writes down of a span, and the attribute that says the same."""

_CALL = frozenset({"model", "input_tokens", "output_tokens", "cost_usd"})
"""Of an execution these are sums over what is below it, and come back from there."""

_FAILED = ("failed", "timeout", "crashed")


class Origin(Struct, frozen=True):
    """What the export tells of the execution at the top. `started_ns` is since 1970, as text."""

    trace_id: str
    started_ns: Annotated[str, Meta(pattern="^[0-9]{1,19}$")]
    workspace: str | None = None
    service: str | None = None
    version: str | None = None
    environment: str | None = None
    session_id: str | None = None
    user_id: str | None = None


def group_of_own(origin: Origin, slices: Slices) -> Group:
    """The spans of an exported execution."""
    origin_ns = int(origin.started_ns)
    told = [(one, _arguments(one)) for one in slices.all]
    homes = {args["execution_id"]: args["span_id"] for _, args in told if "span_id" in args and "execution_id" in args}
    events: dict[str, list[SpanEventOut]] = {}
    for one in chain.from_iterable(slices.instants.values()):
        args = _arguments(one)
        key = str(args.pop("span_id", ""))
        events.setdefault(key, []).append(SpanEventOut(one.name, origin_ns + one.start_ns, args))
    spans = [_span(one, args, origin, origin_ns, homes, events) for one, args in told]
    resource = {
        "service.name": origin.service,
        "service.version": origin.version,
        "deployment.environment.name": origin.environment,
        own.WORKSPACE: origin.workspace,
    }
    return Group({name: value for name, value in resource.items() if value}, "longpole", spans)


def _arguments(one: Slice) -> dict[str, Any]:
    if not is_told(one.arguments):
        return {}
    try:
        return msgspec.json.decode(one.arguments, type=dict[str, Any])
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return {}


def _span(
    one: Slice,
    args: dict[str, Any],
    origin: Origin,
    origin_ns: int,
    homes: Mapping[str, str],
    events: Mapping[str, list[SpanEventOut]],
) -> SpanOut:
    is_execution = "span_id" in args
    span_id = str(args.get("span_id") or args.get("step_id") or digest(one.name, str(one.start_ns), size=16))
    execution_id = str(args.get("execution_id") or "")
    above = args.get("parent_execution_id") if is_execution else execution_id
    parent = args.get("parent_step_id") or homes.get(str(above or ""))
    has_failed = args.get("status") in _FAILED
    message = args.get("error_message")
    return SpanOut(
        trace_id=execution_id[:32] if len(execution_id) == 48 else origin.trace_id,
        span_id=span_id,
        parent_span_id=None if parent is None else str(parent),
        name=one.name,
        started_ns=origin_ns + one.start_ns,
        ended_ns=origin_ns + one.end_ns,
        status_code=STATUS_ERROR if has_failed else STATUS_UNSET,
        status_message=str(message) if has_failed and message else "",
        attributes=_attributes(one, args, origin, is_execution=is_execution),
        events=events.get(span_id, ()),
    )


def _attributes(one: Slice, args: Mapping[str, Any], origin: Origin, *, is_execution: bool) -> dict[str, Any]:
    attributes: dict[str, Any] = {
        attribute: args[name]
        for name, attribute in _ATTRIBUTES.items()
        if name in args and not (is_execution and name in _CALL)
    }
    if not is_execution:
        attributes[own.KIND] = "step"
        attributes[own.CATEGORY] = one.category
        if (operation := args.get("operation")) and one.category == "llm":
            attributes["gen_ai.operation.name"] = operation
        return attributes
    if args.get("kind") in ("agent", "workflow"):
        attributes[own.KIND] = args["kind"]
    attributes[own.AGENT] = one.name
    people = {"session.id": origin.session_id, "user.id": origin.user_id}
    return attributes | {name: value for name, value in people.items() if value}
