"""Sixty days of four agents, seeded, of which three changed on known days; and what an answer should say of it.

`writer` has version 2 from day 40 on, in which `search` takes twice as long. `caller` looks up three times instead of
twice from day 30 on, with another model. `flaky` fails in 12 % instead of 2 % from day 45 on. `quiet` only makes noise.
"""

from collections.abc import Iterator
from random import Random
from typing import Any

from longpole.model.batch import Batch
from longpole.model.buckets import duration_bucket
from longpole.model.clock import from_rfc3339
from longpole.model.execution import Execution
from longpole.model.step import Step

DAY_NS = 86_400 * 10**9
MS = 10**6
DAYS = 60
FIRST_NS = from_rfc3339("2026-09-01T00:00:00Z")
END_NS = FIRST_NS + DAYS * DAY_NS
PERIOD = (("from", "2026-09-01T00:00:00Z"), ("to", "2026-10-31T00:00:00Z"))
CHANGED_ON = {"writer": 40, "caller": 30, "flaky": 45}
AGENTS = ("writer", "caller", "flaky", "quiet")

_UNTOLD_EXECUTION = (
    "parent_span_id", "link_trace_id", "link_span_id", "parent_execution_id", "call_reason", "agent_id", "method",
    "operation", "stage",
)  # fmt: skip
_UNTOLD_STEP = ("link_trace_id", "link_span_id", "operation")


def changing_agents(runs_a_day: int = 40, *, seed: int = 11) -> Batch:
    """All of it as rows."""
    random = Random(seed)
    batch = Batch()
    for number, (agent, day, run) in enumerate(
        (agent, day, run) for agent in AGENTS for day in range(DAYS) for run in range(runs_a_day)
    ):
        execution, steps = _execution(random, agent, day, (run + random.random()) / runs_a_day, number)
        batch.executions.append(execution)
        batch.steps += steps
    return batch


def _execution(random: Random, agent: str, day: int, part: float, number: int) -> tuple[Execution, list[Step]]:
    has_changed = day >= CHANGED_ON.get(agent, DAYS)
    started_ns = FIRST_NS + int((day + part) * DAY_NS)
    weekly = 1.0 + 0.1 * (day % 7 in (5, 6))
    calls = list(_calls(agent, has_changed=has_changed))
    trace_id = f"{number + 1:032x}"
    at_ns = started_ns
    steps: list[Step] = []
    for place, (name, usual_ms) in enumerate(calls):
        duration_ns = int(usual_ms * weekly * random.lognormvariate(0, 0.4) * MS)
        steps.append(_step(agent, name, trace_id, place + 2, at_ns, duration_ns, has_changed=has_changed))
        at_ns += duration_ns
    failed = random.random() < (0.12 if agent == "flaky" and has_changed else 0.02)
    total_ns = at_ns - started_ns + 5 * MS
    told: dict[str, Any] = dict.fromkeys(_UNTOLD_EXECUTION)
    return Execution(
        **told,
        workspace="default",
        execution_id=f"{trace_id}{1:016x}",
        trace_id=trace_id,
        span_id=f"{1:016x}",
        root_execution_id=f"{trace_id}{1:016x}",
        depth=0,
        kind="agent",
        agent=agent,
        name=agent,
        category="agent",
        status="failed" if failed else "success",
        started_ns=started_ns,
        ended_ns=started_ns + total_ns,
        duration_ns=total_ns,
        duration_bucket=duration_bucket(total_ns),
        received_ns=started_ns + total_ns,
        version="2" if agent == "writer" and has_changed else "1",
        self_ns=5 * MS,
        self_input_tokens=1000,
        self_output_tokens=100,
        self_cost_usd_nanos=int(2_000_000 * random.lognormvariate(0, 0.2)),
        steps_total=len(steps),
    ), steps


def _calls(agent: str, *, has_changed: bool) -> Iterator[tuple[str, float]]:
    """Names and usual milliseconds of the steps of one execution."""
    yield "chat", 800.0
    yield "search", 600.0 if agent == "writer" and has_changed else 300.0
    for _ in range(3 if agent == "caller" and has_changed else 2):
        yield "look up", 200.0


def _step(
    agent: str, name: str, trace_id: str, number: int, started_ns: int, duration_ns: int, *, has_changed: bool
) -> Step:
    told: dict[str, Any] = dict.fromkeys(_UNTOLD_STEP)
    is_call = name == "chat"
    return Step(
        **told,
        workspace="default",
        trace_id=trace_id,
        step_id=f"{number:016x}",
        parent_step_id=f"{1:016x}",
        execution_id=f"{trace_id}{1:016x}",
        root_execution_id=f"{trace_id}{1:016x}",
        agent=agent,
        name=name,
        category="llm" if is_call else "tool",
        step_type="action",
        status="success",
        started_ns=started_ns,
        ended_ns=started_ns + duration_ns,
        duration_ns=duration_ns,
        duration_bucket=duration_bucket(duration_ns),
        received_ns=started_ns + duration_ns,
        version="2" if agent == "writer" and has_changed else "1",
        tool=None if is_call else name,
        model=("model-b" if agent == "caller" and has_changed else "model-a") if is_call else None,
        input_tokens=1000 if is_call else None,
        output_tokens=100 if is_call else None,
        cost_usd_nanos=2_000_000 if is_call else None,
        is_counted=is_call,
        self_ns=duration_ns,
    )
