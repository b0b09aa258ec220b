"""A batch in parts: one for each trace, and what belongs to none."""

from msgspec.structs import replace

from longpole.model.batch import Batch
from longpole.store.engine import Engine


def split_by_trace(batch: Batch) -> list[Batch]:
    """The batch as one batch per trace, without position, agents and processes."""
    parts: dict[tuple[str, str], Batch] = {}

    def part(workspace: str, trace_id: str) -> Batch:
        return parts.setdefault((workspace, trace_id), Batch(number=batch.number))

    for pair in batch.replace:
        part(*pair).replace.append(pair)
    for pair in batch.forget:
        part(*pair).forget.append(pair)
    traces: dict[str | None, str] = {}
    for execution in batch.executions:
        part(execution.workspace, execution.trace_id).executions.append(execution)
        traces[execution.execution_id] = execution.trace_id
    for step in batch.steps:
        part(step.workspace, step.trace_id).steps.append(step)
    for event in batch.events:
        part(event.workspace, event.trace_id).events.append(event)
    for decision in batch.decisions:
        part(decision.workspace, decision.trace_id).decisions.append(decision)
    for body in batch.bodies:
        part(body.workspace, body.trace_id).bodies.append(body)
    for score in batch.scores:
        part(score.workspace, score.trace_id).scores.append(score)
    for finding in batch.findings:
        part(finding.workspace, traces.get(finding.execution_id, "")).findings.append(finding)
    return list(parts.values())


def traces_of(batch: Batch) -> list[tuple[str, str]]:
    """The workspace and trace id of every trace that a batch has rows of."""
    rows = (*batch.executions, *batch.steps, *batch.events, *batch.decisions, *batch.bodies, *batch.scores)
    return list(dict.fromkeys((row.workspace, row.trace_id) for row in rows))


def without_traces(batch: Batch) -> Batch:
    """What of a batch belongs to no trace, its position included."""
    return replace(
        batch,
        number=0,
        replace=[],
        forget=[],
        executions=[],
        steps=[],
        events=[],
        decisions=[],
        bodies=[],
        scores=[],
        findings=[],
    )


def missing_rows(engine: Engine, batch: Batch) -> Batch:
    """The batch without the rows of spans that are stored: what is there is newer, and nothing is replaced."""
    stored: set[tuple[str, str, str]] = set()
    for part in split_by_trace(batch):
        rows = [*part.executions, *part.steps, *part.events]
        if not rows:
            continue
        workspace, trace_id = rows[0].workspace, rows[0].trace_id
        asked = {"workspace": workspace, "trace_ids": [trace_id]}
        stored |= {(workspace, trace_id, row["span_id"]) for row in engine.rows("trace_executions", asked)}
        stored |= {(workspace, trace_id, row["step_id"]) for row in engine.rows("trace_steps", asked)}

    def is_missing(workspace: str, trace_id: str, span_id: str) -> bool:
        return (workspace, trace_id, span_id) not in stored

    return Batch(
        executions=[row for row in batch.executions if is_missing(row.workspace, row.trace_id, row.span_id)],
        steps=[row for row in batch.steps if is_missing(row.workspace, row.trace_id, row.step_id)],
        events=[row for row in batch.events if is_missing(row.workspace, row.trace_id, row.span_id)],
        decisions=[row for row in batch.decisions if is_missing(row.workspace, row.trace_id, row.span_id)],
        scores=[row for row in batch.scores if is_missing(row.workspace, row.trace_id, row.execution_id[32:])],
        bodies=[row for row in batch.bodies if is_missing(row.workspace, row.trace_id, row.span_id)],
        findings=batch.findings,
        agents=batch.agents,
        processes=batch.processes,
    )
