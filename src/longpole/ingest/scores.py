"""Scores: events and log records of the name `gen_ai.evaluation.result` as rows, beside the events that they stay."""

import math
from collections.abc import Iterable

import msgspec

from longpole.model.event import Event, Score
from longpole.wire.longpole_names import SCORE


class _Told(msgspec.Struct):
    """What the event says, by the names of the GenAI conventions; anything but the right type counts as not said."""

    name: object = msgspec.field(default=None, name="gen_ai.evaluation.name")
    value: object = msgspec.field(default=None, name="gen_ai.evaluation.score.value")
    label: object = msgspec.field(default=None, name="gen_ai.evaluation.score.label")
    comment: object = msgspec.field(default=None, name="gen_ai.evaluation.explanation")


_decode = msgspec.json.Decoder(_Told).decode


def scores_of(events: Iterable[Event]) -> list[Score]:
    """The scores that events of executions are; one without a name, or with neither value nor label, is none."""
    return [score for event in events if event.name == SCORE and (score := _score(event)) is not None]


def _score(event: Event) -> Score | None:
    if event.attributes is None or event.execution_id is None:
        return None
    try:
        told = _decode(event.attributes)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return None
    value, label = _number(told.value), _text(told.label)
    name = _text(told.name)
    if name is None or (value is None and label is None):
        return None
    return Score(
        workspace=event.workspace,
        execution_id=event.execution_id,
        trace_id=event.trace_id,
        name=name,
        value=value,
        label=label,
        comment=_text(told.comment),
        time_ns=event.time_ns,
        received_ns=event.received_ns,
    )


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value.strip() else None
