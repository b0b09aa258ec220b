"""Which stages the executions of a family passed, from the events that they sent."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from longpole.model.event import EventKind
from longpole.model.status import OPEN_STATUSES, ExecutionStatus
from longpole.reports.family import Family
from longpole.reports.rows import Row
from longpole.reports.views import StageNode
from longpole.wire.longpole_names import STAGE_COMPLETED, STAGE_FAILED, STAGE_STARTED

_WENT_WELL = (ExecutionStatus.SUCCESS, ExecutionStatus.SKIPPED)


class Passed(NamedTuple):
    """A stage that an execution passed; times are since 1970. `duration_ns` is `None` while it is in it.

    `attributes` is the JSON text of what the program told when it entered, if it was asked for.
    """

    stage: str
    status: str
    at_ns: int
    duration_ns: int | None
    message: str | None
    attributes: str | None


class _Entered(NamedTuple):
    stage: str
    at_ns: int
    message: str | None
    attributes: str | None


def stages_of(family: Family) -> list[StageNode]:
    """The stages of all executions of a family, in order of time.

    Longpole's SDK says how each stage ended. Of other programs, that only say which stage they enter, the next stage
    or the end of the execution completes the one before.
    """
    said: dict[str, list[Row]] = {}
    for event in family.events:  # in order of time
        if event["kind"] == EventKind.STAGE and event["stage"] is not None:
            said.setdefault(event["execution_id"], []).append(event)
    origin_ns = family.top["started_ns"]
    rows = {row["execution_id"]: row for row in family.executions}
    found = [
        _node(passed, name, origin_ns) for name, events in said.items() for passed in passed_stages(rows[name], events)
    ]
    return sorted(found, key=lambda node: node.offset_ns)


def passed_stages(execution: Row, events: Iterable[Row]) -> Iterator[Passed]:
    """The stages of one execution, from its stage events in order of time."""
    entered: _Entered | None = None
    for event in events:
        stage, now_ns = event["stage"], event["time_ns"]
        if event["status"] in (None, STAGE_STARTED):
            if entered is not None:
                yield _passed(entered, STAGE_COMPLETED, now_ns - entered.at_ns)
            entered = _Entered(stage, now_ns, event["message"], event.get("attributes"))
        elif entered is not None and entered.stage == stage:
            length_ns = now_ns - entered.at_ns if event["duration_ns"] is None else event["duration_ns"]
            yield _passed(entered, event["status"], length_ns)
            entered = None
        else:  # its start was never told
            length_ns = event["duration_ns"] or 0
            whole = _Entered(stage, now_ns - length_ns, event["message"], event.get("attributes"))
            yield _passed(whole, event["status"], length_ns)
    if entered is None:
        return
    if execution["status"] in OPEN_STATUSES or execution["ended_ns"] is None:
        yield _passed(entered, STAGE_STARTED, None)
    else:
        status = STAGE_COMPLETED if execution["status"] in _WENT_WELL else STAGE_FAILED
        yield _passed(entered, status, max(0, execution["ended_ns"] - entered.at_ns))


def _passed(entered: _Entered, status: str, duration_ns: int | None) -> Passed:
    return Passed(entered.stage, status, entered.at_ns, duration_ns, entered.message, entered.attributes)


def _node(passed: Passed, execution_id: str, origin_ns: int) -> StageNode:
    return StageNode(
        execution_id=execution_id,
        stage=passed.stage,
        status=passed.status,
        offset_ns=passed.at_ns - origin_ns,
        duration_ns=passed.duration_ns,
        message=passed.message,
    )
