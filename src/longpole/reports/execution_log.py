"""One execution by itself: what went in and out, its error, the stages that it passed and all it told."""

from bisect import bisect_right
from collections.abc import Sequence

from longpole.model import clock
from longpole.model.event import EventKind
from longpole.reports.bodies import NO_BODY, bodies_of, span_of_row
from longpole.reports.filter_values import read_workspace
from longpole.reports.question import QuestionOfOne
from longpole.reports.question_views import ExecutionLog, LogEntry
from longpole.reports.rows import Row, execution_item, parsed, parsed_object
from longpole.reports.stages import Passed, passed_stages
from longpole.reports.which_execution import find_execution
from longpole.store.engine import Engine
from longpole.wire.longpole_names import EVENT_STAGE

_SHOWN_ALREADY = frozenset({"stage", "status", "level", "message", "duration_ms"})


def log_of(store: Engine, execution: str, *, workspace: str | None = None) -> ExecutionLog:
    """The log of the execution that `execution` names, for which see `find_execution`.

    Raises:
        NotFound: no execution has this id.
        InvalidInput: a part of an id names several.
    """
    found = find_execution(store, execution, workspace=workspace)
    place = {"workspace": found.workspace, "execution_id": found.execution_id, "trace_id": found.trace_id}
    row = store.rows("execution_row", {**place, "span_id": found.span_id})[0]
    body = bodies_of(store, [span_of_row(row)]).get(span_of_row(row), NO_BODY)
    return ExecutionLog(
        execution=execution_item(row),
        input=parsed(body["input"]),
        output=parsed(body["output"]),
        error_stack=body["error_stack"],
        entries=_entries(row, store.rows("events_of_execution", place)),
    )


def _entries(row: Row, events: Sequence[Row]) -> list[LogEntry]:
    origin_ns = row["started_ns"]
    said = [event for event in events if event["kind"] == EventKind.STAGE and event["stage"] is not None]
    stages = sorted(passed_stages(row, said), key=lambda passed: passed.at_ns)
    entries = [_stage_entry(passed, origin_ns) for passed in stages]
    entries += [
        _event_entry(event, _stage_at(stages, event["time_ns"]), origin_ns)
        for event in events
        if event["kind"] != EventKind.STAGE
    ]
    return sorted(entries, key=lambda entry: entry.offset_ns)


def _stage_at(stages: Sequence[Passed], time_ns: int) -> str | None:
    """The stage that the execution was in; a moment without one belongs to none."""
    position = bisect_right(stages, time_ns, key=lambda passed: passed.at_ns) - 1
    if position < 0:
        return None
    passed = stages[position]
    is_over = passed.duration_ns is not None and time_ns > passed.at_ns + passed.duration_ns
    return None if is_over else passed.stage


def _stage_entry(passed: Passed, origin_ns: int) -> LogEntry:
    return LogEntry(
        time=clock.to_rfc3339(passed.at_ns),
        offset_ns=passed.at_ns - origin_ns,
        kind=EventKind.STAGE,
        name=EVENT_STAGE,
        level=None,
        stage=passed.stage,
        status=passed.status,
        duration_ns=passed.duration_ns,
        message=passed.message,
        data=_data(passed.attributes),
    )


def _event_entry(event: Row, stage: str | None, origin_ns: int) -> LogEntry:
    return LogEntry(
        time=clock.to_rfc3339(event["time_ns"]),
        offset_ns=event["time_ns"] - origin_ns,
        kind=event["kind"],
        name=event["name"],
        level=event["level"],
        stage=stage,
        status=event["status"],
        duration_ns=event["duration_ns"],
        message=event["message"],
        data=_data(event["attributes"]),
    )


def _data(text: str | None) -> dict[str, object]:
    return {name: value for name, value in parsed_object(text).items() if name not in _SHOWN_ALREADY}


LOG = QuestionOfOne(
    name="log",
    meaning="One execution by itself: what went in and out, its error, its stages and everything it told.",
    view=ExecutionLog,
    ask=lambda store, execution, pairs: log_of(store, execution, workspace=read_workspace(pairs)),
)
