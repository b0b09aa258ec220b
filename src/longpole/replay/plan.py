"""How a program is to run against a recording, and what came of it: what passes between `longpole replay` and it."""

from collections.abc import Callable
from typing import Any, Literal

from msgspec import Struct
from msgspec.structs import replace

from longpole.model.errors import InvalidInput, NotReplayable
from longpole.replay.divergence import Divergence
from longpole.replay.recorded import RecordedExecution, RecordedStep
from longpole.replay.recordings import Call, Recording, make_recording
from longpole.wire import longpole_names as names

Missing = Literal["fail", "pass", "stub"]
"""What is done with a call that was not recorded: it raises, is made, or gets the most similar recorded result."""

LEAST_PART = 6
_BAD = frozenset({"failed", "timeout", "crashed"})


class Plan(Struct, frozen=True, kw_only=True):
    """`wait` is multiplied with each recorded duration: 1 as it was, 0 at once. `from_` is where the calls go live, for
    whoever reads it; null where all are given back. `checkpoint` is the last one of the execution that is recovered.
    """

    recording: Recording
    wait: float = 1.0
    missing: Missing = "fail"
    from_: str | None = None
    checkpoint: dict[str, Any] | None = None


class Outcome(Struct, frozen=True, kw_only=True):
    """What came of a replay: counts of calls, and what the recording did not answer.

    `traces` are those of the executions that ran; `never_asked` the names of recorded calls that nobody made.
    """

    traces: list[str]
    served: int
    live: int
    stubbed: int
    redacted: int
    divergences: list[Divergence]
    divergences_left_out: int
    never_asked: list[str]


def resume_from(execution: RecordedExecution, step: str) -> Plan:
    """Everything before a step is given back at once; the step and what follows is made anew.

    Args:
        execution: as it was kept.
        step: a name, of which the first one counts, or the id of a step or the beginning of it.

    Raises:
        InvalidInput: the execution has no such step.
        NotReplayable: nothing before it can be given back.
    """
    named = [each for each in execution.steps if each.name == step]
    if not named and len(step) >= LEAST_PART:
        named = [each for each in execution.steps if each.step_id.startswith(step.lower())]
    if not named:
        raise InvalidInput(
            f"Execution {execution.execution_id} has no step {step[:60]!r}. Expected a step's name or id. "
            f"'longpole show {execution.execution_id} --all' lists them."
        )
    start_ns = min(each.offset_ns for each in named)
    return _cut(execution, named[0].name, lambda call: call.offset_ns < start_ns)


def recover(execution: RecordedExecution) -> Plan:
    """What succeeded before the failure is given back at once; the failed call and what follows is made anew.

    Raises:
        InvalidInput: the execution has not failed.
        NotReplayable: nothing before the failure can be given back.
    """
    failed = _failed_step(execution)
    end_ns = failed.offset_ns + (failed.duration_ns or 0)
    checkpoint = _last_checkpoint(execution)
    plan = _cut(
        execution,
        failed.name,
        lambda call: (
            call.step_id != failed.step_id
            and call.offset_ns < end_ns
            and (call.error is None or call.offset_ns + call.duration_ns <= failed.offset_ns)
        ),
        is_enough=checkpoint is not None,
    )
    return replace(plan, checkpoint=checkpoint)


def _last_checkpoint(execution: RecordedExecution) -> dict[str, Any] | None:
    """The last checkpoint of the execution, or of those below it."""
    found: list[dict[str, Any]] = []
    for step in execution.steps:
        told = step.attributes.get(names.CHECKPOINTS)
        found += [each for each in told if isinstance(each, dict)] if isinstance(told, list) else []
    return max(found, key=lambda each: str(each.get("at", "")), default=None)


def _cut(
    execution: RecordedExecution,
    name: str,
    is_before: Callable[[Call], bool],
    *,
    is_enough: bool = False,
) -> Plan:
    """A plan by which what is before something is given back; a checkpoint alone is enough for one."""
    recording = make_recording(execution, is_empty_right=is_enough)
    calls = [
        replace(call, is_instant=True) if is_before(call) else replace(call, is_live=True) for call in recording.calls
    ]
    if not is_enough and all(call.is_live or call.lost for call in calls):
        raise NotReplayable(
            f"Nothing before {name!r} in execution {execution.execution_id} can be given back. Expected results of "
            "calls, kept in full. Run the program as it is, or name a later step."
        )
    return Plan(recording=replace(recording, calls=calls), wait=0.0, missing="pass", from_=name)


def _failed_step(execution: RecordedExecution) -> RecordedStep:
    """Where the failure began: of the failed steps below the execution the last one, and so on downwards."""
    steps = execution.steps
    top = steps[0]
    if execution.status not in _BAD:
        raise InvalidInput(
            f"Execution {execution.execution_id} has not failed: its status is {execution.status}. Expected a failed "
            "one. To run it again from some step: longpole replay ID --resume-from STEP -- python app.py"
        )
    place = top
    while True:
        below = [each for each in steps if each.parent_step_id == place.step_id and each.status in _BAD]
        if not below:
            break
        place = max(below, key=lambda each: each.offset_ns + (each.duration_ns or 0))
    if place is top:
        ends = [each.offset_ns + (each.duration_ns or 0) for each in steps[1:]]
        return RecordedStep(
            step_id="",
            parent_step_id=top.step_id,
            name=f"the end of {top.name}",
            category=top.category,
            is_execution=False,
            status=top.status,
            offset_ns=max(ends, default=0) + 1,
            duration_ns=0,
            error_type=top.error_type,
            input=None,
            output=None,
            attributes={},
        )
    return place
