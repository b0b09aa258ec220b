"""How executions and steps stand. No structs in here: an agent that is not configured imports it."""

from enum import StrEnum


class ExecutionStatus(StrEnum):
    """Where an execution or a step stands. Only the last five are final."""

    PENDING = "pending"
    RUNNING = "running"
    LLM_REQUEST = "llm_request"
    LLM_RESPONSE = "llm_response"
    SUCCESS = "success"
    FAILED = "failed"
    TIMEOUT = "timeout"
    SKIPPED = "skipped"
    CRASHED = "crashed"


OPEN_STATUSES = frozenset(
    {ExecutionStatus.PENDING, ExecutionStatus.RUNNING, ExecutionStatus.LLM_REQUEST, ExecutionStatus.LLM_RESPONSE}
)

FAILED_STATUSES = (ExecutionStatus.FAILED, ExecutionStatus.TIMEOUT, ExecutionStatus.CRASHED)

TIMEOUT_ERRORS = frozenset({"TimeoutError", "CancelledError", "asyncio.exceptions.CancelledError", "socket.timeout"})
"""Types of exceptions by which an execution or a step has not failed but run out of time."""
