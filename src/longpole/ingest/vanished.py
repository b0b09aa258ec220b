"""What a vanished process leaves open: it is closed as crashed, and opened again if the process speaks.

A process that is killed sends no ends. When nothing of it was heard for long enough, its open executions and steps end
where it was last heard, so that their trace can settle. That end is a guess of the server: whatever the process tells
later counts more.
"""

from msgspec.structs import replace

from longpole.ingest.facts import Facts
from longpole.ingest.limits import MAX_DURATION_NS, MAX_TIME_NS
from longpole.model.status import ExecutionStatus

GONE = "ProcessGone"
"""The error type of a span that the server closed; no program sends it."""

_CRASHED = ExecutionStatus.CRASHED.value
_DOINGS = {
    ExecutionStatus.PENDING.value: "waiting to start",
    ExecutionStatus.LLM_REQUEST.value: "waiting for a model",
    ExecutionStatus.LLM_RESPONSE.value: "reading a model's answer",
}


def is_gone(fact: Facts) -> bool:
    """Whether the server closed this span, because nothing was heard of its process any more."""
    return fact.error_type == GONE and fact.status == _CRASHED


def close_gone(fact: Facts, at_ns: int, *, said_goodbye: bool = False) -> Facts:
    """An open span as crashed, ended when its process was last heard (nanoseconds since 1970), or at its start."""
    ended_ns = min(max(fact.started_ns, at_ns), fact.started_ns + MAX_DURATION_NS, MAX_TIME_NS)
    last = "ended" if said_goodbye else "was last heard"
    return replace(
        fact,
        status=_CRASHED,
        ended_ns=ended_ns,
        duration_ns=ended_ns - fact.started_ns,
        error_type=GONE,
        error_message=f"Its process {fact.process} {last} while this was {_DOINGS.get(fact.status, 'running')}.",
        row_version=fact.row_version + 1,
    )


def reopen(fact: Facts) -> Facts:
    """A closed span as it was told, as far as its row still says: running, or with its model."""
    status = ExecutionStatus.RUNNING
    if fact.category == "llm":
        status = ExecutionStatus.LLM_REQUEST if fact.first_token_ns is None else ExecutionStatus.LLM_RESPONSE
    return replace(
        fact,
        status=status.value,
        ended_ns=None,
        duration_ns=None,
        error_type=None,
        error_message=None,
        row_version=fact.row_version + 1,
    )


def last_told_ns(facts: list[Facts]) -> int:
    """The latest time that any of the spans told of, nanoseconds since 1970."""
    times = [fact.started_ns if fact.ended_ns is None else fact.ended_ns for fact in facts]
    times += [event.time_ns for fact in facts for event in fact.events]
    return max(times, default=0)
