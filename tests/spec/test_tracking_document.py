"""Document 3, the tracking guide: its snippets about recording, against a real server."""

import asyncio
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

import longpole
from longpole import AgentTrackerFactory, BaseAgent, ExecutionStage, ExecutionStatus, NoOpTracker
from longpole.settings import child_environment
from spec.guide_agents import NESTED_CALLS, my_agent, psychologist
from spec.snippets import run_snippet

DISABLING = """
agent = PsychologistAgent(enable_tracking=False)
# No database writes, no tracking overhead
"""


def stages(tree: dict[str, Any]) -> list[tuple[str, str]]:
    return [(event["stage"], event["status"]) for event in tree["events"] if event["kind"] == "stage"]


def test_the_basic_usage_arrives_with_stages_decision_model_call_and_output(recorded: Any) -> None:
    vault, conversation = uuid4(), uuid4()
    result = asyncio.run(my_agent().run(vault, "Who is she?", conversation_id=conversation))
    assert result == "AN ANSWER."
    tree = recorded.settled("MyAgent")
    execution = tree["execution"]
    assert (execution["status"], execution["method"], execution["stage"]) == ("success", "run", "complete")
    assert execution["session_id"] == str(conversation)
    assert execution["scopes"] == {"vault_id": str(vault)}
    assert stages(tree) == [
        ("init", "started"),
        ("init", "completed"),
        ("should_respond", "completed"),
        ("llm_prepare", "started"),
        ("llm_prepare", "completed"),
        ("llm_call", "started"),
        ("llm_call", "completed"),
        ("post_process", "started"),
        ("post_process", "left_open"),
        ("complete", "completed"),
    ]
    started = [event for event in tree["events"] if event.get("stage") and event.get("message")]
    messages = {event["stage"]: event["message"] for event in started}
    assert messages == {"llm_prepare": "Preparing LLM request", "post_process": "Processing LLM response"}
    (decision,) = tree["decisions"]
    assert (decision["candidate"], decision["score"], decision["outcome"]) == ("MyAgent", 1.0, "respond")
    own = recorded.body(execution["execution_id"], execution["execution_id"][32:])
    assert (own["input"], own["output"]) == ({"query": "Who is she?"}, "AN ANSWER.")


def test_the_model_call_of_the_basic_usage_is_a_step_with_request_and_response(recorded: Any) -> None:
    asyncio.run(my_agent().run(uuid4(), "Who is she?"))
    tree = recorded.settled("MyAgent")
    (step,) = tree["steps"]
    assert (step["category"], step["model"], step["status"]) == ("llm", "gpt-5.1", "success")
    body = recorded.body(tree["execution"]["execution_id"], step["step_id"])
    assert body["input"]["temperature"] == 0.7
    assert body["output"] == {"content": "An answer."}
    assert body["attributes"]["longpole.tokens.total"] == 1234
    assert body["attributes"]["longpole.latency_ms"] >= 0


def test_a_stage_that_the_snippet_does_not_complete_is_a_finding_and_no_error(
    recorded: Any, wait: Callable[..., Any]
) -> None:
    asyncio.run(my_agent().run(uuid4(), "Who is she?"))
    tree = recorded.settled("MyAgent")
    assert tree["execution"]["status"] == "success"

    def left_open() -> list[str]:
        found = recorded.findings(tree["execution"]["execution_id"])
        return [one["title"] for one in found if one["rule"] == "instrumentation.stage_left_open"]

    assert wait(left_open, "the finding") == ["A stage was left open: post_process"]


def test_an_agent_that_should_not_respond_is_skipped_with_its_reason(recorded: Any) -> None:
    async def should_respond(self: Any, query: str) -> tuple[bool, float, str]:
        return False, 0.3, "Query is about plot structure, not character psychology"

    assert asyncio.run(my_agent(should_respond=should_respond).run(uuid4(), "What happens?")) is None
    tree = recorded.settled("MyAgent")
    assert (tree["execution"]["status"], tree["execution"]["stage"]) == ("skipped", "should_respond")
    (decision,) = tree["decisions"]
    assert (decision["score"], decision["outcome"]) == (0.3, "skipped")
    assert decision["reason"] == "Query is about plot structure, not character psychology"
    assert tree["steps"] == []


