"""Instrumentors of OpenTelemetry and OpenInference, turned on with our provider, and off again.

A program that uses the same instrumentor itself has precedence: what it has turned on stays as it is, and when it turns
one on that is ours by then, ours makes room.
"""

from collections.abc import Callable
from contextlib import nullcontext
from importlib import import_module
from typing import Any

from opentelemetry import trace

from longpole.record.instrument.libraries import Target
from longpole.record.instrument.opentelemetry_spans import tracer_provider
from longpole.settings import set_default_environment

# What the instrumentors read. Contents are wanted here in full: our own privacy decides what of them leaves.
ENVIRONMENT = {
    "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT": "SPAN_ONLY",
    "OTEL_SEMCONV_STABILITY_OPT_IN": "gen_ai_latest_experimental,http,database",
}


def turn_on(target: Target, *, only_inside: bool = False) -> Callable[[], None] | None:
    """Turns an instrumentor on; gives back what turns it off.

    Args:
        target: the instrumentor.
        only_inside: whether its spans are wanted only below another one, but for those of model calls.

    Returns:
        `None` if the program has turned it on already.

    Raises:
        ImportError: the instrumentor is not installed.
        Exception: its own refusal, such as of a version of the library that it does not know.
    """
    module, _, name = target.how.partition(":")
    for variable, value in ENVIRONMENT.items():
        set_default_environment(variable, value)
    instrumentor = getattr(import_module(module), name)()
    if instrumentor.is_instrumented_by_opentelemetry:
        return None
    if target.after:
        import_module(target.after)
    provider = tracer_provider()
    instrumentor.instrument(
        tracer_provider=OnlyInside(provider) if only_inside else provider,
        skip_dep_check=not target.is_range_checked,
        raise_exception_on_conflict=True,
    )
    _make_room(instrumentor)
    return lambda: _turn_off(instrumentor)


class OnlyInside(trace.TracerProvider):
    """A provider whose tracers start a span only below another span, or below a step of ours, or for a model call."""

    def __init__(self, provider: trace.TracerProvider) -> None:
        self._provider = provider

    def get_tracer(self, *args: Any, **kwargs: Any) -> trace.Tracer:
        """A tracer of the provider, seen in this way."""
        return _InsideTracer(self._provider.get_tracer(*args, **kwargs))


class _InsideTracer(trace.Tracer):
    def __init__(self, tracer: trace.Tracer) -> None:
        self._tracer = tracer

    def start_span(self, name: str, context: Any = None, *args: Any, **kwargs: Any) -> trace.Span:
        if not (_is_inside(context) or _is_model_call(kwargs)):
            return trace.INVALID_SPAN
        return self._tracer.start_span(name, context, *args, **kwargs)

    def start_as_current_span(self, name: str, context: Any = None, *args: Any, **kwargs: Any) -> Any:
        if not (_is_inside(context) or _is_model_call(kwargs)):
            return nullcontext(trace.INVALID_SPAN)
        return self._tracer.start_as_current_span(name, context, *args, **kwargs)


def _is_inside(context: Any) -> bool:
    return trace.get_current_span(context).get_span_context().is_valid


def _is_model_call(arguments: dict[str, Any]) -> bool:
    return any(name.startswith("gen_ai.") for name in arguments.get("attributes") or ())


def _make_room(instrumentor: Any) -> None:
    """Lets the program's own `instrument()`, which would be refused because we were first, win."""

    def instrument(**arguments: Any) -> Any:
        _turn_off(instrumentor)
        return instrumentor.instrument(**arguments)

    instrumentor.instrument = instrument


def _turn_off(instrumentor: Any) -> None:
    if vars(instrumentor).pop("instrument", None) is not None and instrumentor.is_instrumented_by_opentelemetry:
        instrumentor.uninstrument()
