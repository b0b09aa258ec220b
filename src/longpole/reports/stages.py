"""Which stages the executions of a family passed, from the events that they sent."""

from collections.abc import Iterable
from typing import NamedTuple

from longpole.model.event import EventKind
from longpole.model.status import OPEN_STATUSES, ExecutionStatus
from longpole.reports.family import Family
from longpole.reports.rows import Row
from longpole.reports.views import StageNode
from longpole.wire.longpole_names import STAGE_COMPLETED, STAGE_FAILED, STAGE_STARTED

_WENT_WELL = (ExecutionStatus.SUCCESS, ExecutionStatus.SKIPPED)


class _Entered(NamedTuple):
    stage: str
    at_ns: int
    message: str | None


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
    found = [node for name, events in said.items() for node in _stages(rows[name], events, origin_ns)]
    return sorted(found, key=lambda node: node.offset_ns)


def _stages(execution: Row, events: list[Row], origin_ns: int) -> Iterable[StageNode]:
    entered: _Entered | None = None
    for event in events:
        stage, now_ns = event["stage"], event["time_ns"]
        if event["status"] in (None, STAGE_STARTED):
            if entered is not None:
                yield _node(execution, entered, STAGE_COMPLETED, now_ns - entered.at_ns, origin_ns)
            entered = _Entered(stage, now_ns, event["message"])
        elif entered is not None and entered.stage == stage:
            length_ns = now_ns - entered.at_ns if event["duration_ns"] is None else event["duration_ns"]
            yield _node(execution, entered, event["status"], length_ns, origin_ns)
            entered = None
        else:  # its start was never told
            length_ns = event["duration_ns"] or 0
            whole = _Entered(stage, now_ns - length_ns, event["message"])
            yield _node(execution, whole, event["status"], length_ns, origin_ns)
    if entered is None:
        return
    if execution["status"] in OPEN_STATUSES or execution["ended_ns"] is None:
        yield _node(execution, entered, STAGE_STARTED, None, origin_ns)
    else:
        status = STAGE_COMPLETED if execution["status"] in _WENT_WELL else STAGE_FAILED
        yield _node(execution, entered, status, max(0, execution["ended_ns"] - entered.at_ns), origin_ns)


def _node(execution: Row, entered: _Entered, status: str, duration_ns: int | None, origin_ns: int) -> StageNode:
    return StageNode(
        execution_id=execution["execution_id"],
        stage=entered.stage,
        status=status,
        offset_ns=entered.at_ns - origin_ns,
        duration_ns=duration_ns,
        message=entered.message,
    )
