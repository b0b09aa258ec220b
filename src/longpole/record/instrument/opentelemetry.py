"""Spans that the program, or a library with OpenTelemetry built in, makes through the global tracer provider.

Where the program has set a provider, its spans are recorded as well as sent where it sends them. Where it has none,
ours stands in until it sets one: without that, libraries that only know the OpenTelemetry API would make no spans.
It serves those that are wanted; the others find nothing there, as without it.
"""

from typing import Any

from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider

from longpole.record.instrument.opentelemetry_spans import own_provider, record_spans_of, tracer_provider
from longpole.record.instrument.replacement import Replacements

_EVERY = ""
_hook = Replacements()
_api: Any = trace
_wanted: set[str] = set()  # scopes
_is_watching = False


def install(scope: str = _EVERY, *, stands_in: bool = True) -> None:
    """Turns it on; again does nothing.

    Args:
        scope: whose spans are wanted while the program has set no provider; by default everybody's.
        stands_in: whether ours is the global provider where the program has set none.
    """
    global _is_watching
    present = trace.get_tracer_provider()
    if isinstance(present, TracerProvider):
        record_spans_of(present)
    if stands_in:
        _wanted.add(scope)
        tracer_provider()  # from now on both share what is current
    else:
        _is_watching = True
    if stands_in and isinstance(present, trace.ProxyTracerProvider):
        # Not by `set_tracer_provider`, which works once: that once is the program's, also where it got hold of the
        # function before our hook stood.
        _api._TRACER_PROVIDER = _stand_in
    if not _hook.is_on:
        _hook.add(trace, "set_tracer_provider", _make_way)


def remove(scope: str = _EVERY) -> None:
    """Turns it off for providers that are still to come."""
    _wanted.discard(scope)
    if _wanted:
        return
    _step_aside()
    if not _is_watching or scope == _EVERY:
        _hook.remove()


class _StandIn(trace.TracerProvider):
    """The global provider while the program has set none."""

    def get_tracer(self, *args: Any, **kwargs: Any) -> trace.Tracer:
        return _LateTracer(*args, **kwargs)


class _LateTracer(trace.Tracer):
    """A tracer that asks at each span whose it is: libraries keep it, and the program may set a provider later."""

    def __init__(self, name: str, *args: Any, **kwargs: Any) -> None:
        self._name = name
        self._given = (args, kwargs)
        self._from: Any = None
        self._tracer: trace.Tracer = trace.NoOpTracer()

    def start_span(self, *args: Any, **kwargs: Any) -> trace.Span:
        return self._actual().start_span(*args, **kwargs)

    def start_as_current_span(self, *args: Any, **kwargs: Any) -> Any:
        return self._actual().start_as_current_span(*args, **kwargs)

    def _actual(self) -> trace.Tracer:
        present: Any = trace.get_tracer_provider()
        if present is _stand_in:
            is_wanted = _EVERY in _wanted or self._name in _wanted
            present = own_provider() if is_wanted else _nobody
        elif isinstance(present, TracerProvider):
            record_spans_of(present)
        if present is not self._from:
            args, kwargs = self._given
            self._from, self._tracer = present, present.get_tracer(self._name, *args, **kwargs)
        return self._tracer


_nobody = trace.NoOpTracerProvider()
_stand_in = _StandIn()


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
    if trace.get_tracer_provider() is _stand_in:
        _api._TRACER_PROVIDER = None  # there is no public way; OpenTelemetry's own tests do the same
