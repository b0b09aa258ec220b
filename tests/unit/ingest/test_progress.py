"""What a running execution tells of itself arrives in its row: status, stage, progress, credits, trigger, scopes."""

import json
from typing import Any

import pytest
from msgspec.structs import replace

from execution_trees import agent, fact
from longpole.ingest.known_traces import facts_of_execution
from longpole.ingest.settle import build_rows
from longpole.ingest.vanished import close_gone
from longpole.model.execution import Execution
from longpole.wire import longpole_names as own
from span_factory import make_event, make_span, recognise

AGENT: dict[str, Any] = {own.KIND: "agent", own.AGENT: "triage", own.OPEN: True}


def row_of(attributes: dict[str, Any], **more: Any) -> Execution:
    facts, _ = recognise(make_span(AGENT | attributes, parent=None, ended_ns=0, **more))
    return build_rows([facts], now_ns=facts.started_ns + 1).executions[0]


@pytest.mark.parametrize("status", ["pending", "running", "llm_request", "llm_response"])
def test_an_open_execution_stands_where_it_says(status: str):
    assert row_of({own.STATUS: status}).status == status


def test_the_stage_is_the_last_one_that_was_entered():
    events = [
        make_event(own.EVENT_STAGE, {"stage": "init", "status": "started"}),
        make_event(own.EVENT_STAGE, {"stage": "init", "status": "completed", "duration_ms": 2.5}, 5),
        make_event(own.EVENT_STAGE, {"stage": "llm_call", "status": "started"}, 6),
    ]
    facts, _ = recognise(make_span(AGENT, parent=None, ended_ns=0, events=events))
    assert facts.stage == "llm_call"
    assert [(event.status, event.duration_ns) for event in facts.events][1] == ("completed", 2_500_000)


def test_everything_a_program_says_about_its_run_is_in_the_row_and_comes_back_from_the_store():
    row = row_of(
        {
            own.CREDITS: 2.5,
            own.CREDITS_UNIT: "tokens_k",
            own.TRIGGER_TYPE: "schedule",
            own.TRIGGER_SOURCE: "nightly",
            own.CHECKPOINTS: [{"name": "half", "step": 3}],
            own.EXECUTION_GRAPH: {"nodes": ["a", "b"]},
            "gen_ai.conversation.id": "CLM-1",
            "user.id": "u-17",
            own.SCOPE_PREFIX + "vault_id": "v-7",
            own.SCOPE_PREFIX + "team": "claims",
        }
    )
    assert (row.credits, row.credits_unit) == (2.5, "tokens_k")
    assert (row.trigger_type, row.trigger_source) == ("schedule", "nightly")
    assert (row.session_id, row.user_id) == ("CLM-1", "u-17")
    assert json.loads(row.scopes or "") == {"vault_id": "v-7", "team": "claims"}
    assert json.loads(row.checkpoints or "") == [{"name": "half", "step": 3}]
    assert json.loads(row.execution_graph or "") == {"nodes": ["a", "b"]}
    again = build_rows([facts_of_execution(row)], now_ns=row.started_ns + 1).executions[0]
    assert replace(again, row_version=row.row_version) == row


def test_checkpoints_may_be_text_too():
    assert row_of({own.CHECKPOINTS: '["a"]'}).checkpoints == '["a"]'
    assert row_of({own.CHECKPOINTS: []}).checkpoints is None


def test_the_progress_that_a_program_reports_is_shown_while_it_runs():
    facts = [agent(0, end=None, steps_announced=10, steps_reported=3), fact(1, 0), fact(2, 1), fact(3, 1)]
    running = build_rows(facts, now_ns=100).executions[0]
    assert (running.steps_total, running.steps_completed) == (10, 3)
    ended = build_rows([replace(facts[0], ended_ns=50, duration_ns=50, status="success"), *facts[1:]], now_ns=100)
    assert (ended.executions[0].steps_total, ended.executions[0].steps_completed) == (3, 3)


def test_a_crashed_execution_shows_how_far_it_had_come():
    facts = agent(0, end=None, steps_announced=10, steps_reported=3, process="p")
    row = build_rows([close_gone(facts, 50)], now_ns=100).executions[0]
    assert (row.status, row.steps_total, row.steps_completed) == ("crashed", 10, 3)


def test_steps_completed_are_read_from_the_wire():
    row = row_of({own.STEPS_TOTAL: 8, own.STEPS_COMPLETED: 2})
    assert (row.steps_total, row.steps_completed) == (8, 2)


def test_a_step_knows_its_process():
    facts, _ = recognise(make_span({}, resource={"service.instance.id": "p-1"}))
    rows = build_rows([agent(0, end=100), replace(facts, trace_id="a" * 32)], now_ns=1)
    assert [row.process for row in rows.steps] == ["p-1"]
