"""Spans that OpenTelemetry instrumentation makes, recorded by us: with our privacy, our spool, visible while open."""

from collections.abc import Mapping
from typing import Any

from opentelemetry import trace
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, Span, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.sampling import ALWAYS_ON

from longpole.model.category import Category
from longpole.model.clock import now_ns, steady_ns
from longpole.record.current import ENDED, IDS, MORE, Ids, Record, current, is_unsampled
from longpole.record.foreign import FOREIGN
from longpole.record.instrument import opentelemetry_context
from longpole.record.instrument.calls_of_clients import CallsOfClients
from longpole.record.instrument.opentelemetry_context import RECORD, record_of
from longpole.record.more import ATTRIBUTES, put
from longpole.record.recorder import recorder
from longpole.record.site import Site

_AGENT_KINDS = {
    "gen_ai.operation.name": ("invoke_agent", "invoke_workflow"),
    "openinference.span.kind": ("AGENT",),
    "traceloop.span.kind": ("agent", "workflow"),
}
_AGENT_NAMES = ("gen_ai.agent.name", "agent.name", "traceloop.entity.name")
_STEP = Site("opentelemetry", Category.PROCESSING)


class RecordSpans(SpanProcessor):
    """Gives every span a record: appended at its start, so that it is visible while it runs."""

    def __init__(self) -> None:
        self._open: dict[int, Record] = {}
        self._calls = CallsOfClients()

    def on_start(self, span: Span, parent_context: Any = None) -> None:
        """Starts the record, below that of the parent."""
        if not recorder.is_on or span.context is None or _is_only_made(span):
            return
        record = recorder.begin(_new_record(span, parent_context))
        setattr(span, RECORD, record)
        if not is_unsampled(record):
            self._open[span.context.span_id] = record
            self._calls.begin(span)

    def on_end(self, span: ReadableSpan) -> None:
        """Ends it; from now on the finished span stands in it."""
        record = self._open.pop(span.context.span_id, None) if span.context is not None else None
        if record is not None:
            record[MORE][FOREIGN] = span
            if uncounted := self._calls.end(span):
                put(record, ATTRIBUTES, uncounted)
            record[ENDED] = steady_ns()

    def shutdown(self) -> None:
        """Nothing: the spans are ours to deliver."""

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Nothing to wait for: `longpole.flush` delivers."""
        return True


_processor = RecordSpans()
_own: TracerProvider | None = None


def tracer_provider() -> TracerProvider:
    """A provider whose spans are recorded here: the program's own if it has one, else one of ours.

    Ours is not made the global one: the program may still set its own.
    """
    opentelemetry_context.install()
    present = trace.get_tracer_provider()
    if isinstance(present, TracerProvider):
        record_spans_of(present)
        return present
    return own_provider()


def own_provider() -> TracerProvider:
    """A provider of ours, that sends nowhere else."""
    global _own
    if _own is None:
        _own = TracerProvider(sampler=ALWAYS_ON, resource=Resource({}), shutdown_on_exit=False)
        record_spans_of(_own)
    return _own


def record_spans_of(provider: TracerProvider) -> None:
    """Records the spans of a provider; once, however often it is asked for."""
    if not getattr(provider, "_longpole_records", False):
        provider.add_span_processor(_processor)
        provider._longpole_records = True  # pyright: ignore[reportAttributeAccessIssue]


def _new_record(span: Span, parent_context: Any) -> Record:
    assert span.context is not None
    above = trace.get_current_span(parent_context)
    parent = record_of(above, current.get()) if span.parent is not None else None
    if parent is None and span.parent is None and is_unsampled_here():
        parent = current.get()
    parent_ids: Ids | None = parent[IDS] if parent is not None else None
    epoch_ns = now_ns() - steady_ns() if parent_ids is None else parent_ids.epoch_ns
    site = _site(span.name, span.attributes or {})
    started_ns = (span.start_time or now_ns()) - epoch_ns
    ids = Ids(
        f"{span.context.trace_id:032x}",
        f"{span.context.span_id:016x}",
        None if span.parent is None else f"{span.parent.span_id:016x}",
        epoch_ns,
        site.is_agent,
    )
    return [parent, site, started_ns, None, None, None, None, ids, {FOREIGN: span}]


def _is_only_made(span: Span) -> bool:
    """Whether this is the making of an agent of AutoGen's (0.7.5): no execution, and of no length."""
    scope = span.instrumentation_scope
    is_making = (span.attributes or {}).get("gen_ai.operation.name") == "create_agent"
    return is_making and scope is not None and scope.name == "autogen-core"


def is_unsampled_here() -> bool:
    """Whether sampling left out what runs here."""
    record = current.get()
    return record is not None and is_unsampled(record)


def _site(name: str, attributes: Mapping[str, Any]) -> Site:
    for key, kinds in _AGENT_KINDS.items():
        if attributes.get(key) in kinds:
            agent = next((str(attributes[each]) for each in _AGENT_NAMES if attributes.get(each)), name)
            return Site(name, Category.AGENT, agent=agent)
    return _STEP
