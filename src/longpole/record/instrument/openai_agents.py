"""The OpenAI Agents SDK: its runs, agents, turns, tools and model calls as executions and steps.

A tracing processor of our own, not an instrumentor, because it hears of starts as well as of ends: what hangs is seen
while it hangs. It works beside the processors that the program or the SDK itself has set. While a span runs it is the
current step, so that steps of the program, and spans of other libraries, stand below it.

What the SDK's tracing is told to leave out (`set_tracing_disabled`, `OPENAI_AGENTS_DISABLE_TRACING`) is not seen here.
"""

from typing import Any

from longpole.model.category import Category
from longpole.record.current import SITE, Record, current
from longpole.record.instrument.framework_steps import FrameworkSteps, never_raises, site_named, usage_attributes
from longpole.record.instrument.replacement import Replacements
from longpole.record.site import Site
from longpole.wire import longpole_names as names

PROVIDER = "openai"
_GENERATIONS = ("generation", "response")
# Category and name of the kinds of spans that are plain steps.
_STEPS: dict[str, tuple[str, str]] = {
    "handoff": (Category.AGENT_COMM, "handoff"),
    "guardrail": (Category.GUARDRAIL, "guardrail"),
    "transcription": (Category.LLM, "transcription"),
    "speech": (Category.LLM, "speech"),
    "mcp_tools": (Category.TOOL, "list tools"),
}
# Names of the SDK's counts, in both of its APIs.
_USAGE = {
    "input_tokens": ("input_tokens", "prompt_tokens"),
    "output_tokens": ("output_tokens", "completion_tokens"),
}
_DETAILS = {
    "cache_read_tokens": ("input_tokens_details", "cached_tokens"),
    "cache_write_tokens": ("input_tokens_details", "cache_write_tokens"),
    "reasoning_tokens": ("output_tokens_details", "reasoning_tokens"),
}
_ERRORS = {"function": "ToolError", "guardrail": "GuardrailError"}
_installed: list[Any] = []
_hook = Replacements()


def install() -> None:
    """Hears what the SDK traces from now on; the processors that are there stay.

    Raises:
        ImportError: the package openai-agents is not installed.
    """
    from agents.tracing import TracingProcessor, add_trace_processor  # noqa: PLC0415 - optional package
    from agents.tracing.provider import DefaultTraceProvider  # noqa: PLC0415

    if not _installed:
        processor = type("LongpoleProcessor", (AgentsListener, TracingProcessor), {})()
        _installed.append(processor)
        add_trace_processor(processor)
    _installed[0].is_on = True
    if not _hook.is_on:
        _hook.add(DefaultTraceProvider, "set_processors", _staying)


def remove() -> None:
    """Hears nothing any more. The processor stays in the SDK's list, which has no way to take one out."""
    _hook.remove()
    for processor in _installed:
        processor.is_on = False


def _staying(original: Any, is_wanted: Any) -> Any:
    """The program chooses where its traces go (`set_trace_processors`); that it is recorded here is another matter."""

    def longpole_set_processors(self: Any, processors: Any) -> None:
        original(self, processors)
        if is_wanted() and _installed[0] not in processors:
            self.register_processor(_installed[0])

    return longpole_set_processors


class AgentsListener:
    """What the SDK calls a tracing processor."""

    def __init__(self) -> None:
        self.is_on = True
        self._steps = FrameworkSteps()

    @never_raises
    def on_trace_start(self, trace: Any) -> None:
        """A run, or what the program put between `with trace(...)`: an execution, unless one is running already."""
        if not self.is_on:
            return
        if current.get() is not None:
            self._steps.stand_for(trace.trace_id)
        else:
            self._steps.start(trace.trace_id, None, _workflow_site(trace.name))

    @never_raises
    def on_trace_end(self, trace: Any) -> None:
        """The run is over."""
        group = getattr(trace, "group_id", None)
        attributes = {"gen_ai.conversation.id": group} if group else None
        self._steps.end(trace.trace_id, error=self._steps.leaving(trace.trace_id), attributes=attributes)

    @never_raises
    def on_span_start(self, span: Any) -> None:
        """A span that runs now."""
        content = span.span_data
        if not self.is_on:
            return
        if content.type == "task":  # the run again, inside its trace
            self._steps.stand_for(span.span_id)
        else:
            self._steps.start(span.span_id, span.parent_id or span.trace_id, _site_at_start(content), _given(content))

    @never_raises
    def on_span_end(self, span: Any) -> None:
        """A span that is over: now its result, its usage and its error are known."""
        content, record = span.span_data, self._steps.record(span.span_id)
        if record is None:
            return
        # The SDK notes only some errors on the span; the others are just passing by.
        error = self._steps.leaving(span.span_id)
        self._steps.end(
            span.span_id,
            result=_result(content),
            error=error,
            told_error=_told(span.error, content.type) if span.error and error is None else None,
            given=_given(content),
            site=_site_at_end(content, record),
            attributes=_attributes(content),
        )

    def shutdown(self) -> None:
        """Nothing: Longpole's own exit delivers."""

    def force_flush(self) -> None:
        """Nothing: `longpole.flush()` does."""


