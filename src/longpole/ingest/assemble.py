"""Decides what one span tells by itself: is it an execution or a step, of which kind, how did it end, what did it use.

Every rule is written down in `docs/reference/mapping.md`. No rule knows a client program; all go by the conventions
that clients follow. What needs the rest of the tree (whose step is this, which tokens count) is decided in `traces`.
"""

from collections.abc import Sequence
from typing import Any

from msgspec import Struct, structs

from longpole.ingest.facts import Facts
from longpole.ingest.gather import Reader
from longpole.ingest.heartbeats import SIGNS, Beat, read_beat
from longpole.ingest.names import read_text
from longpole.ingest.price_list import PriceList
from longpole.ingest.recognise_bodies import Contents, as_json, hash_of, read_bodies
from longpole.ingest.recognise_events import NOTHING, event_of_log, read_events
from longpole.ingest.recognise_kind import decide_kind, read_metadata
from longpole.ingest.recognise_status import decide_status
from longpole.ingest.recognise_usage import first_token_after, price, read_usage
from longpole.ingest.shapes import Shape, Shapes
from longpole.ingest.span import LogRecord, Source, Span, SpanEvent, SpanLink
from longpole.model.category import Category
from longpole.model.event import AgentSeen, Body, Event
from longpole.wire import longpole_names as own
from longpole.wire.attribute_values import TRIGGERS
from longpole.wire.recipe import read_recipe
from longpole.wire.redact import Redactor

PENDING = "pending_span"
NO_PARENT = "0000000000000000"
SERVER, CONSUMER = 2, 5
_LLM = Category.LLM.value
_AT_ONCE = 32

_RESOURCE_FACTS = ("service", "version", "environment", "process", "session_id", "user_id", "commit")


class Origin(Struct, frozen=True):
    """What the resource of a span tells, once for all its spans; `text` is the resource and scope as JSON."""

    source: Source
    facts: dict[str, Any]
    text: str


