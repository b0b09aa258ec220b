"""Instants inside an execution: stage changes, log lines, decisions; and the bodies kept beside the rows."""

from enum import StrEnum

from msgspec import Struct


class EventKind(StrEnum):
    """What an event tells."""

    STAGE = "stage"
    LOG = "log"
    DECISION = "decision"
    EXCEPTION = "exception"
    FIRST_TOKEN = "first_token"
    BLOCKED = "blocked"
    OTHER = "other"


class Event(Struct, frozen=True, kw_only=True, gc=False):
    """One row of the table `events`. `attributes` is a JSON object as text, or `None` when there are none."""

    workspace: str
    trace_id: str
    span_id: str
    execution_id: str | None
    event_index: int
    time_ns: int
    name: str
    kind: str
    level: str | None = None
    message: str | None = None
    stage: str | None = None
    status: str | None = None
    duration_ns: int | None = None
    attributes: str | None = None
    received_ns: int


class Decision(Struct, frozen=True, kw_only=True, gc=False):
    """One row of the table `decisions`: a candidate that was considered, and what came of it."""

    workspace: str
    trace_id: str
    span_id: str
    execution_id: str | None
    event_index: int
    time_ns: int
    candidate: str
    considered: bool = True
    score: float | None = None
    threshold: float | None = None
    outcome: str | None = None
    reason: str | None = None
    received_ns: int


class Body(Struct, frozen=True, gc=False):
    """One row of the table `bodies`: what a span carried beside its times, all as text, JSON where structured."""

    workspace: str
    trace_id: str
    span_id: str
    input: str | None
    output: str | None
    error_stack: str | None
    attributes: str | None
    resource: str | None
    received_ns: int
    row_version: int = 1


class AgentSeen(Struct, frozen=True, kw_only=True, gc=False):
    """One row of the table `agents`: an agent that was registered or has run. Registered agents may never run."""

    workspace: str
    agent: str
    method: str | None = None
    service: str | None = None
    version: str | None = None
    environment: str | None = None
    code_file: str | None = None
    code_line: int | None = None
    code_function: str | None = None
    is_registered: bool = False
    first_seen_ns: int
    last_seen_ns: int


class Score(Struct, frozen=True, kw_only=True, gc=False):
    """One row of the table `scores`: a judgement about an execution, made elsewhere and kept here."""

    workspace: str
    execution_id: str
    trace_id: str
    name: str
    value: float | None = None
    label: str | None = None
    comment: str | None = None
    time_ns: int
    received_ns: int
