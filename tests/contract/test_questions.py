"""Questions about executions and agents get the same answer from every engine."""

from collections.abc import Callable
from typing import Any

import pytest
from msgspec.structs import replace

from longpole.model.batch import Batch
from longpole.model.event import AgentSeen
from longpole.reports.agent_performance import performance_of
from longpole.reports.call_chain import call_chain_of
from longpole.reports.execution_list import list_executions
from longpole.reports.execution_log import log_of
from longpole.reports.failed_executions import list_failed
from longpole.reports.filters import (
    read_agent_filters,
    read_execution_filters,
    read_failed_filters,
    read_slow_filters,
    read_trend_filters,
)
from longpole.reports.model_calls import model_calls_of
from longpole.reports.slow_executions import list_slow
from longpole.reports.trend import trend_of
from longpole.reports.why_not import why_not
from longpole.store.engine import Engine
from longpole.store.store import open_store
from triage_example import CHILD_ID, EXECUTION_ID, SECOND, STARTED_NS, triage_batch

SCOPES = '{"vault_id": "v-7"}'
NAMED = [("agent", "claims-triage"), ("scope", "vault_id=v-7"), ("session", "CLM-48213")]

QUESTIONS: dict[str, Callable[[Engine], Any]] = {
    "log": lambda store: log_of(store, EXECUTION_ID),
    "model calls": lambda store: model_calls_of(store, EXECUTION_ID),
    "call chain": lambda store: call_chain_of(store, CHILD_ID),
    "failed": lambda store: list_failed(store, read_failed_filters([])),
    "slow": lambda store: list_slow(store, read_slow_filters([("min_duration", "1s")])),
    "performance": lambda store: performance_of(store, read_agent_filters(NAMED)),
    "performance of a sampled agent": lambda store: performance_of(store, read_agent_filters([("agent", "sampled")])),
    "performance of nobody": lambda store: performance_of(store, read_agent_filters([("agent", "nobody")])),
    "why it failed": lambda store: why_not(store, read_agent_filters(NAMED)),
    "why it was not chosen": lambda store: why_not(store, read_agent_filters([("agent", "fraud-review")])),
    "why a name is unknown": lambda store: why_not(
        store, read_agent_filters([("agent", "claims-triag"), ("session", "CLM-48213")])
    ),
    "trend": lambda store: trend_of(store, read_trend_filters([("operation", "embed")]), STARTED_NS),
    "trend of an agent": lambda store: trend_of(store, read_trend_filters([("operation", "sampled")]), STARTED_NS),
    "executions of a scope": lambda store: list_executions(store, read_execution_filters(NAMED)),
}


def fill(store: Engine) -> None:
    """A failed execution in a vault, one that told only the sum of its tokens, and two that stand for others."""
    first = triage_batch()
    first.executions = [replace(row, scopes=SCOPES) for row in first.executions]
    first.agents = [
        AgentSeen(workspace="default", agent="claims-triage", first_seen_ns=STARTED_NS, last_seen_ns=STARTED_NS)
    ]
    told = triage_batch(trace_id="8" * 32, after_ns=60 * SECOND)
    told.executions = [replace(row, scopes=SCOPES) for row in told.executions]
    told.steps = [replace(step, input_tokens=None, output_tokens=None) for step in told.steps]
    told.bodies = [replace(body, attributes='{"longpole.tokens.total": 60}') for body in told.bodies]
    few = triage_batch(trace_id="7" * 32, after_ns=120 * SECOND)
    few.executions = [replace(row, agent="sampled", status="success", weight=4.0) for row in few.executions]
    for batch in (first, told, few):
        store.write(batch)
    store.write(Batch())


@pytest.fixture(scope="module")
def expected() -> dict[str, Any]:
    store = open_store(":memory:")
    fill(store)
    answers = {name: ask(store) for name, ask in QUESTIONS.items()}
    store.close()
    return answers


def test_every_question_has_the_same_answer(store: Engine, expected: dict[str, Any]) -> None:
    fill(store)
    for name, ask in QUESTIONS.items():
        assert ask(store) == expected[name], name


def test_the_answers_are_those_of_the_example(expected: dict[str, Any]) -> None:
    assert expected["performance"].tokens == 1600
    assert expected["performance of a sampled agent"].executions_weight == 8.0
    assert expected["why a name is unknown"].near_names == ["claims-triage"]
    assert len(expected["executions of a scope"].items) == 2
