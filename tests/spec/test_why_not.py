"""Why an agent did not fire: every answer that there is, from what the SDK recorded, through a real server."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Any
from uuid import uuid4

import pytest

import longpole
from longpole import AgentTrackerFactory, ExecutionAnalytics, ExecutionStage
from longpole.client.guide_answers import WhyNotFired
from running_server import wait_until
from spec.guide_agents import my_agent

PSYCHOLOGIST = "PsychologistAgent"


class InputGuardrailTripwireTriggered(Exception):
    """What a guard raises."""


class Talk:
    """A conversation in which agents are considered, chosen and called."""

    def __init__(self, recorded: Any) -> None:
        self.vault, self.conversation = uuid4(), uuid4()
        self._recorded = recorded

    def tracker(self, agent: str) -> Any:
        return AgentTrackerFactory(self.vault, self.conversation).create_tracker(agent)

    def choose(self, agent: str = PSYCHOLOGIST, error: Exception | None = None, **choice: Any) -> None:
        """An orchestrator makes a choice, and then ends well or with an error."""
        with suppress(*([type(error)] if error else [])), self.tracker("Orchestrator").track_execution("run"):
            longpole.track_decision(agent, **choice)
            if error is not None:
                raise error

    def run(self, **parts: Any) -> None:
        """The psychologist runs."""
        asyncio.run(my_agent(PSYCHOLOGIST, **parts).run(self.vault, "Who is she?", conversation_id=self.conversation))

    def why(self, agent: str = PSYCHOLOGIST) -> WhyNotFired:
        """The answer, which is the same over REST and in the terminal."""
        found = self.told(agent)
        over_rest = self._recorded.ask("why-not", agent=agent, session=self.conversation)
        assert (over_rest["outcome"], over_rest["message"]) == (found.outcome, found.message)
        assert over_rest["near_names"] == found.near_names
        printed = " ".join(self._recorded.printed("why-not", agent, "--session", str(self.conversation)).split())
        assert found.message in printed
        assert all(str(one.reasoning or "") in printed for one in found.considered)
        return found

    def told(self, agent: str = PSYCHOLOGIST) -> WhyNotFired:
        return ExecutionAnalytics.debug_why_agent_didnt_fire(agent, self.conversation, self.vault)


def known_elsewhere(recorded: Any, name: str = PSYCHOLOGIST) -> None:
    """The agent is registered: its class was used, somewhere else. Its name is stored, and not published before."""
    asyncio.run(my_agent(name).run(uuid4(), "Who is she?", conversation_id=uuid4()))
    assert longpole.flush(10)
    wait_until(lambda: name in recorded.ask("why-not", agent=f"{name}s")["near_names"], f"{name} to be known by name")


def test_a_name_that_nobody_knows_gets_those_that_are_near(recorded: Any) -> None:
    known_elsewhere(recorded)
    recorded.all_settled(1)
    found = Talk(recorded).why("PsycologistAgent")
    assert (found.status, found.outcome, found.near_names) == ("never_invoked", "unknown_agent", [PSYCHOLOGIST])
    assert "Names like it: PsychologistAgent." in found.message


def test_an_agent_that_was_chosen_and_that_nobody_registered_is_told_so(recorded: Any) -> None:
    talk = Talk(recorded)
    known_elsewhere(recorded)
    talk.choose("PsychologyAgent", outcome="chosen")
    recorded.all_settled(2)
    found = talk.why("PsychologyAgent")
    assert (found.status, found.outcome) == ("never_invoked", "never_registered")
    assert found.near_names == [PSYCHOLOGIST]
    assert "chosen by Orchestrator and not invoked: no program has ever registered or run" in found.message


def test_an_agent_that_exists_and_that_nobody_thought_of_was_never_considered(recorded: Any) -> None:
    talk = Talk(recorded)
    known_elsewhere(recorded)
    with talk.tracker("Orchestrator").track_execution("run"):
        pass
    recorded.all_settled(2)
    found = talk.why()
    assert (found.status, found.outcome, found.considered) == ("never_invoked", "never_considered", [])
    assert "Check the routing that should name it." in found.message


def test_an_agent_below_the_threshold_has_score_threshold_and_reasoning(recorded: Any) -> None:
    talk = Talk(recorded)
    talk.choose(score=0.2, threshold=0.5, reason="about the plot")
    recorded.all_settled(1)
    found = talk.why()
    (one,) = found.considered
    assert (found.status, found.outcome) == ("never_invoked", "below_threshold")
    assert (one.considered_by, one.score, one.threshold, one.reasoning) == ("Orchestrator", 0.2, 0.5, "about the plot")
    assert "is below the threshold: score 0.2, threshold 0.5; about the plot." in found.message


def test_an_agent_that_was_passed_over_was_not_chosen(recorded: Any) -> None:
    talk = Talk(recorded)
    tracker = talk.tracker("Orchestrator")
    with tracker.track_execution("run"):
        tracker.track_decision({"PlotAgent": 0.9, PSYCHOLOGIST: 0.6}, threshold=0.5, chosen="PlotAgent")
    recorded.all_settled(1)
    assert talk.why().outcome == "not_chosen"


def test_an_agent_that_a_guard_kept_out_was_blocked(recorded: Any) -> None:
    talk = Talk(recorded)
    tracker = talk.tracker("Orchestrator")
    with tracker.track_execution("run"):
        kept_out = {"name": PSYCHOLOGIST, "score": 0.9, "outcome": "blocked", "reason": "private data"}
        tracker.track_decision([kept_out], threshold=0.5)
    recorded.all_settled(1)
    found = talk.why()
    assert (found.status, found.outcome) == ("never_invoked", "blocked")
    assert "considered by Orchestrator and blocked: score 0.9, threshold 0.5; blocked; private data." in found.message


def test_a_guard_that_stopped_the_one_who_chose_it_blocked_the_agent(recorded: Any) -> None:
    talk = Talk(recorded)
    talk.choose(error=InputGuardrailTripwireTriggered("no"), outcome="chosen")
    recorded.all_settled(1)
    found = talk.why()
    assert found.outcome == "blocked"
    assert "not invoked: a guard stopped Orchestrator (" in found.message


@pytest.mark.parametrize(("error", "ended"), [(ValueError("no"), "failed"), (TimeoutError("late"), "timeout")])
def test_what_chose_it_failed_or_timed_out_before_it(recorded: Any, error: Exception, ended: str) -> None:
    talk = Talk(recorded)
    talk.choose(error=error, outcome="chosen")
    recorded.all_settled(1)
    found = talk.why()
    assert (found.status, found.outcome) == ("never_invoked", "upstream_failed")
    assert f"Orchestrator chose it and then ended as {ended} ({type(error).__name__})" in found.message


def test_an_agent_that_was_chosen_and_not_called_is_told_so(recorded: Any) -> None:
    talk = Talk(recorded)
    known_elsewhere(recorded)
    talk.choose(outcome="chosen")
    recorded.all_settled(2)
    assert talk.why().outcome == "not_called"


def test_what_chose_it_may_still_run(recorded: Any, wait: Callable[..., Any]) -> None:
    talk = Talk(recorded)
    with talk.tracker("Orchestrator").track_execution("run"):
        longpole.track_decision(PSYCHOLOGIST, outcome="chosen")
        found = wait(lambda: when_considered(talk), "the decision")
        assert (found.status, found.outcome) == ("running", "running")
        assert "chosen by Orchestrator, which is still running" in found.message


def when_considered(talk: Talk) -> WhyNotFired | None:
    return talk.why() if talk.told().considered else None


def test_an_agent_that_runs_is_told_to_run(recorded: Any, wait: Callable[..., Any]) -> None:
    talk = Talk(recorded)
    tracker = talk.tracker(PSYCHOLOGIST)
    with tracker.track_execution("run"):
        tracker.track_llm_request("gpt-5.1", {"messages": []})
        found = wait(lambda: when_waiting(talk), "the open request")
        assert (found.status, found.outcome) == ("running", "running")
        assert "its last request to a model has no response" in found.message


def when_waiting(talk: Talk) -> WhyNotFired | None:
    found = talk.told()
    is_waiting = bool(found.executions) and found.executions[0].model_trouble is not None
    return talk.why() if is_waiting else None


def test_an_agent_that_declined_was_skipped(recorded: Any) -> None:
    async def declines(self: Any, query: str) -> tuple[bool, float, str]:
        return False, 0.3, "about the plot"

    talk = Talk(recorded)
    talk.run(should_respond=declines)
    recorded.all_settled(1)
    found = talk.why()
    assert (found.status, found.outcome) == ("skipped", "skipped")
    assert (found.executions[0].relevance_score, found.executions[0].relevance_reasoning) == (0.3, "about the plot")


def test_an_agent_that_did_fire_is_told_to_have_fired(recorded: Any) -> None:
    talk = Talk(recorded)
    talk.run()
    recorded.all_settled(1)
    found = talk.why()
    assert (found.status, found.outcome) == ("fired", "fired")
    assert found.executions[0].model_trouble is None


def test_scenario_2_an_agent_that_stopped_before_its_request_is_told_where(recorded: Any) -> None:
    talk = Talk(recorded)
    tracker = talk.tracker(PSYCHOLOGIST)
    with pytest.raises(KeyError):
        stop_before_the_request(tracker)
    recorded.all_settled(1)
    found = talk.why()
    assert (found.status, found.executions[0].model_trouble) == ("failed", "request_not_sent")
    assert found.message.endswith("ended as failed: KeyError, before it sent a request to a model (stage llm_prepare)")


def stop_before_the_request(tracker: Any) -> None:
    with tracker.track_execution("run"):
        tracker.track_stage(ExecutionStage.LLM_PREPARE, "Preparing LLM request", messages=3)
        raise KeyError("template")


def test_scenario_3_an_agent_whose_model_did_not_answer_is_told_so(recorded: Any) -> None:
    talk = Talk(recorded)
    agent = my_agent(PSYCHOLOGIST)
    agent.llm.error = ConnectionError("model is down")
    with pytest.raises(ConnectionError):
        asyncio.run(agent.run(talk.vault, "Who is she?", conversation_id=talk.conversation))
    recorded.all_settled(1)
    found = talk.why()
    assert (found.status, found.executions[0].model_trouble) == ("failed", "response_not_received")
    assert found.message.endswith("ended as failed: ConnectionError, and its last request to a model has no response")
