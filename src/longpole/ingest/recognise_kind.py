"""Decides what a span is: an execution or a step, of which category, by which name, of which type."""

import re
from functools import lru_cache
from typing import Any

import msgspec
from msgspec import Struct

from longpole.ingest.names import read_count, read_text
from longpole.model.category import Category
from longpole.model.execution import ExecutionKind
from longpole.model.step import StepType
from longpole.wire import attribute_values as table
from longpole.wire.attribute_values import Meaning

_CATEGORIES = frozenset(map(str, Category))
_STEP_TYPES = frozenset(map(str, StepType))
_EXECUTIONS = (str(ExecutionKind.AGENT), str(ExecutionKind.WORKFLOW))
_LOOP = re.compile(table.LOOP_NAMES)
_DECISION = re.compile(table.DECISION_NAMES)
# An id at the end of a name (`Crew_91b5ad4e-…`) would make an agent of every run.
_NUMBERED = re.compile(r"(?i)[ _.:-]?[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}$")
_TOOL, _AGENT = Category.TOOL.value, Category.AGENT.value  # `.value` costs 0.2 us each time
_DECISION_CATEGORIES = (str(Category.PROCESSING), str(Category.TOOL), str(Category.AGENT_COMM))


class Metadata(Struct):
    """The part of a `metadata` object (OpenInference, langfuse, LangSmith) that tells something about the span."""

    langgraph_node: Any = None
    langgraph_step: Any = None
    lc_agent_name: Any = None
    ls_integration: Any = None
    ls_provider: Any = None
    ls_model_name: Any = None
    session_id: Any = None
    thread_id: Any = None
    conversation_id: Any = None
    user_id: Any = None


_UNSURE = (None, table.CHAT, table.PROCESSING)
_decode_metadata = msgspec.json.Decoder(Metadata).decode


def read_metadata(facts: dict[str, Any], hints: dict[str, Any]) -> None:
    """Add to the facts and hints what only the span's `metadata` object tells."""
    value = hints.get("metadata")
    if value is None:
        return
    try:
        metadata = _decode_metadata(value) if isinstance(value, str) else msgspec.convert(value, Metadata)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return
    for fact, texts in (
        ("session_id", (metadata.session_id, metadata.thread_id, metadata.conversation_id)),
        ("user_id", (metadata.user_id,)),
        ("provider", (metadata.ls_provider,)),
        ("model", (metadata.ls_model_name,)),
    ):
        if fact not in facts and (found := next(filter(None, map(read_text, texts)), None)) is not None:
            facts[fact] = found
    if "step_index" not in facts and (index := read_count(metadata.langgraph_step)) is not None:
        facts["step_index"] = index
    if "agent_name" not in hints and (name := read_text(metadata.lc_agent_name)):
        hints["agent_name"] = name
    hints["is_graph_run"] = metadata.ls_integration in table.GRAPHS and metadata.langgraph_node is None


def meaning_of(name: str, parent_span_id: str | None, hints: dict[str, Any]) -> Meaning:
    """What the conventions say that a span is, before Longpole's own attributes have their say."""
    meaning: Meaning | None = hints.get("meaning")
    if meaning in _UNSURE and name.endswith(" run") and "agent_name" in hints:
        # The second generation of GenAI instrumentations named the run of an agent so, without an operation.
        return table.AGENT
    if meaning is None:
        meaning = _by_name(name, table.SPAN_NAMES) or _by_name(said(name, hints), table.SENTENCES) or table.PROCESSING
    if meaning is table.TOOL:
        return _by_name(name, table.TOOL_NAMES) or meaning
    if meaning.kind == "root" and (
        parent_span_id is None or hints.get("is_graph_run") or _by_name(name, table.CHAIN_NAMES)
    ):
        return table.WORKFLOW
    return meaning


def said(name: str, hints: dict[str, Any]) -> str:
    """The span's name, or the sentence that was made of it where the name is a template with `{}` in it."""
    return hints.get("sentence", name) if "{" in name else name


