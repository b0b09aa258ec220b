"""LlamaIndex: the names of its agents. OpenInference (4.6.1) leaves them out and calls each run `FunctionAgent.run`."""

from importlib import import_module
from typing import Any

from longpole.record.instrument.replacement import Replacements
from longpole.record.trouble import complain

_HANDLER = "openinference.instrumentation.llama_index._handler"
_AGENTS = "llama_index.core.agent.workflow.base_agent"
_hook = Replacements()


def install() -> None:
    """Turns it on; again does nothing.

    Raises:
        ImportError: OpenInference's package for LlamaIndex is not installed.
    """
    if not _hook.is_on:
        _hook.add(import_module(_HANDLER)._SpanHandler, "new_span", _naming)


def remove() -> None:
    """Turns it off."""
    _hook.remove()


def _naming(original: Any, is_wanted: Any) -> Any:
    def new_span(self: Any, id_: str, bound_args: Any, instance: Any = None, *args: Any, **kwargs: Any) -> Any:
        span = original(self, id_, bound_args, instance, *args, **kwargs)
        try:
            if span is not None and is_wanted() and (name := _agent_of(id_, bound_args, instance)) is not None:
                span._span_kind = "AGENT"
                span._otel_span.set_attributes({"openinference.span.kind": "AGENT", "agent.name": str(name)})
        except Exception as error:
            complain("llama_index", error)
        return span

    return new_span


def _agent_of(id_: str, bound_args: Any, instance: Any) -> Any:
    """The name of the agent whose whole run a span is, or of an `AgentWorkflow`, whose agents take turns, whose turn.

    The id begins with the method and the class that defines it; of a step the instance is not told.
    """
    method = id_.partition("-")[0]
    if method == "AgentWorkflow.run_agent_step":
        return getattr(bound_args.arguments.get("ev"), "current_agent_name", None)
    is_run = method.endswith(".run") and isinstance(instance, import_module(_AGENTS).BaseWorkflowAgent)
    return instance.name if is_run else None
