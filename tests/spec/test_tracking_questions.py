"""Document 3, the tracking guide: its snippets that ask, against a real server."""

import asyncio
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest

import longpole
from longpole import (
    AgentTrackerFactory,
    BaseAgent,
    ExecutionAnalytics,
    ExecutionStage,
    ExecutionTimingTree,
    TimingEntry,
    TimingPersistence,
)
from longpole.model.clock import now_ns
from longpole.model.errors import NotFound
from spec.guide_agents import NESTED_CALLS, my_agent, psychologist
from spec.snippets import run_snippet

WHY_NOT = """
from writeros.utils.execution_analytics import ExecutionAnalytics

# Debug why PsychologistAgent didn't fire
result = ExecutionAnalytics.debug_why_agent_didnt_fire(
    agent_name="PsychologistAgent",
    conversation_id=conversation_id,
    vault_id=vault_id
)

print(result)
"""

TIMELINE = """
# Get detailed stage-by-stage timeline
timeline = ExecutionAnalytics.get_stage_timeline(execution_id)

for stage in timeline:
    print(f"{stage['timestamp']} - {stage['stage']} - {stage['status']}")
    print(f"  Duration: {stage['duration_ms']}ms")
    print(f"  Message: {stage['message']}")
"""

FAILED = """
# Get all failed executions in last 24 hours
failed = ExecutionAnalytics.get_failed_executions(
    vault_id=vault_id,
    hours=24
)

for execution in failed:
    print(f"Agent: {execution.agent_name}")
    print(f"Error: {execution.error_type}: {execution.error_message}")
    print(f"Stage: {execution.current_stage}")
    print(f"Traceback:\\n{execution.error_traceback}")
"""

PERFORMANCE = """
# Get performance metrics for an agent
metrics = ExecutionAnalytics.analyze_agent_performance(
    agent_name="PsychologistAgent",
    vault_id=vault_id,
    hours=24
)

print(f"Total Executions: {metrics['total_executions']}")
print(f"Success Rate: {metrics['success_rate']*100}%")
print(f"Avg Duration: {metrics['avg_duration_ms']}ms")
print(f"Common Errors: {metrics['common_errors']}")
"""

INTERACTIONS = """
# Get detailed LLM request/response
llm_data = ExecutionAnalytics.get_llm_interactions(execution_id)

print(f"Model: {llm_data['model']}")
print(f"Request: {llm_data['request']}")
print(f"Response: {llm_data['response']}")
print(f"Tokens: {llm_data['tokens_used']}")
print(f"Latency: {llm_data['latency_ms']}ms")
"""

CHAIN = """
# See which agents called which
chain = ExecutionAnalytics.get_execution_call_chain(execution_id)

for link in chain:
    indent = "  " * link['depth']
    print(f"{indent}{link['parent_agent']} -> {link['child_agent']}")
    print(f"{indent}Reason: {link['call_reason']}")
    print(f"{indent}Status: {link['status']}")
"""

SLOW = """
# Find slow executions (>5 seconds)
slow = ExecutionAnalytics.find_slow_executions(
    threshold_ms=5000,
    vault_id=vault_id,
    hours=24
)

for ex in slow:
    print(f"{ex['agent_name']}.{ex['method']}")
    print(f"  Total Duration: {ex['duration_ms']}ms")
    print(f"  LLM Latency: {ex['llm_latency_ms']}ms")
    print(f"  Overhead: {ex['duration_ms'] - (ex['llm_latency_ms'] or 0)}ms")
"""

NOT_RECEIVING = """
result = ExecutionAnalytics.debug_why_agent_didnt_fire(
    agent_name="PsychologistAgent",
    conversation_id=conv_id,
    vault_id=vault_id
)

if result['status'] == 'never_invoked':
    # Check orchestrator routing logic
    # Check agent registration
    # Verify query matches agent domain
"""

NOT_SENT = """
execution = ExecutionAnalytics.get_execution_with_logs(execution_id)

# Check what stage it failed at
print(f"Current Stage: {execution['execution']['current_stage']}")

# Review stage logs
for log in execution['logs']:
    if log.stage == ExecutionStage.LLM_PREPARE:
        print(log.message)
        print(log.data)
"""

NOT_ANSWERED = """
llm_data = ExecutionAnalytics.get_llm_interactions(execution_id)

# Check if request was sent
if llm_data['request']:
    print("Request sent:", llm_data['request'])

# Check if response received
if not llm_data['response']:
    # LLM timeout or network issue
    execution = ExecutionAnalytics.get_execution(execution_id)
    print(f"Status: {execution.status}")
    print(f"Error: {execution.error_message}")
"""