def decide_kind(name: str, parent_span_id: str | None, facts: dict[str, Any], hints: dict[str, Any]) -> None:
    """Fill `kind`, `agent`, `category`, `operation`, `step_type` and the name of the `tool` of the facts."""
    meaning = meaning_of(name, parent_span_id, hints)
    if meaning.category == "llm" and hints.get("span_type") == "log" and "output_tokens" not in facts:
        meaning = table.PROCESSING  # tells of a call that has a span of its own
    kind = meaning.kind if meaning.kind in _EXECUTIONS else None
    own_kind = hints.get("own_kind")
    if own_kind is not None:
        kind = own_kind if own_kind in _EXECUTIONS else None
    category = hints.get("own_category")
    if category not in _CATEGORIES:
        category = _AGENT if kind is not None else meaning.category
    facts["kind"] = kind
    facts["category"] = category
    facts["operation"] = _operation(category, meaning, hints)
    if category == _TOOL and "tool" not in facts:
        facts["tool"] = hints.get("entity_name") or _tool_name(said(name, hints))
    facts["agent"] = _agent_name(name, kind, facts.get("agent_id"), hints)
    step_type = hints.get("own_step_type")
    facts["step_type"] = step_type if step_type in _STEP_TYPES else _step_type(name, category)


def _operation(category: str, meaning: Meaning, hints: dict[str, Any]) -> str | None:
    if meaning.operation is not None and category == meaning.category:
        return meaning.operation
    for hint in ("db_operation", "mcp_method", "http_method"):
        if (value := hints.get(hint)) is not None:
            return value
    return None


def _agent_name(name: str, kind: str | None, agent_id: str | None, hints: dict[str, Any]) -> str | None:
    own = hints.get("own_agent")
    if own is not None or kind is None:
        return own or hints.get("agent_name")
    order = ("agent_name", "graph_node") if kind == "agent" else ("workflow_name", "agent_name")
    for hint in ("entity_name", *order):
        if (value := hints.get(hint)) is not None:
            return value
    bare = _bare_name(said(name, hints))
    # A name that is the span's own or ends with an id may differ from run to run; the id of the agent does not.
    is_own = bare == name or _NUMBERED.search(bare) is not None
    return agent_id or _NUMBERED.sub("", bare) or bare if is_own else bare


def _tool_name(name: str) -> str | None:
    for prefix in table.TOOL_NAME_PREFIXES:
        if name.startswith(prefix):
            return name[len(prefix) :] or None
    return name or None


@lru_cache(4096)
def _bare_name(name: str) -> str:
    bare = name
    for prefix in table.AGENT_NAME_PREFIXES:
        if bare.startswith(prefix):
            bare = bare[len(prefix) :].removesuffix("]" if prefix.endswith("[") else "")
            break
    if bare[:1] in ("'", '"') and (end := bare.find(bare[0], 1)) > 0:
        return bare[1:end] or name
    for suffix in table.AGENT_NAME_SUFFIXES:
        if bare.endswith(suffix):
            bare = bare[: -len(suffix)]
            break
    return bare.strip() or name or "unnamed"


@lru_cache(4096)
def _step_type(name: str, category: str) -> str:
    if category in table.OPERATION_CATEGORIES:
        return StepType.API_CALL.value
    if category == Category.GUARDRAIL.value:
        return StepType.DECISION.value
    if category == Category.PROCESSING.value and _LOOP.match(name):
        return StepType.LOOP.value
    if category in _DECISION_CATEGORIES and _DECISION.match(name):
        return StepType.DECISION.value
    return StepType.ACTION.value


def _by_name(name: str, patterns: tuple[tuple[str, str, Meaning], ...]) -> Meaning | None:
    for where, part, meaning in patterns:
        if name.startswith(part) if where == "prefix" else name.endswith(part):
            return meaning
    return None
