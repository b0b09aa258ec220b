"""The model calls of one execution, each with its request and its response."""

from longpole.model import clock
from longpole.reports.bodies import NO_BODY, bodies_of, span_of_row
from longpole.reports.filter_values import read_workspace
from longpole.reports.question import QuestionOfOne
from longpole.reports.question_views import ModelCall, ModelCalls
from longpole.reports.rows import Row, dollars, parsed, parsed_object
from longpole.reports.total_tokens import total_tokens
from longpole.reports.which_execution import find_execution
from longpole.store.engine import Engine

MOST_CALLS = 500
"""Of more calls the first ones are shown: each brings its bodies."""


def model_calls_of(store: Engine, execution: str, *, workspace: str | None = None) -> ModelCalls:
    """The calls of the execution that `execution` names, for which see `find_execution`; at most 500.

    Raises:
        NotFound: no execution has this id.
        InvalidInput: a part of an id names several.
    """
    found = find_execution(store, execution, workspace=workspace)
    place = {"workspace": found.workspace, "execution_id": found.execution_id}
    span = {"trace_id": found.trace_id, "span_id": found.span_id}
    row = store.rows("execution_row", {**place, **span})[0]
    calls = [
        {**call, "workspace": found.workspace}
        for call in store.rows("model_calls_of_execution", {**place, "limit": MOST_CALLS})
    ]
    bodies = bodies_of(store, map(span_of_row, calls))
    return ModelCalls(
        execution_id=found.execution_id,
        agent=found.agent,
        status=row["status"],
        calls=[_call(call, bodies.get(span_of_row(call), NO_BODY), row["started_ns"]) for call in calls],
    )


def _call(row: Row, body: Row, origin_ns: int) -> ModelCall:
    return ModelCall(
        step_id=row["span_id"],
        name=row["name"],
        provider=row["provider"],
        model=row["model"],
        status=row["status"],
        started_at=clock.to_rfc3339(row["started_ns"]),
        offset_ns=row["started_ns"] - origin_ns,
        duration_ns=row["duration_ns"],
        first_token_ns=row["first_token_ns"],
        input_tokens=row["input_tokens"],
        output_tokens=row["output_tokens"],
        total_tokens=total_tokens(row, parsed_object(body["attributes"])),
        cost_usd=dollars(row["cost_usd_nanos"]),
        error_type=row["error_type"],
        error_message=row["error_message"],
        request=parsed(body["input"]),
        response=parsed(body["output"]),
    )


MODEL_CALLS = QuestionOfOne(
    name="model-calls",
    meaning="The model calls of one execution, each with its request and response.",
    view=ModelCalls,
    ask=lambda store, execution, pairs: model_calls_of(store, execution, workspace=read_workspace(pairs)),
)