SLOW_AGENTS = """
# Find agents taking >5s
slow = ExecutionAnalytics.find_slow_executions(threshold_ms=5000)

# Group by agent
from collections import defaultdict
by_agent = defaultdict(list)
for ex in slow:
    by_agent[ex['agent_name']].append(ex['duration_ms'])

# Find average
for agent, durations in by_agent.items():
    avg = sum(durations) / len(durations)
    print(f"{agent}: avg {avg}ms over {len(durations)} executions")
"""

USAGE = """
metrics = ExecutionAnalytics.analyze_agent_performance(
    agent_name="PsychologistAgent"
)

llm_stats = metrics['llm_stats']
print(f"Total LLM Calls: {llm_stats['total_calls']}")
print(f"Total Tokens: {llm_stats['total_tokens']}")
print(f"Avg Tokens/Call: {llm_stats['avg_tokens_per_call']}")
print(f"Avg Latency: {llm_stats['avg_latency_ms']}ms")
"""

CORRELATION = """
# From structlog output
# {"timestamp": "2025-11-26T...", "execution_id": "abc-123", ...}

# Query database for full execution details
execution = ExecutionAnalytics.get_execution_with_logs("abc-123")
"""

REASON = "Query is about plot structure, not character psychology"


async def declines(self: Any, query: str) -> tuple[bool, float, str]:
    return False, 0.3, REASON


def ask(snippet: str, **around: Any) -> dict[str, Any]:
    """Runs a snippet that takes its import for granted."""
    return run_snippet(snippet, ExecutionAnalytics=ExecutionAnalytics, ExecutionStage=ExecutionStage, **around)


def run_agent(vault: Any, agent: Any = None, **more: Any) -> None:
    asyncio.run((agent or my_agent("PsychologistAgent")).run(vault, "Who is she?", **more))


def failing_agent() -> Any:
    agent = my_agent("PsychologistAgent")
    agent.llm.error = ConnectionError("model is down")
    return agent


async def store_slow_run(vault: Any, seconds: float, agent: str = "PsychologistAgent") -> None:
    """An execution with two model calls at once: three seconds together, not five."""
    now = now_ns() / 1e9 - 60
    marks = {"longpole.scope.vault_id": str(vault), "longpole.method": "analyze"}
    root = TimingEntry(agent, "agent", now, now + seconds, seconds * 1e3, marks, None)
    calls = {
        name: TimingEntry(name, "llm", now + start, now + end, (end - start) * 1e3, {}, "top")
        for name, start, end in (("ask", 0.0, 2.0), ("ask again", 0.0, 3.0))
    }
    await TimingPersistence.store_execution_timing(ExecutionTimingTree("top", {"top": root, **calls}))


def test_why_an_agent_did_not_fire_is_told_with_its_score_and_reason(recorded: Any, capsys: Any) -> None:
    vault, conversation = uuid4(), uuid4()
    run_agent(vault, my_agent("PsychologistAgent", should_respond=declines), conversation_id=conversation)
    execution = recorded.settled("PsychologistAgent")["execution"]
    result = run_snippet(WHY_NOT, conversation_id=conversation, vault_id=vault)["result"]
    assert result["status"] == "skipped"
    assert result["message"] == "PsychologistAgent was invoked but skipped due to relevance check"
    (run,) = result["executions"]
    assert run["execution_id"] == execution["execution_id"]
    assert (run["relevance_score"], run["relevance_reasoning"]) == (0.3, REASON)
    assert run["input_data"] == {"query": "Who is she?"}
    assert capsys.readouterr().out.startswith("{'status': 'skipped', 'message': 'PsychologistAgent was invoked")


def test_the_timeline_has_every_stage_with_its_time(recorded: Any, capsys: Any) -> None:
    run_agent(uuid4())
    execution = recorded.settled("PsychologistAgent")["execution"]
    timeline = ask(TIMELINE, execution_id=execution["execution_id"])["timeline"]
    assert [(stage["stage"], stage["status"]) for stage in timeline] == [
        ("init", "completed"),
        ("should_respond", "completed"),
        ("llm_prepare", "completed"),
        ("llm_call", "completed"),
        ("post_process", "left_open"),
        ("complete", "completed"),
    ]
    assert all(stage["duration_ms"] >= 0 for stage in timeline)
    assert timeline[0]["timestamp"][:19] == execution["started_at"][:19]
    assert "  Message: Preparing LLM request\n" in capsys.readouterr().out


