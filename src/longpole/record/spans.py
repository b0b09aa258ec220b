"""A record as what is sent: ids, times, attributes, events. Runs in the flusher, where there is time to think."""

from typing import Any

from longpole.model.category import Category
from longpole.model.clock import now_ns
from longpole.model.status import TIMEOUT_ERRORS, ExecutionStatus
from longpole.record import more as keys
from longpole.record.capture import stack_text
from longpole.record.content import Content
from longpole.record.current import ENDED, ERROR, INPUT, MORE, OUTPUT, PARENT, SITE, STARTED, Ids, Record, ids_of
from longpole.record.foreign import FOREIGN, foreign_span
from longpole.record.recorder import Line
from longpole.record.render import Renderer
from longpole.record.site import Site
from longpole.record.stages import events_at_end
from longpole.wire import longpole_names as names
from longpole.wire.otlp_encode import STATUS_ERROR, STATUS_OK, STATUS_UNSET, LogOut, SpanEventOut, SpanOut
from longpole.wire.redact import Redactor

LONGEST_MESSAGE = 4096
_BAD = frozenset({str(ExecutionStatus.FAILED), str(ExecutionStatus.TIMEOUT)})


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
        if FOREIGN in more:
            return foreign_span(
                more[FOREIGN], ids, more, weight=self._weight, renderer=self._renderer, redactor=self._redactor
            )
        ended, error = record[ENDED], record[ERROR]
        attributes: dict[str, Any] = dict(site.base)
        self._add_contents(attributes, record, site)
        self._add_more(attributes, record, more, ids)
        code, message = STATUS_OK, ""
        if ended is None:
            code = STATUS_UNSET
            attributes[names.OPEN] = True
        elif error is not None:
            code, message = STATUS_ERROR, self._redactor.text(error[1][:LONGEST_MESSAGE])
            attributes["error.type"] = error[0]
            if error[0] in TIMEOUT_ERRORS:
                attributes.setdefault(names.STATUS, str(ExecutionStatus.TIMEOUT))
        elif attributes.get(names.STATUS) in _BAD:
            code = STATUS_ERROR
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
            workspace=ids.workspace,
        )

    def registration(self, site: Site) -> LogOut:
        """The log record that makes an agent known."""
        attributes = {name: value for name, value in site.base.items() if name.startswith(("longpole.", "code."))}
        return LogOut(time_ns=now_ns(), event_name=names.AGENT_REGISTERED, attributes=attributes)

    def line(self, line: Line) -> LogOut:
        """A line that travels by itself, without secrets."""
        message = self._kept("message", line.message)
        return LogOut(
            time_ns=line.time_ns,
            event_name=line.event_name,
            level=line.level,
            body=None if message is None else self._redactor.text(message),
            attributes=self._redactor.value({name: self._kept(name, v) for name, v in line.attributes.items()}),
            trace_id=line.trace_id,
            span_id=line.span_id,
            workspace=line.workspace,
        )

    def _add_contents(self, attributes: dict[str, Any], record: Record, site: Site) -> None:
        if self._renderer is None:
            return
        if record[INPUT] is not None:
            attributes[names.INPUT] = self._renderer.inputs(record[INPUT], site.parameters)
            attributes[names.ARGUMENT_HASH] = self._renderer.argument_hash(record[INPUT])
            if site.category == Category.LLM:
                attributes[names.PROMPT_HASH] = self._renderer.prompt_hash(record[INPUT], site.parameters)
        if record[OUTPUT] is not None:
            attributes[names.OUTPUT] = self._renderer.value(record[OUTPUT])

    def _add_more(self, attributes: dict[str, Any], record: Record, more: dict[str, Any], ids: Ids) -> None:
        if self._weight != 1.0:
            attributes[names.WEIGHT] = self._weight
        own = dict(more.get(keys.ATTRIBUTES, ()))
        if own:
            if names.CHECKPOINTS in own:
                own[names.CHECKPOINTS] = [self._checkpoint(each) for each in own[names.CHECKPOINTS]]
            attributes.update(self._redactor.value(own))
        if keys.LEFT_OUT in more:
            attributes[names.LEFT_OUT] = more[keys.LEFT_OUT]
        if keys.FIRST_TOKEN in more:
            attributes[names.FIRST_TOKEN_NS] = more[keys.FIRST_TOKEN]
        parent = record[PARENT]
        if parent is not None and parent[SITE] is None and parent[INPUT] is not None:
            attributes.setdefault(names.ATTEMPT, parent[INPUT])  # see `current.attempt_record`
        if (status := _own_status(record, more, ids)) is not None:
            attributes[names.STATUS] = str(status)
        if not ids.is_execution and attributes.get(names.KIND) == "agent":
            attributes[names.KIND] = "step"  # a method that the same agent called
            attributes[names.CATEGORY] = "processing"

    def _checkpoint(self, checkpoint: dict[str, Any]) -> dict[str, Any]:
        kept = {name: self._kept(name, value) for name, value in checkpoint.items()}
        return {name: value for name, value in kept.items() if value is not None}

    def _kept(self, name: str, value: Any) -> Any:
        """The value, or what the content mode keeps of it."""
        if type(value) is not Content:
            return value
        return value.plain if self._renderer is None else self._renderer.kept(name, value)

    def _events(self, record: Record, more: dict[str, Any], ids: Ids) -> list[SpanEventOut]:
        events = [
            SpanEventOut(name, time + ids.epoch_ns, self._redactor.value(attributes))
            for time, name, attributes in [*more.get(keys.EVENTS, ()), *events_at_end(record, more)]
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


def _own_status(record: Record, more: dict[str, Any], ids: Ids) -> str | None:
    """The status that the program gave: while the record is open its phase, at the end "skipped", if it was."""
    if record[ENDED] is None:
        return more.get(keys.PHASE)
    return more.get(keys.STATUS) if ids.is_execution and record[ERROR] is None else None