def test_a_failure_keeps_its_stack_and_its_stage_and_reaches_the_caller(recorded: Any) -> None:
    agent = my_agent()
    agent.llm.error = ConnectionError("model is down")
    with pytest.raises(ConnectionError, match="model is down"):
        asyncio.run(agent.run(uuid4(), "Who is she?"))
    execution = recorded.settled("MyAgent")["execution"]
    assert (execution["status"], execution["stage"]) == ("failed", "llm_call")
    assert (execution["error_type"], execution["error_message"]) == ("ConnectionError", "model is down")
    stack = recorded.body(execution["execution_id"], execution["execution_id"][32:])["error_stack"]
    assert "in Model.chat" in stack


def test_a_cancelled_execution_is_timeout(recorded: Any) -> None:
    async def main() -> None:
        agent = my_agent()
        agent.llm.may_answer.clear()
        await asyncio.wait_for(agent.run(uuid4(), "Who is she?"), 0.05)

    with pytest.raises(TimeoutError):
        asyncio.run(main())
    tree = recorded.settled("MyAgent")
    assert tree["execution"]["status"] == "timeout"
    assert [step["status"] for step in tree["steps"]] == ["timeout"]


def test_a_request_without_a_response_is_visible_while_it_hangs(recorded: Any, wait: Callable[..., Any]) -> None:
    async def main() -> list[str]:
        agent = my_agent()
        agent.llm.may_answer.clear()
        running = asyncio.create_task(agent.run(uuid4(), "Who is she?"))
        found = await asyncio.to_thread(wait, recorded.executions, "the open execution")
        await asyncio.to_thread(wait, lambda: status_now(recorded) == "llm_request", "the status")
        agent.llm.may_answer.set()
        await running
        return [found[0]["agent"], found[0]["stage"]]

    assert asyncio.run(main())[0] == "MyAgent"
    assert recorded.settled("MyAgent")["execution"]["status"] == "success"


def status_now(recorded: Any) -> str:
    return recorded.executions()[0]["status"]


@pytest.mark.parametrize("status", [ExecutionStatus.PENDING, ExecutionStatus.LLM_RESPONSE, ExecutionStatus.RUNNING])
def test_the_other_open_statuses_are_visible_too(status: str, recorded: Any, wait: Callable[..., Any]) -> None:
    tracker = AgentTrackerFactory(vault_id=uuid4()).create_tracker("Waiting")
    tracker.track_pending("selected by the orchestrator")
    if status == ExecutionStatus.PENDING:
        wait(lambda: [item["status"] for item in recorded.executions()] == ["pending"], "the pending execution")
    with tracker.track_execution("run"):
        if status == ExecutionStatus.LLM_RESPONSE:
            tracker.track_llm_request("gpt-5.1", {})
            tracker.track_llm_response({})
        if status != ExecutionStatus.PENDING:
            wait(lambda: [item["status"] for item in recorded.executions()] == [status], status)
    assert recorded.settled("Waiting")["execution"]["status"] == "success"


def test_log_events_arrive_in_the_execution(recorded: Any) -> None:
    character = uuid4()
    assert asyncio.run(psychologist()().analyze_character(character, uuid4())) == {"boundaries": 3}
    tree = recorded.settled("PsychologistAgent")
    logs = [(event["level"], event["message"]) for event in tree["events"] if event["kind"] == "log"]
    assert logs == [("debug", "Querying POVBoundary table"), ("info", "Found 3 POV boundary records")]
    execution_id = tree["execution"]["execution_id"]
    own = recorded.body(execution_id, execution_id[32:])
    assert (own["input"], own["output"]) == ({"character_id": str(character)}, {"boundaries": 3})


def test_a_called_agent_is_a_child_of_its_caller(recorded: Any) -> None:
    snippet = run_snippet(NESTED_CALLS, BaseAgent=BaseAgent, PsychologistAgent=psychologist(), char_id=uuid4())
    asyncio.run(snippet["OrchestratorAgent"]().run(uuid4(), "Who is she?"))
    tree = recorded.settled("OrchestratorAgent")
    found = {node["agent"]: node for node in tree["executions"]}
    assert set(found) == {"OrchestratorAgent", "PsychologistAgent"}
    child, parent = found["PsychologistAgent"], found["OrchestratorAgent"]
    assert child["parent_execution_id"] == parent["execution_id"]
    assert child["depth"] == 1


