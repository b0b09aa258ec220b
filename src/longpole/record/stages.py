"""The stage an execution is in: entering one closes the one before it, and the execution's end closes the last.

A stage that nobody completed is closed as `left_open`; the server makes a finding of it. What a failure ended is
closed as `failed`: nobody forgot it.
"""

from typing import Any, NamedTuple

from longpole.model.clock import steady_ns
from longpole.model.stage import ExecutionStage
from longpole.model.status import ExecutionStatus
from longpole.record.current import ENDED, ERROR, MORE, Record
from longpole.record.more import PHASE, STAGE, STATUS, add_event, replace
from longpole.wire import longpole_names as names


class OpenStage(NamedTuple):
    """The stage that an execution is in. `is_ours`: entered by Longpole, so nobody forgets to complete it."""

    name: str
    started_ns: int
    is_ours: bool


def enter_stage(
    record: Record,
    stage: ExecutionStage | str,
    message: str | None = None,
    facts: dict[str, Any] | None = None,
    *,
    is_ours: bool = False,
) -> None:
    """Closes the stage that the execution is in, and enters this one; the execution is `running` again."""
    entered = OpenStage(str(stage), steady_ns(), is_ours)
    left = replace(record, STAGE, entered)
    if left is not None:
        add_event(record, names.EVENT_STAGE, _closing(left, entered.started_ns, names.STAGE_LEFT_OPEN))
    replace(record, PHASE, None)
    attributes = {**(facts or {}), "stage": entered.name, "status": names.STAGE_STARTED, "message": message}
    add_event(record, names.EVENT_STAGE, attributes)


def complete_stage(record: Record, stage: ExecutionStage | str | None = None) -> None:
    """Completes the stage that the execution is in, or notes that another one, which nobody entered, is over."""
    entered = stage_of(record)
    is_in_it = entered is not None and stage in (None, entered.name)
    if entered is not None and (is_in_it or entered.is_ours):
        replace(record, STAGE, None)
        add_event(record, names.EVENT_STAGE, _closing(entered, steady_ns(), names.STAGE_COMPLETED))
    if stage is not None and not is_in_it:
        add_event(record, names.EVENT_STAGE, {"stage": str(stage), "status": names.STAGE_COMPLETED})
        replace(record, STAGE, stage_of(record))  # from now on the execution is one that knows stages


def stage_of(record: Record) -> OpenStage | None:
    """The stage that the execution is in."""
    more: dict[str, Any] | None = record[MORE]
    return more.get(STAGE) if more else None


def events_at_end(record: Record, more: dict[str, Any]) -> list[tuple[int, str, dict[str, Any]]]:
    """What is to be said of stages when a record that had any has ended: the last one closed, and COMPLETE.

    An execution that failed or was skipped stays in the stage in which that happened.
    """
    ended, is_failed = record[ENDED], record[ERROR] is not None
    if ended is None or STAGE not in more:
        return []
    is_done = not is_failed and more.get(STATUS) != ExecutionStatus.SKIPPED
    left: OpenStage | None = more[STAGE]
    events: list[dict[str, Any]] = []
    if left is not None:
        events.append(_closing(left, ended, names.STAGE_FAILED if is_failed else names.STAGE_LEFT_OPEN))
    if is_done and (left is None or left.name != ExecutionStage.COMPLETE):
        events.append({"stage": str(ExecutionStage.COMPLETE), "status": names.STAGE_COMPLETED})
    return [(ended, names.EVENT_STAGE, attributes) for attributes in events]


def _closing(stage: OpenStage, now: int, status: str) -> dict[str, Any]:
    if stage.is_ours and status == names.STAGE_LEFT_OPEN:
        status = names.STAGE_COMPLETED
    return {"stage": stage.name, "status": status, "duration_ms": (now - stage.started_ns) / 1e6}
