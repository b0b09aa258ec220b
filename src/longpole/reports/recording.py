"""One execution with everything that went in and out, as a replay takes it."""

from collections.abc import Sequence

import msgspec

from longpole.replay.recorded import RecordedExecution, RecordedStep
from longpole.reports.bodies import NO_BODY, Span, bodies_of
from longpole.reports.family import is_execution, load_family, parent_span_of, span_of
from longpole.reports.filter_values import read_workspace
from longpole.reports.question import QuestionOfOne
from longpole.reports.rows import Row, parsed_object
from longpole.reports.which_execution import find_execution
from longpole.store.engine import Engine
from longpole.wire import longpole_names as names

MOST_AT_ONCE = 500
"""Bodies that one query brings."""


def recording_of(store: Engine, execution: str, *, workspace: str | None = None) -> RecordedExecution:
    """The execution that `execution` names, for which see `find_execution`, with the bodies of all its steps.

    Raises:
        NotFound: no execution has this id.
        InvalidInput: a part of an id names several.
    """
    family = load_family(store, find_execution(store, execution, workspace=workspace))
    top = family.top
    rows = sorted([*family.executions, *family.steps], key=lambda row: (row["started_ns"], row is not top))
    bodies: dict[Span, Row] = {}
    keys = [_key(top["workspace"], row) for row in rows]
    for first in range(0, len(keys), MOST_AT_ONCE):
        bodies.update(bodies_of(store, keys[first : first + MOST_AT_ONCE]))
    return RecordedExecution(
        execution_id=top["execution_id"],
        agent=top["agent"],
        status=top["status"],
        workspace=top["workspace"],
        steps=_steps(rows, [bodies.get(key, NO_BODY) for key in keys], top["started_ns"]),
    )


def _key(workspace: str, row: Row) -> Span:
    return workspace, row["trace_id"], span_of(row)


def _steps(rows: Sequence[Row], bodies: Sequence[Row], origin_ns: int) -> list[RecordedStep]:
    return [
        RecordedStep(
            step_id=span_of(row),
            parent_step_id=parent_span_of(row),
            name=row["agent"] if is_execution(row) else row["name"],
            category="agent" if is_execution(row) else row["category"],
            is_execution=is_execution(row),
            status=row["status"],
            offset_ns=row["started_ns"] - origin_ns,
            duration_ns=row["duration_ns"],
            error_type=row["error_type"],
            input=_value(body["input"]),
            output=_value(body["output"]),
            attributes=parsed_object(body["attributes"]) | _checkpoints(row),
        )
        for row, body in zip(rows, bodies, strict=True)
    ]


def _checkpoints(row: Row) -> dict[str, object]:
    """What an execution noted of how far it was: a column of its own."""
    checkpoints = _value(row["checkpoints"]) if is_execution(row) else None
    return {} if checkpoints is None else {names.CHECKPOINTS: checkpoints}


def _value(text: str | None) -> object:
    """What JSON says; the SDK sends nothing else, so that a bare number is one. Any other text as it is."""
    try:
        return None if text is None else msgspec.json.decode(text)
    except (ValueError, RecursionError):
        return text


RECORDING = QuestionOfOne(
    name="recording",
    meaning="An execution with all inputs, outputs and attributes of its steps, as a replay takes it.",
    view=RecordedExecution,
    ask=lambda store, execution, pairs: recording_of(store, execution, workspace=read_workspace(pairs)),
)
