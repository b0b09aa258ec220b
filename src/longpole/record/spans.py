"""A record as what is sent: ids, times, attributes, events. Runs in the flusher, where there is time to think."""

from typing import Any

from longpole.model.clock import now_ns
from longpole.model.status import ExecutionStatus
from longpole.record import annotate
from longpole.record.capture import Renderer, stack_text
from longpole.record.current import ENDED, ERROR, INPUT, MORE, OUTPUT, SITE, STARTED, Ids, Record, ids_of
from longpole.record.site import Site
from longpole.wire import longpole_names as names
from longpole.wire.otlp_encode import STATUS_ERROR, STATUS_OK, STATUS_UNSET, LogOut, SpanEventOut, SpanOut
from longpole.wire.redact import Redactor

TIMEOUTS = frozenset({"TimeoutError", "CancelledError", "asyncio.exceptions.CancelledError", "socket.timeout"})
LONGEST_MESSAGE = 4096


class SpanBuilder:
    """Makes `SpanOut` of records.

    Args:
        renderer: for inputs and outputs; `None` keeps none of them (content mode `off`).
        weight: how many executions each recorded one stands for.
    """

    def __init__(self, renderer: Renderer | None, weight: float = 1.0, redactor: Redactor | None = None) -> None:
        self._renderer = renderer
        self._weight = weight
        self._redactor = redactor or Redactor()

    def span(self, record: Record) -> SpanOut:
        """The span of a record, open if the record is."""
        ids, site, more = ids_of(record), record[SITE], record[MORE] or {}
        ended, error = record[ENDED], record[ERROR]
        attributes: dict[str, Any] = dict(site.base)
        self._add_contents(attributes, record, site)
        self._add_more(attributes, more, ids)
        code, message = STATUS_OK, ""
        if ended is None:
            code = STATUS_UNSET
            attributes[names.OPEN] = True
        elif error is not None:
            code, message = STATUS_ERROR, self._redactor.text(error[1][:LONGEST_MESSAGE])
            attributes["error.type"] = error[0]
            if error[0] in TIMEOUTS:
                attributes[names.STATUS] = str(ExecutionStatus.TIMEOUT)
        return SpanOut(
            trace_id=ids.trace_id,
            span_id=ids.span_id,
            parent_span_id=ids.parent_span_id,
            name=site.name,
            started_ns=record[STARTED] + ids.epoch_ns,
            ended_ns=0 if ended is None else ended + ids.epoch_ns,
            status_code=code,
            status_message=message,
            attributes=attributes,
            events=self._events(record, more, ids),
        )

    def registration(self, site: Site) -> LogOut:
        """The log record that makes an agent known."""
        attributes = {name: value for name, value in site.base.items() if name.startswith(("longpole.", "code."))}
        return LogOut(time_ns=now_ns(), event_name=names.AGENT_REGISTERED, attributes=attributes)

    def line(self, log: LogOut) -> LogOut:
        """A late log line without secrets."""
        return LogOut(
            time_ns=log.time_ns,
            event_name=log.event_name,
            level=log.level,
            body=None if log.body is None else self._redactor.text(log.body),
            attributes=self._redactor.value(dict(log.attributes)),
            trace_id=log.trace_id,
            span_id=log.span_id,
        )

    def _add_contents(self, attributes: dict[str, Any], record: Record, site: Site) -> None:
        if self._renderer is None:
            return
        if record[INPUT] is not None:
            attributes[names.INPUT] = self._renderer.inputs(record[INPUT], site.parameters)
            attributes[names.ARGUMENT_HASH] = self._renderer.argument_hash(record[INPUT])
        if record[OUTPUT] is not None:
            attributes[names.OUTPUT] = self._renderer.value(record[OUTPUT])

    def _add_more(self, attributes: dict[str, Any], more: dict[str, Any], ids: Ids) -> None:
        if self._weight != 1.0:
            attributes[names.WEIGHT] = self._weight
        own = more.get(annotate.ATTRIBUTES)
        if own:
            attributes.update(self._redactor.value(dict(own)))
        if annotate.FIRST_TOKEN in more:
            attributes[names.FIRST_TOKEN_NS] = more[annotate.FIRST_TOKEN]
        if annotate.STATUS in more and ids.is_execution:
            attributes[names.STATUS] = str(more[annotate.STATUS])
        if not ids.is_execution and attributes.get(names.KIND) == "agent":
            attributes[names.KIND] = "step"  # a method that the same agent called
            attributes[names.CATEGORY] = "processing"

    def _events(self, record: Record, more: dict[str, Any], ids: Ids) -> list[SpanEventOut]:
        events = [
            SpanEventOut(name, time + ids.epoch_ns, self._redactor.value(attributes))
            for time, name, attributes in list(more.get(annotate.EVENTS, ()))
        ]
        error = record[ERROR]
        if error is not None:
            events.append(
                SpanEventOut(
                    "exception",
                    record[ENDED] + ids.epoch_ns,
                    {
                        "exception.type": error[0],
                        "exception.message": self._redactor.text(error[1][:LONGEST_MESSAGE]),
                        "exception.stacktrace": self._redactor.text(stack_text(error)),
                    },
                )
            )
        return events
