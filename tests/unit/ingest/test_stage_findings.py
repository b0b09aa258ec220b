"""Stages that a program forgot to complete become one finding for each execution."""

import json

from execution_trees import TRACE, agent, fact, span_id
from longpole.ingest.facts import Facts
from longpole.ingest.settle import build_rows
from longpole.model.event import Event


def stage(name: str, status: str, duration_ns: int | None = None, span: int = 0) -> Event:
    return Event(
        workspace="default",
        trace_id=TRACE,
        span_id=span_id(span),
        execution_id=None,
        event_index=1,
        time_ns=5,
        name="longpole.stage",
        kind="stage",
        stage=name,
        status=status,
        duration_ns=duration_ns,
        received_ns=1,
    )


def forgetful() -> list[Facts]:
    top = agent(0, end=100, code_file="agent.py", code_line=12)
    top.events += [stage("init", "completed", 5), stage("llm_call", "left_open", 40), stage("llm_parse", "left_open")]
    return [top, agent(1, 0, start=5), fact(2, 0, start=6)]


def test_an_execution_with_stages_left_open_has_one_finding_with_their_names_and_times():
    (finding,) = build_rows(forgetful(), now_ns=7).findings
    assert finding.rule == "instrumentation.stage_left_open"
    assert finding.title == "2 stages were left open: llm_call, llm_parse"
    assert json.loads(finding.evidence) == {
        "stages": [{"stage": "llm_call", "duration_ns": 40}, {"stage": "llm_parse", "duration_ns": None}]
    }
    assert (finding.execution_id, finding.confidence) == (TRACE + span_id(0), "certain")
    assert (finding.code_file, finding.code_line, finding.raised_ns) == ("agent.py", 12, 100)
    assert "complete_stage" in finding.advice


def test_settling_again_finds_the_same():
    assert build_rows(forgetful(), now_ns=7).findings == build_rows(forgetful(), now_ns=99).findings


def test_nothing_is_found_while_it_runs_or_where_every_stage_was_completed():
    running = [*forgetful(), fact(3, 0, start=7, end=None)]
    assert build_rows(running, now_ns=7).findings == []
    done = agent(0, end=100)
    done.events.append(stage("init", "completed", 5))
    assert build_rows([done], now_ns=7).findings == []
