"""A few hundred rows for comparing engines: calls, failures, samples, unknown values, odd texts; seeded."""

import random
from collections.abc import Iterator
from typing import Any

from msgspec.structs import replace

from contract.rows import (
    MINUTE_NS,
    RECORDS,
    START_NS,
    WORKSPACE,
    agent,
    blocked,
    finding,
    joined,
    process,
    score,
    span_id_of,
    trace,
)
from longpole.model.batch import Batch, SpoolPosition
from longpole.model.execution import Execution
from longpole.model.intake import Lease
from longpole.model.step import Step

TRACES = 60
_WORDS = ["plain", "Grüße", "ÀÉÎ", "世界", "a_b", "A-b", "100%", "it's", "zz", "", " "]


def many_rows(seed: int) -> Batch:
    """Sixty executions, half of them called by another, with five to nine steps each, and a row of everything else."""
    chance = random.Random(seed)
    parts = [_varied(chance, number) for number in range(1, TRACES + 1)]
    whole = joined(parts)
    whole.executions = list(_with_callers(whole.executions, chance))
    whole.events += [blocked(row) for row in whole.executions[::3]]
    place = {"code_file": "/srv/shop/retry.py", "code_line": 7, "code_function": "retry"}
    whole.steps = [
        replace(step, **place, category="blocked_loop" if number % 14 == 0 else step.category)
        if number % 7 == 0
        else step
        for number, step in enumerate(whole.steps)
    ]
    told = '{"longpole.runtime.cpu_ns": 12345678901, "longpole.runtime.threads": 4}'
    whole.bodies = [
        replace(body, attributes=told) if number % 7 == 0 else body for number, body in enumerate(whole.bodies)
    ]
    whole.agents = [
        agent(f"agent {number}", first_ns=START_NS, last_ns=START_NS + number, is_registered=number % 2 == 0)
        for number in range(5)
    ]
    whole.findings = [finding(number) for number in range(1, 9)]
    whole.scores = [replace(score(number), name=chance.choice(["a", "B"]), time_ns=number) for number in range(1, 20)]
    whole.processes = [process(f"p {number}", heard_ns=START_NS + number % 3) for number in range(4)]
    whole.records = [*RECORDS]
    whole.leases = [Lease(name="jobs", holder="one", asked_ns=1, until_ns=2)]
    whole.position = SpoolPosition(segment=4, offset=512)
    return whole


def _varied(chance: random.Random, number: int) -> Batch:
    batch = trace(
        number,
        steps=chance.randrange(5, 10),
        workspace=chance.choice([WORKSPACE, WORKSPACE, "other"]),
        link=chance.choice([None, None, max(1, number - 3)]),
    )
    told: dict[str, Any] = {
        "environment": chance.choice(["production", "staging", None]),
        "version": chance.choice(["1", "2", None]),
        "weight": chance.choice([1.0, 1.0, 2.5]),
        "process": chance.choice(["p 1", "p 2", None]),
        "service": chance.choice(_WORDS),
    }
    batch.executions = [_execution(chance, row, told) for row in batch.executions]
    batch.steps = [_step(chance, row, told) for row in batch.steps]
    batch.bodies = [
        replace(body, input=f'{{"text": "{chance.choice(_WORDS)} {number}"}}', attributes=_attributes(chance))
        for body in batch.bodies
    ]
    batch.decisions = [replace(row, candidate=f"agent {chance.randrange(4)}") for row in batch.decisions]
    return batch


def _execution(chance: random.Random, row: Execution, told: dict[str, Any]) -> Execution:
    is_open = chance.random() < 0.1
    status = "running" if is_open else chance.choice(["success", "success", "failed", "timeout", "crashed", "skipped"])
    failed = status in ("failed", "timeout", "crashed")
    return replace(
        row,
        **told,
        name=f"{row.agent} {chance.choice(_WORDS)}",
        status=status,
        ended_ns=None if is_open else row.ended_ns,
        duration_ns=None if is_open else row.duration_ns,
        duration_bucket=None if is_open else row.duration_bucket,
        session_id=chance.choice(["s1", "s2", None]),
        user_id=chance.choice(["u1", None]),
        scopes=chance.choice([None, '{"vault_id": "v-7"}', '{"vault_id": "v-8", "n": 3}']),
        error_type=chance.choice(["ValueError", "ProcessGone", None]) if failed else None,
        error_message=chance.choice(_WORDS) if failed else None,
        cost_usd_nanos=chance.choice([None, 2_700, 10**12]),
        self_cost_usd_nanos=chance.choice([None, 2_700, 10**12]),
        self_input_tokens=chance.choice([None, 10, 2000]),
        output_tokens=chance.choice([None, 55]),
        settled_ns=chance.choice([None, START_NS]),
        self_ns=chance.choice([None, 5_000]),
        is_counted=chance.random() < 0.2,
        model_calls=chance.randrange(4),
        path_hash=f"path {int(row.trace_id[0], 16) % 4}",
        path="llm > tool look it up",
        failure_step_id=span_id_of_failure(row) if failed else None,
        credits=int(row.trace_id[1], 16) / 4 if failed else None,
    )


def span_id_of_failure(row: Execution) -> str:
    """The step that failed an execution: one of its first five, or itself."""
    place = int(row.trace_id[2], 16) % 6
    return span_id_of((row.started_ns - START_NS) // MINUTE_NS, place)


def _step(chance: random.Random, row: Step, told: dict[str, Any]) -> Step:
    is_open = chance.random() < 0.1
    return replace(
        row,
        **told,
        status="running" if is_open else chance.choice(["success", "failed"]),
        ended_ns=None if is_open else row.ended_ns,
        duration_ns=None if is_open else row.duration_ns,
        duration_bucket=None if is_open else row.duration_bucket,
        output_tokens=chance.choice([None, 0, 77]),
        cost_usd_nanos=chance.choice([None, 1, 10**10]),
        error_type=chance.choice([None, None, "ProcessGone", "Ärger"]),
        error_message=f"order {row.step_id} of {row.step_index} not found",
        self_ns=row.started_ns % 5_000_000,
        critical_ns=row.started_ns % 3_000_000,
        argument_hash=chance.choice([None, "a", "b", row.step_id]),
        slack_ns=None if row.step_index == 2 else row.started_ns % 2_000_000_000,
    )


def _attributes(chance: random.Random) -> str | None:
    return chance.choice([None, '{"shop.id": "7", "n": 3}', '{"shop.id": "8", "odd \\"key\\"": true}'])


def _with_callers(executions: list[Execution], chance: random.Random) -> Iterator[Execution]:
    """Every second execution is called by the one before it, in the tree of that one."""
    caller: Execution | None = None
    for place, row in enumerate(executions):
        if place % 2 == 0 or caller is None:
            caller = row
            yield row
            continue
        yield replace(
            row,
            parent_execution_id=caller.execution_id,
            root_execution_id=caller.root_execution_id,
            depth=1,
            call_reason=chance.choice([None, "needed"]),
        )
