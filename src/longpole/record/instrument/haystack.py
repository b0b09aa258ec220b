"""Haystack: its own tracing, which tells pipelines, components, agents, their steps and tools, told to spans of ours.

The kept instrumentors know nothing of its agents: with OpenInference 0.1.46 and Haystack 3.4 the parts of one run of an
agent are executions of their own.
"""

from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from importlib import import_module
from typing import Any

from opentelemetry import trace

from longpole.record.instrument.opentelemetry_spans import tracer_provider

_AGENT_RUN = "haystack.agent.run"
_NAMES = ("haystack.tool.name", "haystack.component.name")
_own: list["HaystackTracer"] = []


def install() -> None:
    """Turns it on; a tracer that the program has given to Haystack stays.

    Raises:
        ImportError: the package haystack-ai is not installed.
    """
    tracing = import_module("haystack.tracing")
    if tracing.is_tracing_enabled():
        return
    plain = import_module("haystack.tracing.utils").coerce_tag_value
    _own.append(HaystackTracer(tracer_provider().get_tracer("haystack"), plain))
    tracing.enable_tracing(_own[-1])


def remove() -> None:
    """Turns it off."""
    tracing = import_module("haystack.tracing")
    if tracing.tracer.actual_tracer in _own:
        tracing.disable_tracing()
    _own.clear()


class HaystackSpan:
    """A span in the shape of Haystack's `Span`. Contents are wanted in full: our privacy decides what leaves."""

    def __init__(self, span: trace.Span, plain: Callable[[Any], Any]) -> None:
        self._span = span
        self._plain = plain

    def set_tag(self, key: str, value: Any) -> None:
        """Says something about it."""
        self._span.set_attribute(key, self._plain(value))

    def set_tags(self, tags: Mapping[str, Any]) -> None:
        """Says several things."""
        for key, value in tags.items():
            self.set_tag(key, value)

    def set_content_tag(self, key: str, value: Any) -> None:
        """Says what went in or came out."""
        self.set_tag(key, value)

    def raw_span(self) -> trace.Span:
        """The span below."""
        return self._span

    def get_correlation_data_for_logs(self) -> dict[str, Any]:
        """Nothing: `instrument("logging")` sees to lines."""
        return {}


class HaystackTracer:
    """What Haystack asks for a span around everything that it does, in the shape of its `Tracer`."""

    def __init__(self, tracer: trace.Tracer, plain: Callable[[Any], Any]) -> None:
        self._tracer = tracer
        self._plain = plain

    @contextmanager
    def trace(
        self, operation_name: str, tags: Mapping[str, Any] | None = None, parent_span: Any = None
    ) -> Generator[HaystackSpan]:
        """A span, current inside the block; in a thread that knows of no other below the given one."""
        told = {key: self._plain(value) for key, value in (tags or {}).items()}
        if operation_name == _AGENT_RUN:
            told["gen_ai.operation.name"] = "invoke_agent"
        name = next((str(told[key]) for key in _NAMES if told.get(key)), operation_name)
        context = None
        if parent_span is not None and not trace.get_current_span().get_span_context().is_valid:
            context = trace.set_span_in_context(parent_span.raw_span())
        with self._tracer.start_as_current_span(name, context, attributes=told) as span:
            yield HaystackSpan(span, self._plain)

    def current_span(self) -> HaystackSpan:
        """What runs here."""
        return HaystackSpan(trace.get_current_span(), self._plain)