def test_a_called_agent_in_another_process_is_a_child_of_its_caller(recorded: Any, tmp_path: Path) -> None:
    program = """
        import sys, longpole
        endpoint, spool, workspace, parent = sys.argv[1:]
        longpole.configure(endpoint=endpoint, spool=spool, workspace=workspace)
        tracker = longpole.AgentTrackerFactory().create_tracker("Far", parent_execution_id=parent)
        with tracker.track_execution("run"):
            pass
    """
    tracker = AgentTrackerFactory().create_tracker("Near")
    with tracker.track_execution("run"):
        where = [recorded.endpoint, str(tmp_path / "far"), recorded.workspace, tracker.execution_id]
        command = [sys.executable, "-c", textwrap.dedent(program), *where]
        subprocess.run(command, env=child_environment(), timeout=60, check=True)
    found = {node["agent"]: node for node in recorded.settled("Near")["executions"]}
    assert found["Far"]["parent_execution_id"] == tracker.execution_id


def test_with_tracking_disabled_nothing_arrives(recorded: Any) -> None:
    agent = run_snippet(DISABLING, PsychologistAgent=psychologist())["agent"]
    assert isinstance(agent.create_tracker(vault_id=uuid4()), NoOpTracker)
    assert asyncio.run(agent.analyze_character(uuid4(), uuid4())) == {"boundaries": 3}
    assert asyncio.run(psychologist()().analyze_character(uuid4(), uuid4())) == {"boundaries": 3}
    recorded.settled("PsychologistAgent")
    assert len(recorded.executions()) == 1


def test_what_a_tracker_is_told_arrives_in_the_columns_of_the_execution(recorded: Any) -> None:
    factory = AgentTrackerFactory(uuid4(), "conversation", "user")
    tracker = factory.create_tracker("Planner", trigger_type="api", trigger_source="GET /", call_reason="asked")
    with tracker.track_execution("run"):
        tracker.credits(2.5, "pages")
        tracker.checkpoint("outline", chapters=3)
        tracker.track_decision({"Plot": 0.9, "Style": 0.2}, threshold=0.5, chosen="Plot", reason="about the plot")
    tree = recorded.settled("Planner")
    execution = tree["execution"]
    assert (execution["session_id"], execution["user_id"]) == ("conversation", "user")
    assert (execution["trigger_type"], execution["trigger_source"]) == ("api", "GET /")
    assert (execution["credits"], execution["credits_unit"]) == (2.5, "pages")
    assert [(d["candidate"], d["outcome"]) for d in tree["decisions"]] == [
        ("Plot", "chosen"),
        ("Style", "below_threshold"),
    ]
    (checkpoint,) = tree["executions"][0]["checkpoints"]
    assert (checkpoint["name"], checkpoint["chapters"]) == ("outline", 3)


def test_progress_is_visible_while_the_execution_runs(recorded: Any, wait: Callable[..., Any]) -> None:
    tracker = AgentTrackerFactory().create_tracker("Planner", steps_total=10)
    with tracker.track_execution("run"):
        tracker.progress(3)
        shown = wait(
            lambda: [(item["steps_completed"], item["steps_total"]) for item in recorded.executions()], "the progress"
        )
    assert shown == [(3, 10)]


def test_all_stages_and_statuses_of_the_guide_have_their_names() -> None:
    assert [stage.name for stage in ExecutionStage] == [
        "INIT", "SHOULD_RESPOND", "PRE_PROCESS", "LLM_PREPARE", "LLM_CALL", "LLM_PARSE", "POST_PROCESS", "COMPLETE"
    ]  # fmt: skip
    assert {status.name for status in ExecutionStatus} >= {
        "PENDING", "RUNNING", "LLM_REQUEST", "LLM_RESPONSE", "SUCCESS", "FAILED", "TIMEOUT", "SKIPPED"
    }  # fmt: skip


def test_outside_of_any_execution_log_events_do_nothing(recorded: Any) -> None:
    asyncio.run(log_alone(psychologist()()))
    longpole.flush()
    assert recorded.executions() == []


async def log_alone(agent: BaseAgent) -> None:
    await agent.log_event("nobody listens")


def test_the_workspace_of_a_tracker_has_the_execution_with_all_its_steps_and_lines(
    recorded: Any, wait: Callable[..., Any]
) -> None:
    tracker = AgentTrackerFactory(workspace="tenant").create_tracker("Planner")
    with tracker.track_execution("run"), longpole.time_step("look", "database"):
        longpole.score("helpful", 0.9)
    assert longpole.flush(10)
    theirs = recorded.of("tenant")
    wait(lambda: [item for item in theirs.executions() if item["is_settled"]], "the other workspace")
    tree = theirs.tree(tracker.execution_id)
    assert [step["name"] for step in tree["steps"]] == ["look"]
    assert [score["name"] for score in tree["scores"]] == ["helpful"]
    assert recorded.executions() == []
