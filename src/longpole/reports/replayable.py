"""Whether an execution can be replayed, and why not: what the button of a page says."""

from collections.abc import Sequence

from msgspec import Struct

from longpole.model.errors import NotReplayable
from longpole.replay.recordings import Call, make_recording
from longpole.reports.filter_values import read_workspace
from longpole.reports.numbers import counted
from longpole.reports.question import QuestionOfOne
from longpole.reports.recording import recording_of
from longpole.store.engine import Engine
from longpole.wire import longpole_names as names


class Replayable(Struct, kw_only=True):
    """`is_exact`: every call that reached out can be given back as it was. `message` says it in words.

    `command` is what to run, null where nothing can be given back; `replay_of` the execution that this one ran against.
    """

    execution_id: str
    can_be_replayed: bool
    is_exact: bool
    calls: int
    calls_lost: int
    calls_redacted: int
    message: str
    command: str | None
    replay_of: str | None


def replayable(store: Engine, execution: str, *, workspace: str | None = None) -> Replayable:
    """What a replay of the execution that `execution` names would have. Cost: reading all its contents.

    Raises:
        NotFound: no execution has this id.
        InvalidInput: a part of an id names several.
    """
    found = recording_of(store, execution, workspace=workspace)
    told = found.steps[0].attributes.get(names.REPLAY_OF) if found.steps else None
    try:
        recording = make_recording(found)
    except NotReplayable as error:
        return _view(found.execution_id, [], str(error), None if told is None else str(told))
    calls = [call for call in recording.calls if not call.is_inside]
    return _view(found.execution_id, calls, _message(calls), None if told is None else str(told))


def _view(execution_id: str, calls: Sequence[Call], message: str, replay_of: str | None) -> Replayable:
    lost, redacted = (sum(bool(each) for each in marks) for marks in _marks(calls))
    return Replayable(
        execution_id=execution_id,
        can_be_replayed=bool(calls),
        is_exact=bool(calls) and not lost and not redacted and all(call.is_marked for call in calls),
        calls=len(calls),
        calls_lost=lost,
        calls_redacted=redacted,
        message=message,
        command=f"longpole replay {execution_id} -- python app.py" if calls else None,
        replay_of=replay_of,
    )


def _marks(calls: Sequence[Call]) -> tuple[list[str], list[bool]]:
    return [call.lost for call in calls], [call.is_redacted for call in calls]


def _message(calls: Sequence[Call]) -> str:
    lost, redacted = _marks(calls)
    parts = [f"{counted(len(calls) - sum(map(bool, lost)), 'call')} can be given back"]
    if any(redacted):
        parts.append(f"{sum(redacted):,} of them without what privacy took out")
    if first := next((call for call in calls if call.lost), None):
        parts.append(f"{sum(map(bool, lost)):,} cannot (the first, {first.name}: {first.lost})")
    if not all(call.is_marked for call in calls):
        parts.append("those of functions without a return annotation only after 'longpole record'")
    return f"{', '.join(parts)}."


REPLAY = QuestionOfOne(
    name="replay",
    meaning="Whether an execution can be replayed: how many of its calls can be given back, and why others cannot.",
    view=Replayable,
    ask=lambda store, execution, pairs: replayable(store, execution, workspace=read_workspace(pairs)),
)
