"""Everything that is known about one step, its bodies included."""

from longpole.model import clock
from longpole.model.errors import NotFound
from longpole.reports.rows import Row, dollars, parsed, parsed_object, time_text
from longpole.reports.total_tokens import total_tokens
from longpole.reports.views import StepDetail
from longpole.reports.which_execution import Found, find_execution
from longpole.store.engine import Engine

_NO_BODY: Row = dict.fromkeys(("input", "output", "error_stack", "attributes", "resource"))


def step_detail(store: Engine, execution: str, step_id: str, *, workspace: str | None = None) -> StepDetail:
    """The step of this id below an execution, or the span of an execution itself, with what it carried.

    `offset_ns` counts from the start of the execution that was asked for. For what `execution` may be, see
    `find_execution`.

    Raises:
        NotFound: there is no such execution, or no such step in its tree.
        InvalidInput: a part of an id names several executions.
    """
    found = find_execution(store, execution, workspace=workspace)
    row = _row_of(store, found, step_id)
    span = {"workspace": found.workspace, "trace_id": row["trace_id"], "span_id": step_id}
    bodies = store.rows("bodies_of_span", span)
    return _detail(row, step_id, bodies[0] if bodies else _NO_BODY)


def _row_of(store: Engine, found: Found, step_id: str) -> Row:
    parameters = {
        **found.tree,
        "execution_id": found.execution_id,
        "trace_id": found.trace_id,
        "step_id": step_id,
    }
    for query in ("step_named", "execution_span_named"):
        rows = store.rows(query, parameters)
        if rows:
            return rows[0]
    raise NotFound(
        f"There is no step {step_id[:100]!r} in the tree of execution {found.execution_id}. "
        "Expected a step_id of it, or an execution's span_id. "
        f"Look it up with GET /api/executions/{found.execution_id}."
    )


def _detail(row: Row, step_id: str, body: Row) -> StepDetail:
    attributes = parsed_object(body["attributes"])
    return StepDetail(
        step_id=step_id,
        trace_id=row["trace_id"],
        execution_id=row["execution_id"],
        parent_step_id=row["parent_step_id"],
        name=row["name"],
        category=row["category"],
        step_type=row["step_type"],
        operation=row["operation"],
        status=row["status"],
        started_at=clock.to_rfc3339(row["started_ns"]),
        ended_at=time_text(row["ended_ns"]),
        offset_ns=row["started_ns"] - row["origin_ns"],
        duration_ns=row["duration_ns"],
        self_ns=row["self_ns"],
        critical_ns=row["critical_ns"],
        slack_ns=row["slack_ns"],
        first_token_ns=row["first_token_ns"],
        tokens_per_second=_tokens_per_second(row),
        provider=row["provider"],
        model=row["model"],
        tool=row["tool"],
        input_tokens=row["input_tokens"],
        output_tokens=row["output_tokens"],
        cache_read_tokens=row["cache_read_tokens"],
        cache_write_tokens=row["cache_write_tokens"],
        reasoning_tokens=row["reasoning_tokens"],
        total_tokens=total_tokens(row, attributes),
        cost_usd=dollars(row["cost_usd_nanos"]),
        attempt=row["attempt"],
        error_type=row["error_type"],
        error_message=row["error_message"],
        error_stack=body["error_stack"],
        code_file=row["code_file"],
        code_line=row["code_line"],
        code_function=row["code_function"],
        service=row["service"],
        scope=row["scope"],
        input=parsed(body["input"]),
        output=parsed(body["output"]),
        attributes=attributes,
        resource=parsed_object(body["resource"]),
    )


def _tokens_per_second(row: Row) -> float | None:
    """How fast the model generated: output tokens over the time behind the first one; `None` where one is unknown."""
    tokens, duration_ns, first_ns = row["output_tokens"], row["duration_ns"], row["first_token_ns"]
    if tokens is None or duration_ns is None or first_ns is None or first_ns >= duration_ns:
        return None
    return tokens * 1e9 / (duration_ns - first_ns)