class Recogniser:
    """Turns spans and log records into facts and rows. Safe across threads.

    Args:
        redactor: what cleans bodies, attributes and messages; one with the default rules if not given.
        prices: where prices come from; the bundled ones if not given.
    """

    def __init__(self, redactor: Redactor | None = None, prices: PriceList | None = None) -> None:
        self._redactor = redactor or Redactor()
        self._prices = prices or _bundled_prices()
        self._reader = Reader(self._redactor)
        self._shapes = Shapes(self._reader.names)
        self._origin: Origin | None = None

    def spans(self, spans: Sequence[Span]) -> list[tuple[Facts, Body]]:
        """As `span` for each of them, in their order; cheaper, because they are looked through for secrets together."""
        told: list[tuple[Facts, Body]] = []
        for first in range(0, len(spans), _AT_ONCE):
            some = spans[first : first + _AT_ONCE]
            has_secret = self._reader.has_secret_text(some)
            told += [self._span(span, has_secret=has_secret and self._reader.has_secret_text((span,))) for span in some]
        return told

    def span(self, span: Span) -> tuple[Facts, Body]:
        """The facts of one span and what it carried. Never raises for what a client sent."""
        return self._span(span, has_secret=self._reader.has_secret_text((span,)))

    def _span(self, span: Span, *, has_secret: bool) -> tuple[Facts, Body]:
        shape = None if has_secret else self._shapes.shape_of(span)
        if shape is not None:
            verdict = self._shapes.find(shape, span)
            if verdict is not None and not self._reader.has_other_secret(span.attributes, shape):
                facts = shape.facts_of(span, verdict)
                if facts is not None:
                    contents = Contents(span.attributes, shape.bodies, shape.families)
                    return self._complete(span, facts, verdict.hints, contents)
        return self._judge(span, shape, has_clean_texts=not has_secret)

    def _judge(self, span: Span, shape: Shape | None, *, has_clean_texts: bool) -> tuple[Facts, Body]:
        """As `span`, by the rules; remembered for spans like this one if they are of a shape."""
        gathered = self._reader.read(span.attributes, has_clean_texts=has_clean_texts)
        clean, hints = self._clean(span), gathered.hints
        facts, stack = _decide(clean, gathered.facts, hints)
        contents = Contents(gathered.attributes, gathered.bodies, gathered.families)
        if shape is not None and clean is span and gathered.attributes is span.attributes:
            self._shapes.remember(shape, span, facts, hints)
        return self._complete(clean, facts, hints, contents, stack)

    def _complete(
        self, span: Span, facts: Facts, hints: dict[str, Any], contents: Contents, stack: str | None = None
    ) -> tuple[Facts, Body]:
        """Add to the facts, in place, what hangs on numbers, contents and resource; and give the body."""
        origin = self._origin_of(span.source)
        is_model_call = facts.category == _LLM
        if is_model_call or facts.kind is not None:
            price(facts, hints, self._prices)
        if is_model_call:
            facts.recipe = read_recipe(contents.attributes, span.events, hints.get("asked_model") or facts.model)
        text_in, text_out, attributes = read_bodies(contents, span.events)
        if text_in is not None and facts.argument_hash is None:
            facts.argument_hash = hash_of(text_in)
        for fact, value in origin.facts.items():
            if getattr(facts, fact) is None:
                setattr(facts, fact, value)
        body = Body(
            facts.workspace, facts.trace_id, facts.span_id, text_in, text_out, stack, attributes, origin.text,
            facts.received_ns,
        )  # fmt: skip
        return facts, body

    def process_of(self, source: Source) -> str | None:
        """The process that a span or log record came from."""
        return self._origin_of(source).facts.get("process")

    def log(self, record: LogRecord) -> Event | AgentSeen | Beat | None:
        """The event that a log record of a trace is, the agent or process that it tells of, or nothing."""
        if record.event_name == own.AGENT_REGISTERED:
            return self._registered(record)
        if record.event_name in SIGNS:
            return read_beat(record, self._origin_of(record.source).facts)
        return event_of_log(record, self._redactor)

    def _registered(self, record: LogRecord) -> AgentSeen | None:
        agent = read_text(record.attributes.get(own.AGENT)) or read_text(record.attributes.get("gen_ai.agent.name"))
        if agent is None:
            return None
        found = self._reader.read(record.attributes)
        facts = {**self._origin_of(record.source).facts, **found.facts}
        _read_place_of_code(facts, found.hints)
        return AgentSeen(
            workspace=record.workspace,
            agent=agent,
            method=facts.get("method"),
            service=facts.get("service"),
            version=facts.get("version"),
            environment=facts.get("environment"),
            code_file=facts.get("code_file"),
            code_line=facts.get("code_line"),
            code_function=facts.get("code_function"),
            is_registered=True,
            first_seen_ns=record.time_ns or record.received_ns,
            last_seen_ns=record.time_ns or record.received_ns,
        )

    def _origin_of(self, source: Source) -> Origin:
        origin = self._origin
        if origin is not None and origin.source is source:
            return origin
        found = self._reader.read(source.resource)
        facts = {name: found.facts[name] for name in _RESOURCE_FACTS if name in found.facts}
        if "process" not in facts and (pid := found.hints.get("pid")) is not None:
            host = found.hints.get("host")
            facts["process"] = f"{host}:{pid}" if host is not None else pid
        resource = dict(found.attributes)
        if source.scope:
            resource["otel.scope.name"] = source.scope
        if source.scope_version:
            resource["otel.scope.version"] = source.scope_version
        self._origin = origin = Origin(source, facts, as_json(resource))
        return origin

    def _clean(self, span: Span) -> Span:
        """The span with name, status message and events redacted; attributes are cleaned where they are read."""
        redactor, read = self._redactor, self._reader.read
        name = redactor.text(span.name)
        if not span.events and not span.status_message:
            return span if name is span.name else structs.replace(span, name=name)
        events = [SpanEvent(event.name, event.time_ns, read(event.attributes).attributes) for event in span.events]
        return structs.replace(span, name=name, status_message=redactor.text(span.status_message), events=events)


def _bundled_prices() -> PriceList:
    from longpole.ingest.prices import Prices  # noqa: PLC0415 - genai-prices is not in the base install

    return Prices()


