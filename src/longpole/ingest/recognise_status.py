"""Decides how a span stands, and what went wrong in it."""

import re
from typing import Any

from longpole.ingest.names import read_text
from longpole.ingest.span import Span, SpanEvent
from longpole.model.status import OPEN_STATUSES, ExecutionStatus
from longpole.wire import attribute_values as table
from longpole.wire import longpole_names as own
from longpole.wire.attribute_names import FIRST_TOKEN_EVENTS

OK, ERROR = 1, 2
LONGEST_MESSAGE = 16_384

_STATUSES = frozenset(map(str, ExecutionStatus))
_OPEN = frozenset(map(str, OPEN_STATUSES))
_SUCCESS = ExecutionStatus.SUCCESS.value  # `.value` costs 0.2 us each time
_TIMEOUT_MESSAGE = re.compile(table.TIMEOUT_MESSAGES)
_TYPED_MESSAGE = re.compile(r"([A-Za-z_][\w.]*(?:Error|Exception|Timeout|Interrupt|Exit|Warning|Group)):?(?:\s|$)")


def decide_status(span: Span, is_open: bool, facts: dict[str, Any], hints: dict[str, Any]) -> str | None:
    """Fill `status`, `error_type` and `error_message` of the facts; gives the stack of the error, if there is one."""
    exception = _last_exception(span.events) if span.events else None
    has_failed = _has_failed(span, facts, hints)
    status = hints.get("own_status")
    if status not in _STATUSES or (status in _OPEN and not is_open):
        status = None
    if status is None and not has_failed:
        status = _good_status(span, is_open, facts)
    if status is not None and status not in ("failed", "timeout", "crashed"):
        facts["status"] = status
        facts["error_type"] = facts["error_message"] = None
        return None
    error_type, message, stack = _error(span, exception, facts, hints)
    facts["status"] = status or ("timeout" if _is_timeout(error_type, message) else "failed")
    facts["error_type"] = error_type
    facts["error_message"] = message if message is None else message[:LONGEST_MESSAGE]
    if stack is None and message is not None and len(message) > LONGEST_MESSAGE:
        return message
    return stack


def _has_failed(span: Span, facts: dict[str, Any], hints: dict[str, Any]) -> bool:
    if span.status_code == ERROR:
        return True
    if span.status_code == OK:
        return False
    if "error_type" in facts or hints.get("success") is False:
        return True
    return hints.get("level") == "ERROR"


def _good_status(span: Span, is_open: bool, facts: dict[str, Any]) -> str:
    if is_open:
        if facts["category"] != "llm":
            return ExecutionStatus.RUNNING.value
        answered = "first_token_ns" in facts or any(event.name in FIRST_TOKEN_EVENTS for event in span.events)
        return ExecutionStatus.LLM_RESPONSE.value if answered else ExecutionStatus.LLM_REQUEST.value
    if span.events and facts["kind"] is not None and _is_skipped(span.events, facts["agent"]):
        return ExecutionStatus.SKIPPED.value
    return _SUCCESS


def _is_skipped(events: list[SpanEvent], agent: str | None) -> bool:
    for event in events:
        if event.name == own.EVENT_DECISION and event.attributes.get("outcome") == "skipped":
            candidate = event.attributes.get("candidate")
            if candidate is None or candidate == agent:
                return True
    return False


def _error(
    span: Span, exception: SpanEvent | None, facts: dict[str, Any], hints: dict[str, Any]
) -> tuple[str | None, str | None, str | None]:
    attributes: dict[str, Any] = exception.attributes if exception is not None else {}
    message = (
        read_text(attributes.get("exception.message")) or facts.get("error_message") or read_text(span.status_message)
    )
    error_type = facts.get("error_type") or read_text(attributes.get("exception.type"))
    if error_type is None and (typed := _TYPED_MESSAGE.match(span.status_message)):
        error_type = typed[1]
    if error_type is None:
        status = hints.get("http_status")
        error_type = str(status) if status is not None and status >= 400 else None
    stack = read_text(attributes.get("exception.stacktrace")) or hints.get("stack")
    return error_type, message, stack


def _last_exception(events: list[SpanEvent]) -> SpanEvent | None:
    for event in reversed(events):
        if event.name == "exception" or "exception.type" in event.attributes:
            return event
    return None


def _is_timeout(error_type: str | None, message: str | None) -> bool:
    if error_type is not None:
        folded = error_type.lower()
        if folded in ("408", "504") or any(part in folded for part in table.TIMEOUT_TYPES):
            return True
    return message is not None and _TIMEOUT_MESSAGE.search(message[:LONGEST_MESSAGE]) is not None
