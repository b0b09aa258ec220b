"""What a program can say about the step or execution that runs: usage, decisions, stages, log lines.

All of them do nothing outside of a step, before `configure()`, and where sampling left the execution out. None raises.
"""

from threading import RLock
from typing import Any

from msgspec import Struct

from longpole.model.clock import now_ns, steady_ns
from longpole.model.stage import ExecutionStage
from longpole.model.status import ExecutionStatus
from longpole.record.current import (
    ENDED,
    MORE,
    SITE,
    STARTED,
    Record,
    current,
    current_execution_record,
    ids_of,
    is_unsampled,
    remote_record,
)
from longpole.record.recorder import recorder
from longpole.wire import longpole_names as names
from longpole.wire.otlp_encode import LogOut
from longpole.wire.traceparent import Traceparent, format_traceparent, parse_traceparent

# Keys of a record's MORE
ATTRIBUTES, EVENTS, STATUS, STAGE, FIRST_TOKEN = "attributes", "events", "status", "stage", "first_token_ns"
_lock = RLock()

USAGE_NAMES = {
    "model": "gen_ai.request.model",
    "provider": "gen_ai.provider.name",
    "input_tokens": "gen_ai.usage.input_tokens",
    "output_tokens": "gen_ai.usage.output_tokens",
    "cache_read_tokens": "gen_ai.usage.cache_read.input_tokens",
    "cache_write_tokens": "gen_ai.usage.cache_creation.input_tokens",
    "reasoning_tokens": "gen_ai.usage.reasoning.output_tokens",
}


class CurrentExecution(Struct, frozen=True, kw_only=True):
    """The execution that runs here: its id (48 hexadecimal digits), its trace, and whose it is."""

    execution_id: str
    trace_id: str
    agent: str
    method: str | None


def current_execution() -> CurrentExecution | None:
    """The execution that runs here, or `None` outside of any."""
    record = current_execution_record()
    if record is None:
        return None
    ids = ids_of(record)
    site = record[SITE]
    return CurrentExecution(
        execution_id=ids.trace_id + ids.span_id, trace_id=ids.trace_id, agent=site.agent, method=site.method
    )


def set_usage(
    *,
    model: str | None = None,
    provider: str | None = None,
    input_tokens: int | None = None,
    output_tokens: int | None = None,
    cache_read_tokens: int | None = None,
    cache_write_tokens: int | None = None,
    reasoning_tokens: int | None = None,
) -> None:
    """Says which model the current step called and the tokens it took, as the provider reported them.

    `input_tokens` include those read from a cache, `output_tokens` those spent on reasoning.
    """
    given = {
        "model": model,
        "provider": provider,
        "input_tokens": input_tokens,
        "output_tokens": output_tokens,
        "cache_read_tokens": cache_read_tokens,
        "cache_write_tokens": cache_write_tokens,
        "reasoning_tokens": reasoning_tokens,
    }
    set_attributes(**{USAGE_NAMES[name]: value for name, value in given.items() if value is not None})


def set_attributes(**attributes: Any) -> None:
    """Adds attributes to the current step; a later value replaces an earlier one."""
    record = current.get()
    if record is not None:
        _put(record, ATTRIBUTES, attributes)


def first_token() -> None:
    """Says that the current step's first token is here. Of a generator with the category "llm" it is known anyway."""
    record = current.get()
    if record is not None and record[SITE] is not None:
        _put(record, FIRST_TOKEN, steady_ns() - record[STARTED])


def track_should_respond(
    should: bool, confidence: float | None = None, reason: str | None = None, *, threshold: float | None = None
) -> bool:
    """Notes whether the current agent found that it should respond; if not, its execution is `skipped`.

    Args:
        should: the decision; it is given back, so that it can stand in an `if`.
        confidence: 0 to 1.
        reason: why, in a sentence.
        threshold: what the confidence was held against, 0 to 1.
    """
    record = current_execution_record()
    if record is not None:
        outcome = "respond" if should else ExecutionStatus.SKIPPED
        _decision(record, record[SITE].agent, confidence, threshold, outcome, reason)
        if not should:
            _put(record, STATUS, ExecutionStatus.SKIPPED)
    return should


def track_decision(
    candidate: str,
    *,
    score: float | None = None,
    threshold: float | None = None,
    outcome: str | None = None,
    reason: str | None = None,
) -> None:
    """Notes one candidate that the current execution considered, such as an agent or tool, and what came of it."""
    record = current_execution_record()
    if record is not None:
        _decision(record, candidate, score, threshold, outcome, reason)


def track_stage(stage: ExecutionStage | str, message: str | None = None) -> None:
    """Notes that the current execution has entered a stage, one of `ExecutionStage`."""
    record = current_execution_record()
    if record is not None:
        _event(record, names.EVENT_STAGE, {"stage": str(stage), "status": "started", "message": message})


def log_event(message: str, level: str = "info", **attributes: Any) -> None:
    """Puts a log line into the current step."""
    record = current.get()
    if record is None or is_unsampled(record):
        return
    if record[ENDED] is None:
        _event(record, names.EVENT_LOG, {**attributes, "level": level, "message": message})
        return
    ids = ids_of(record)  # a task that outlived its step: the line goes by itself, under the step's ids
    recorder.late.append(
        LogOut(
            time_ns=now_ns(),
            event_name=names.EVENT_LOG,
            level=level,
            body=message,
            attributes=attributes,
            trace_id=ids.trace_id,
            span_id=ids.span_id,
        )
    )
    if not recorder.is_awake:
        recorder.wake()


def traceparent() -> str | None:
    """The W3C `traceparent` header for a call to another process, or `None` outside of a step."""
    record = current.get()
    if record is None or is_unsampled(record):
        return None
    ids = ids_of(record)
    return format_traceparent(Traceparent(ids.trace_id, ids.span_id))


class continue_trace:  # noqa: N801 - used like a function: with continue_trace(header)
    """What runs inside belongs below the caller in another process that sent this `traceparent` header.

    An absent or broken header changes nothing.
    """

    __slots__ = ("_before", "_place")

    def __init__(self, header: str | None) -> None:
        self._place = parse_traceparent(header) if header else None
        self._before: Record | None = None

    def __enter__(self) -> None:
        self._before = current.get()
        if self._place is not None:
            current.set(remote_record(self._place.trace_id, self._place.span_id))

    def __exit__(self, *_: object) -> None:
        current.set(self._before)


def _decision(
    record: Record,
    candidate: str,
    score: float | None,
    threshold: float | None,
    outcome: str | None,
    reason: str | None,
) -> None:
    attributes = {
        "candidate": candidate,
        "considered": True,
        "score": score,
        "threshold": threshold,
        "outcome": None if outcome is None else str(outcome),
        "reason": reason,
    }
    _event(record, names.EVENT_DECISION, attributes)


def _event(record: Record, name: str, attributes: dict[str, Any]) -> None:
    _put(record, EVENTS, (steady_ns(), name, attributes))


def _put(record: Record, key: str, value: Any) -> None:
    """Adds to a record's MORE. The lock is for threads that share an execution; nothing in it waits."""
    with _lock:
        more = record[MORE]
        if more is None:
            more = record[MORE] = {}
        if key == EVENTS:
            more.setdefault(EVENTS, []).append(value)
        elif key == ATTRIBUTES:
            more.setdefault(ATTRIBUTES, {}).update(value)
        else:
            more.setdefault(key, value)


def reset_after_fork() -> None:
    """In a new child: a lock that another thread held at the fork would never be released."""
    global _lock
    _lock = RLock()