def _decide(span: Span, facts: dict[str, Any], hints: dict[str, Any]) -> tuple[Facts, str | None]:
    """What the rules say of a span, and the stack of what went wrong in it; both dictionaries are filled on the way."""
    span_id, parent_span_id, is_open = _place(span, hints)
    read_metadata(facts, hints)
    decide_kind(span.name, parent_span_id, facts, hints)
    read_usage(facts, hints)
    _read_first_token(span, facts, hints)
    stack = decide_status(span, is_open, facts, hints)
    rows = NOTHING
    if span.events:
        rows = read_events(span, span_id, is_stack_kept=stack is not None)
        facts.setdefault("first_token_ns", rows.first_token_ns)
        facts.setdefault("stage", rows.stage)
    _read_place_of_code(facts, hints)
    _read_trigger(span, facts, hints)
    if "has_scopes" in hints and facts["kind"] is not None:
        facts["scopes"] = _scopes(hints)
    if span.links:
        _read_link(span, facts)
    ended_ns = None if is_open else span.ended_ns
    whole = Facts(
        workspace=span.workspace,
        trace_id=span.trace_id,
        span_id=span_id,
        parent_span_id=parent_span_id,
        name=span.name,
        started_ns=span.started_ns,
        ended_ns=ended_ns,
        duration_ns=None if ended_ns is None else max(0, ended_ns - span.started_ns),
        received_ns=span.received_ns,
        scope=span.source.scope or None,
        events=rows.events,
        decisions=rows.decisions,
        **facts,
    )
    return whole, stack


def _place(span: Span, hints: dict[str, Any]) -> tuple[str, str | None, bool]:
    """Span id, parent id and whether the span is open.

    A pending span announces its parent, which has started and not ended: it is taken for that parent.
    """
    if hints.get("span_type") == PENDING and span.parent_span_id is not None:
        parent = hints.get("pending_parent")
        return span.parent_span_id, parent if parent not in (None, NO_PARENT) else None, True
    is_open = span.ended_ns == 0 or hints.get("is_open") is True
    return span.span_id, span.parent_span_id, is_open


def _read_first_token(span: Span, facts: dict[str, Any], hints: dict[str, Any]) -> None:
    if "first_token_ns" not in facts and "completion_start" in hints:
        passed = first_token_after(hints["completion_start"], span.started_ns)
        if passed is not None:
            facts["first_token_ns"] = passed
    if "attempt" not in facts and (resends := hints.get("resends")):
        facts["attempt"] = resends + 1


def _read_place_of_code(facts: dict[str, Any], hints: dict[str, Any]) -> None:
    function = facts.get("code_function")
    namespace = hints.get("code_namespace")
    if function is not None and namespace is not None and not function.startswith(namespace):
        facts["code_function"] = f"{namespace}.{function}"


def _read_trigger(span: Span, facts: dict[str, Any], hints: dict[str, Any]) -> None:
    if "trigger_type" in facts:
        return
    if (trigger := hints.get("faas_trigger")) is not None:
        facts["trigger_type"] = TRIGGERS.get(trigger, trigger)
        facts.setdefault("trigger_source", hints.get("faas_name"))
    elif span.kind == SERVER and (route := hints.get("http_route")) is not None:
        facts["trigger_type"] = "api"
        method = hints.get("http_method")
        facts.setdefault("trigger_source", f"{method} {route}" if method is not None else route)
    elif span.kind == CONSUMER and (queue := hints.get("messaging_destination")) is not None:
        facts["trigger_type"] = "queue"
        facts.setdefault("trigger_source", queue)


def _scopes(hints: dict[str, Any]) -> str | None:
    """The scopes of an execution, such as its vault, as a JSON object."""
    prefix = own.SCOPE_PREFIX
    scopes = {name.removeprefix(prefix): value for name, value in hints.items() if name.startswith(prefix)}
    return as_json(scopes) if scopes else None


def link_of(span: Span) -> SpanLink | None:
    """The link that joins a span's trace with another: the first that is not one to the span itself."""
    for link in span.links:
        if link.span_id != span.span_id or link.trace_id != span.trace_id:
            return link
    return None


def _read_link(span: Span, facts: dict[str, Any]) -> None:
    link = link_of(span)
    if link is not None:
        facts["link_trace_id"] = link.trace_id
        facts["link_span_id"] = link.span_id