def test_failed_executions_come_with_error_stage_and_stack(recorded: Any, capsys: Any) -> None:
    vault = uuid4()
    with pytest.raises(ConnectionError):
        run_agent(vault, failing_agent())
    with pytest.raises(ConnectionError):
        run_agent(uuid4(), failing_agent())
    run_agent(vault)
    recorded.all_settled(3)
    (execution,) = ask(FAILED, vault_id=vault)["failed"]
    assert execution.vault_id == str(vault)
    out = capsys.readouterr().out
    assert "Agent: PsychologistAgent\nError: ConnectionError: model is down\nStage: llm_call\nTraceback:\n" in out
    assert "in Model.chat" in out


def test_the_performance_of_an_agent_has_rate_times_and_errors(recorded: Any, capsys: Any) -> None:
    vault = uuid4()
    run_agent(vault)
    with pytest.raises(ConnectionError):
        run_agent(vault, failing_agent())
    run_agent(vault, my_agent("PsychologistAgent", should_respond=declines))
    recorded.all_settled(3)
    metrics = ask(PERFORMANCE, vault_id=vault)["metrics"]
    assert (metrics["total_executions"], metrics["success_rate"], metrics["skipped"]) == (3, 0.5, 1)
    assert metrics["avg_duration_ms"] > 0
    (error,) = metrics["common_errors"]
    assert (error["error_type"], error["error_message"], error["count"]) == ("ConnectionError", "model is down", 1)
    assert "Total Executions: 3\nSuccess Rate: 50.0%\n" in capsys.readouterr().out


def test_a_model_call_comes_with_request_and_response(recorded: Any, capsys: Any) -> None:
    run_agent(uuid4())
    execution = recorded.settled("PsychologistAgent")["execution"]
    llm_data = ask(INTERACTIONS, execution_id=execution["execution_id"])["llm_data"]
    assert llm_data["model"] == "gpt-5.1"
    assert llm_data["request"]["temperature"] == 0.7
    assert llm_data["response"] == {"content": "An answer."}
    assert llm_data["latency_ms"] >= 0
    assert len(llm_data["calls"]) == 1
    assert "\nTokens: 1234\n" in capsys.readouterr().out


def test_the_call_chain_tells_who_called_whom(recorded: Any, capsys: Any) -> None:
    snippet = run_snippet(NESTED_CALLS, BaseAgent=BaseAgent, PsychologistAgent=psychologist(), char_id=uuid4())
    asyncio.run(snippet["OrchestratorAgent"]().run(uuid4(), "Who is she?"))
    tree = recorded.settled("OrchestratorAgent")
    (link,) = ask(CHAIN, execution_id=tree["execution"]["execution_id"])["chain"]
    assert (link["depth"], link["status"]) == (1, "success")
    assert "  OrchestratorAgent -> PsychologistAgent\n  Reason: None\n" in capsys.readouterr().out
    assert ask(CHAIN, execution_id=link["child_execution_id"])["chain"] == [link]


def test_the_call_chain_has_the_reason_of_a_call(recorded: Any) -> None:
    outer = AgentTrackerFactory().create_tracker("Outer")
    with outer.track_execution("run"):
        inner = AgentTrackerFactory().create_tracker("Inner", call_reason="needs a character")
        with inner.track_execution("run"):
            pass
    recorded.settled("Outer")
    (link,) = ask(CHAIN, execution_id=outer.execution_id)["chain"]
    assert link["call_reason"] == "needs a character"


def test_slow_executions_have_the_time_of_their_models_counted_once(recorded: Any, capsys: Any) -> None:
    vault = uuid4()
    asyncio.run(store_slow_run(vault, 8.0))
    asyncio.run(store_slow_run(vault, 4.0, "Quick"))
    asyncio.run(store_slow_run(uuid4(), 9.0, "Elsewhere"))
    recorded.all_settled(3)
    (slow,) = ask(SLOW, vault_id=vault)["slow"]
    assert (slow["duration_ms"], slow["llm_latency_ms"], slow["overhead_ms"]) == (8000.0, 3000.0, 5000.0)
    out = capsys.readouterr().out
    assert out.startswith("PsychologistAgent.analyze\n  Total Duration: 8000.0ms\n")
    assert out.endswith("  Overhead: 5000.0ms\n")


def test_scenario_1_an_agent_that_nobody_called_was_never_invoked(recorded: Any) -> None:
    vault, conversation = uuid4(), uuid4()
    run_agent(uuid4())  # it exists, elsewhere
    tracker = AgentTrackerFactory(vault, conversation).create_tracker("Orchestrator")
    with tracker.track_execution("run"):
        pass
    recorded.all_settled(2)
    # The guide's block holds only comments, which Python does not take for a block.
    result = ask(NOT_RECEIVING.rstrip() + "\n    pass", conv_id=conversation, vault_id=vault)["result"]
    assert (result["status"], result["outcome"]) == ("never_invoked", "never_considered")


