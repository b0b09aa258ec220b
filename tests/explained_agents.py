"""The agents that change, ending now and settled: with critical paths, errors that began at a step, and findings."""

from msgspec.structs import replace

from changing_agents import DAY_NS, END_NS, changing_agents
from longpole.model.batch import Batch
from longpole.model.execution import Execution
from longpole.model.finding import Finding
from longpole.model.step import Step


def explained_agents(now_ns: int, runs_a_day: int = 6) -> Batch:
    """Sixty whole days up to the last midnight before `now_ns`; every failed execution failed by its `search`."""
    shift_ns = now_ns // DAY_NS * DAY_NS - END_NS
    batch = changing_agents(runs_a_day)
    failed = {row.execution_id for row in batch.executions if row.status == "failed"}
    batch.executions = [_execution(row, shift_ns, now_ns) for row in batch.executions]
    batch.steps = [_step(row, shift_ns, now_ns, failed) for row in batch.steps]
    batch.findings = [
        Finding(
            workspace="default", finding_id=row.execution_id, execution_id=row.execution_id, rule="repeats.same_call",
            title="`look up` is called again with the same arguments", advice="Keep the first answer.",
            confidence="high", evidence="{}", saving_ns=2 * 10**8, saving_usd_nanos=None, code_file="caller.py",
            code_line=12, code_function="look_up", raised_ns=row.started_ns,
        )
        for row in batch.executions
        if row.agent == "caller"
    ]  # fmt: skip
    return batch


def _execution(row: Execution, shift_ns: int, now_ns: int) -> Execution:
    assert row.ended_ns is not None
    is_bad = row.status == "failed"
    return replace(
        row,
        started_ns=row.started_ns + shift_ns,
        ended_ns=row.ended_ns + shift_ns,
        received_ns=now_ns,
        critical_ns=row.self_ns,
        cost_usd_nanos=row.self_cost_usd_nanos,
        input_tokens=row.self_input_tokens,
        output_tokens=row.self_output_tokens,
        error_type="IndexTimeout" if is_bad else None,
        error_message="the index did not answer within 5 s" if is_bad else None,
        failure_step_id=f"{3:016x}" if is_bad else None,
        user_id="ada" if row.agent == "writer" else "grace",
    )


def _step(row: Step, shift_ns: int, now_ns: int, failed: set[str]) -> Step:
    assert row.ended_ns is not None
    is_bad = row.name == "search" and row.execution_id in failed
    return replace(
        row,
        started_ns=row.started_ns + shift_ns,
        ended_ns=row.ended_ns + shift_ns,
        received_ns=now_ns,
        critical_ns=row.self_ns,
        slack_ns=0,
        argument_hash="same" if row.name == "look up" else None,
        status="failed" if is_bad else "success",
        error_type="IndexTimeout" if is_bad else None,
        error_message="the index did not answer within 5 s" if is_bad else None,
        code_file="agents/search.py" if row.name == "search" else None,
        code_function="ask_index" if row.name == "search" else None,
    )