def _workflow_site(name: str) -> Site:
    return site_named(name, Category.AGENT, agent=name, kind={names.KIND: "workflow", names.METHOD: None})


def _site_at_start(content: Any) -> Site:
    kind = content.type
    if kind == "agent":
        return site_named(content.name, Category.AGENT, agent=content.name, kind={names.METHOD: "run"})
    if kind == "function":
        return site_named(content.name, Category.TOOL)
    if kind in _GENERATIONS:
        return _llm_site(getattr(content, "model", None))
    if kind == "handoff" and content.to_agent:
        return site_named(f"handoff to {content.to_agent}", Category.AGENT_COMM)
    if kind == "turn":
        return site_named(f"turn {content.turn}", Category.PROCESSING)
    category, name = _STEPS.get(kind, (Category.PROCESSING, kind))
    return site_named(getattr(content, "name", None) or name, category)


def _site_at_end(content: Any, record: Record) -> Site | None:
    """The site again where it depends on what was not known at the start: the model, the handoff's goal."""
    if record[SITE] is None:
        return None
    if content.type in _GENERATIONS:
        return _llm_site(_model(content))
    if content.type == "handoff":
        return _site_at_start(content)
    return None


def _llm_site(model: str | None) -> Site:
    return site_named(f"chat {model}" if model else "chat", Category.LLM)


def _model(content: Any) -> str | None:
    response = getattr(content, "response", None)
    return getattr(content, "model", None) or getattr(response, "model", None)


def _given(content: Any) -> Any:
    value = getattr(content, "input", None)
    return None if value is None else ((), {"input": _plain(value)})


def _result(content: Any) -> Any:
    response = getattr(content, "response", None)
    if response is not None:
        return _plain(response.output)
    if content.type == "guardrail":
        return {"triggered": content.triggered}
    if content.type == "mcp_tools":
        return content.result
    return _plain(getattr(content, "output", None))


def _attributes(content: Any) -> dict[str, Any]:
    kind = content.type
    if kind == "function" and content.mcp_data:
        return {"mcp.server": content.mcp_data.get("server")}
    if kind == "handoff":
        return {"longpole.handoff.from": content.from_agent, "longpole.handoff.to": content.to_agent}
    if kind not in _GENERATIONS:
        return {}
    attributes = usage_attributes(model=_model(content), provider=PROVIDER, **_usage_of(content))
    response_id = getattr(getattr(content, "response", None), "id", None)
    return attributes | ({"gen_ai.response.id": response_id} if response_id else {})


def _usage_of(content: Any) -> dict[str, Any]:
    usage = _plain(getattr(getattr(content, "response", None), "usage", None) or content.usage) or {}
    told: dict[str, Any] = {name: _first(usage, keys) for name, keys in _USAGE.items()}
    if not any(told.values()):  # a stream without usage: the SDK makes zeros of what nobody told
        return {}
    for name, (group, key) in _DETAILS.items():
        told[name] = (usage.get(group) or {}).get(key)
    return told


def _first(usage: dict[str, Any], keys: tuple[str, ...]) -> Any:
    return next((usage[key] for key in keys if usage.get(key) is not None), None)


def _plain(value: Any) -> Any:
    """Pydantic models as dictionaries, also inside a list."""
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    dump = getattr(value, "model_dump", None)
    return value if dump is None else dump(exclude_none=True)


def _told(error: Any, kind: str) -> tuple[str, str]:
    """Type and message of an error that the SDK tells: a sentence, and details that may hold the exception's text."""
    cause = (error.get("data") or {}).get("error")
    return _ERRORS.get(kind, "AgentsError"), f"{error['message']}: {cause}" if cause else error["message"]