def test_scenario_1_an_agent_that_was_passed_over_has_score_and_threshold(recorded: Any) -> None:
    vault, conversation = uuid4(), uuid4()
    tracker = AgentTrackerFactory(vault, conversation).create_tracker("Orchestrator")
    with tracker.track_execution("run"):
        tracker.track_decision({"PlotAgent": 0.9, "PsychologistAgent": 0.2}, threshold=0.5, chosen="PlotAgent")
    recorded.settled("Orchestrator")
    result = ask(NOT_RECEIVING.rstrip() + "\n    pass", conv_id=conversation, vault_id=vault)["result"]
    assert (result["status"], result["outcome"]) == ("never_invoked", "below_threshold")
    (considered,) = result["considered"]
    assert (considered["considered_by"], considered["score"], considered["threshold"]) == ("Orchestrator", 0.2, 0.5)


def fail_before_the_request(tracker: Any) -> None:
    with tracker.track_execution("run"):
        tracker.track_stage(ExecutionStage.LLM_PREPARE, "Preparing LLM request", messages=3)
        raise KeyError("template")


def test_scenario_2_the_stage_before_the_request_tells_what_it_had(recorded: Any, capsys: Any) -> None:
    tracker = AgentTrackerFactory().create_tracker("PsychologistAgent")
    with pytest.raises(KeyError):
        fail_before_the_request(tracker)
    recorded.settled("PsychologistAgent")
    ask(NOT_SENT, execution_id=tracker.execution_id)
    stage, message, told, error, _ = capsys.readouterr().out.splitlines()
    assert (stage, message) == ("Current Stage: llm_prepare", "Preparing LLM request")
    assert (told, error) == ("{'messages': 3}", "'template'")


def test_scenario_3_a_request_without_a_response_shows_status_and_error(recorded: Any, capsys: Any) -> None:
    with pytest.raises(ConnectionError):
        run_agent(uuid4(), failing_agent())
    execution = recorded.settled("PsychologistAgent")["execution"]
    ask(NOT_ANSWERED, execution_id=execution["execution_id"])
    out = capsys.readouterr().out
    assert out.startswith("Request sent: {")
    assert out.endswith("Status: failed\nError: model is down\n")


def test_scenario_3_a_request_that_hangs_is_seen_while_it_does(recorded: Any, wait: Callable[..., Any]) -> None:
    tracker = AgentTrackerFactory().create_tracker("PsychologistAgent")
    with tracker.track_execution("run"):
        tracker.track_llm_request("gpt-5.1", {"messages": []})
        wait(lambda: [item["status"] for item in recorded.executions()] == ["llm_request"], "the request")
        llm_data = wait(lambda: pending_call(tracker.execution_id), "the open call")
        assert (llm_data["response"], llm_data["latency_ms"]) == (None, None)
        assert ExecutionAnalytics.get_execution(tracker.execution_id).status == "llm_request"


def pending_call(execution_id: str) -> Any:
    found = ExecutionAnalytics.get_llm_interactions(execution_id)
    return found if found.calls else None


def test_slow_agents_are_grouped_by_their_name(recorded: Any, capsys: Any) -> None:
    asyncio.run(store_slow_run(uuid4(), 6.0))
    asyncio.run(store_slow_run(uuid4(), 8.0))
    recorded.all_settled(2)
    ask(SLOW_AGENTS)
    assert capsys.readouterr().out == "PsychologistAgent: avg 7000.0ms over 2 executions\n"


def test_the_usage_of_models_is_summed_over_an_agents_executions(recorded: Any, capsys: Any) -> None:
    run_agent(uuid4())
    run_agent(uuid4())
    recorded.all_settled(2)
    ask(USAGE)
    out = capsys.readouterr().out
    assert out.startswith("Total LLM Calls: 2\nTotal Tokens: 2468\nAvg Tokens/Call: 1234.0\n")


def test_an_id_from_a_log_line_leads_to_the_execution(recorded: Any) -> None:
    asyncio.run(psychologist()().analyze_character(uuid4(), uuid4()))
    execution_id = recorded.settled("PsychologistAgent")["execution"]["execution_id"]
    execution = ask(CORRELATION.replace("abc-123", execution_id))["execution"]
    assert execution.execution.execution_id == execution_id
    assert [log.message for log in execution.logs if log.kind == "log"] == [
        "Querying POVBoundary table",
        "Found 3 POV boundary records",
    ]


def test_an_id_that_nothing_has_says_so(recorded: Any) -> None:
    with pytest.raises(NotFound, match="There is no execution 'abc-123'"):
        ask(CORRELATION)
    assert longpole.flush()
