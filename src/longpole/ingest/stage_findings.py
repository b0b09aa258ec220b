"""Findings about the instrumentation itself: stages that a program began and never completed."""

import hashlib
from collections.abc import Iterable, Mapping

import msgspec

from longpole.model.event import Event, EventKind
from longpole.model.execution import Execution
from longpole.model.finding import Confidence, Finding
from longpole.wire.longpole_names import STAGE_LEFT_OPEN

RULE = "instrumentation.stage_left_open"
_STAGE = EventKind.STAGE.value
_ADVICE = (
    "Call complete_stage() when the stage is done. Until then its time is that until the next stage or the end of the "
    "execution, which may be too long."
)


def find_open_stages(executions: Iterable[Execution], events: Iterable[Event]) -> list[Finding]:
    """One finding for each execution with stages that were left open, with the same id however often it is found."""
    stages: dict[str, list[Event]] = {}
    for event in events:
        if event.kind == _STAGE and event.status == STAGE_LEFT_OPEN and event.execution_id is not None:
            stages.setdefault(event.execution_id, []).append(event)
    if not stages:
        return []
    rows: Mapping[str, Execution] = {row.execution_id: row for row in executions}
    return [_finding(rows[name], left) for name, left in stages.items() if name in rows]


def finding_id_of(rule: str, execution_id: str) -> str:
    """The id of what a rule finds in an execution: always the same, 32 hexadecimal digits."""
    return hashlib.blake2b(f"{rule} {execution_id}".encode(), digest_size=16).hexdigest()


def _finding(row: Execution, events: list[Event]) -> Finding:
    told = [{"stage": event.stage, "duration_ns": event.duration_ns} for event in events]
    names = ", ".join(dict.fromkeys(event.stage or "unnamed" for event in events))
    count = "A stage was" if len(events) == 1 else f"{len(events)} stages were"
    return Finding(
        workspace=row.workspace,
        finding_id=finding_id_of(RULE, row.execution_id),
        execution_id=row.execution_id,
        rule=RULE,
        title=f"{count} left open: {names}",
        advice=_ADVICE,
        confidence=Confidence.CERTAIN.value,
        evidence=msgspec.json.encode({"stages": told}).decode(),
        code_file=row.code_file,
        code_line=row.code_line,
        code_function=row.code_function,
        raised_ns=row.started_ns if row.ended_ns is None else row.ended_ns,
    )
