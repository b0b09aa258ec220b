"""OpenTelemetry's spans and our steps in one tree: what starts inside one is below it, whichever of the two it is.

OpenTelemetry keeps what is current in a runtime context of its own. Ours takes its place: while a span is current
there, a record that stands for it is current here, and who asks there inside a step of ours gets that step as a span.
Both are context variables, so tasks and copied contexts carry them together. A program that does not use OpenTelemetry
loads nothing of this, and a step costs nothing more.
"""

from typing import Any

from opentelemetry import context as contexts
from opentelemetry.context.context import _RuntimeContext  # pyright: ignore[reportPrivateUsage] - it has no other name
from opentelemetry.trace import INVALID_SPAN, NonRecordingSpan, Span, SpanContext, TraceFlags, get_current_span
from opentelemetry.trace.propagation import set_span_in_context

from longpole.record.current import IDS, PARENT, Record, current, ids_of, is_unsampled, remote_record

RECORD = "_longpole_record"
"""Attribute of a span: the record that stands for it."""


class StepAsSpan(NonRecordingSpan):
    """A step of ours as OpenTelemetry's code sees it: a parent with the right ids, recorded elsewhere."""

    def __init__(self, record: Record) -> None:
        super().__init__(_span_context(record))
        setattr(self, RECORD, record)


class SharedContext(_RuntimeContext):
    """OpenTelemetry's runtime context around another one, with our steps in it."""

    def __init__(self, inner: Any) -> None:
        self.inner = inner

    def attach(self, context: Any) -> Any:
        """Makes a context current there, and the span in it current here."""
        token = self.inner.attach(context)
        before = current.get()
        record = record_of(get_current_span(context), before)
        if record is None or record is before:
            return token
        current.set(record)
        return _Attached(token, record, before)

    def get_current(self) -> Any:
        """The current context; inside a step of ours the one in which that step is the current span.

        What our sampling left out is not shown: the program's own tracing must not lose it.
        """
        context, record = self.inner.get_current(), current.get()
        if record is None or is_unsampled(record) or getattr(get_current_span(context), RECORD, None) is record:
            return context
        return set_span_in_context(StepAsSpan(record), context)

    def detach(self, token: Any) -> None:
        """Makes current again what was so before `attach`, there and here."""
        if isinstance(token, _Attached):
            token.step_back()
            token = token.token
        self.inner.detach(token)


class _Attached:
    """What `attach` gives back. Some instrumentors take it for the `contextvars.Token` that it mostly is."""

    __slots__ = ("before", "record", "token")

    def __init__(self, token: Any, record: Record, before: Record | None) -> None:
        self.token = token
        self.record = record
        self.before = before

    @property
    def var(self) -> "_Attached":
        """What knows how to reset it."""
        return self

    def reset(self, token: "_Attached") -> None:
        """As `ContextVar.reset`, with our side; raises as that does."""
        token.step_back()
        token.token.var.reset(token.token)

    def step_back(self) -> None:
        """Makes our step from before the current one again, unless something else is by now."""
        if current.get() is self.record:
            current.set(self.before)


def install() -> None:
    """From now on both share what is current. A span that is current already is taken over."""
    runtime = contexts._RUNTIME_CONTEXT  # pyright: ignore[reportPrivateUsage] - there is no setter
    if isinstance(runtime, SharedContext):
        return
    contexts._RUNTIME_CONTEXT = SharedContext(runtime)  # pyright: ignore[reportPrivateUsage, reportAttributeAccessIssue]
    if current.get() is None:
        current.set(record_of(get_current_span(runtime.get_current()), None))


def remove() -> None:
    """Each keeps to itself again."""
    runtime: Any = contexts._RUNTIME_CONTEXT  # pyright: ignore[reportPrivateUsage]
    if isinstance(runtime, SharedContext):
        contexts._RUNTIME_CONTEXT = runtime.inner  # pyright: ignore[reportPrivateUsage]


def record_of(span: Span, before: Record | None) -> Record | None:
    """The record that stands for a span, made at its first use; `None` where there is no span.

    Args:
        span: of OpenTelemetry, or a step of ours in its shape.
        before: the current record; one that sampling left out leaves out what is below it, too.
    """
    if span is INVALID_SPAN:
        return None
    known: Record | None = getattr(span, RECORD, None)
    if known is not None:
        return known
    context = span.get_span_context()
    if not context.is_valid or (before is not None and is_unsampled(before)):
        return None
    record = remote_record(f"{context.trace_id:032x}", f"{context.span_id:016x}")
    if before is not None and before[IDS] is not None and before[IDS].trace_id == record[IDS].trace_id:
        record[PARENT] = before  # so that what is inside still knows its execution
    try:
        setattr(span, RECORD, record)
    except AttributeError:
        pass  # a span of someone else's class with slots: a new record at each use is as good
    return record


def _span_context(record: Record) -> SpanContext:
    ids = ids_of(record)
    return SpanContext(int(ids.trace_id, 16), int(ids.span_id, 16), is_remote=False, trace_flags=TraceFlags(1))
