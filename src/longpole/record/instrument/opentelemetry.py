"""Spans that the program, or a library with OpenTelemetry built in, makes through the global tracer provider.

Where the program has set a provider, its spans are recorded as well as sent where it sends them. Where it has none,
ours stands in until it sets one: without that, libraries that only know the OpenTelemetry API would make no spans.
"""

from typing import Any

from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.util._once import Once

from longpole.record.instrument.opentelemetry_spans import own_provider, record_spans_of
from longpole.record.instrument.replacement import Replacements

_hook = Replacements()
_api: Any = trace


def install(*, stands_in: bool = True) -> None:
    """Turns it on; again does nothing.

    Args:
        stands_in: whether ours is the global provider where the program has set none.
    """
    if _hook.is_on:
        return
    present = trace.get_tracer_provider()
    if isinstance(present, TracerProvider):
        record_spans_of(present)
    elif stands_in and isinstance(present, trace.ProxyTracerProvider):
        trace.set_tracer_provider(own_provider())
    _hook.add(trace, "set_tracer_provider", _make_way)


def remove() -> None:
    """Turns it off for providers that are still to come."""
    _hook.remove()
    _step_aside()


def _make_way(original: Any, is_wanted: Any) -> Any:
    """The program sets its own provider: ours steps aside, or the API would refuse it."""

    def set_tracer_provider(tracer_provider: trace.TracerProvider) -> None:
        if is_wanted():
            _step_aside()
        original(tracer_provider)
        if is_wanted() and isinstance(tracer_provider, TracerProvider):
            record_spans_of(tracer_provider)

    return set_tracer_provider


def _step_aside() -> None:
    if trace.get_tracer_provider() is own_provider():
        _api._TRACER_PROVIDER = None
        _api._TRACER_PROVIDER_SET_ONCE = Once()  # there is no public way; OpenTelemetry's own tests do the same
