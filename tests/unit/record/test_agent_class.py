"""`BaseAgent`: names, trackers, log lines, and being known before the first run."""

import asyncio
from collections.abc import Callable
from typing import Any

import longpole
from longpole import BaseAgent, ExecutionTracker, NoOpTracker
from longpole.record.recorder import recorder
from longpole.wire import longpole_names as names


class Psychologist(BaseAgent):
    async def run(self, query: str) -> str:
        tracker = self.create_tracker("vault", conversation_id="c", call_reason="asked")
        async with tracker.track_execution("run", {"query": query}):
            should, confidence, reason = await self.should_respond(query)
            await tracker.track_should_respond(should, confidence, reason)
            await self.log_event("thinking", level="debug", words=2)
            tracker.set_output("fine")
        return "fine"


class Bare(BaseAgent):
    """Does not call the constructor of its base class, as classes written before do not."""

    name = "the bare one"

    def __init__(self) -> None:
        self.words = 3


def test_an_agent_is_tracked_under_the_name_of_its_class(recorded: Any) -> None:
    assert asyncio.run(Psychologist().run("q")) == "fine"
    span = recorded.span("Psychologist")
    assert span.attributes[names.AGENT] == "Psychologist"
    assert span.attributes["longpole.scope.vault_id"] == "vault"
    lines = [event.attributes for event in span.events if event.name == names.EVENT_LOG]
    assert lines == [{"message": "thinking", "level": "debug", "words": 2}]


def test_the_class_and_the_object_may_choose_the_name(recorded: Any) -> None:
    agent = Bare()
    with agent.create_tracker().track_execution("run"):
        pass
    agent.name = "another"
    with agent.create_tracker().track_execution("run"):
        pass
    assert {span.name for span in recorded.spans} == {"the bare one", "another"}


def test_with_tracking_off_nothing_is_recorded(recorded: Any) -> None:
    agent = Psychologist(enable_tracking=False)
    assert isinstance(agent.create_tracker(), NoOpTracker)
    with longpole.time_step("outer"):
        assert asyncio.run(agent.run("q")) == "fine"
    assert [span.name for span in recorded.spans] == ["outer"]
    assert recorded.span("outer").events == []


def test_before_configure_nothing_is_tracked() -> None:
    assert not recorder.is_on
    assert isinstance(Psychologist().create_tracker(), NoOpTracker)


def test_an_object_makes_the_agent_known_before_it_runs(record_with: Callable[..., Any]) -> None:
    class Illustrator(BaseAgent):
        async def run(self) -> None: ...

    Illustrator()
    Illustrator("some", option="ignored")
    Illustrator(enable_tracking=False)
    recorded = record_with()
    assert recorded.spans == []
    known = [log.attributes for log in recorded.taken.logs if log.attributes.get(names.AGENT) == "Illustrator"]
    assert len(known) == 1
    assert known[0]["code.file.path"] == __file__


def test_the_next_base_class_gets_its_arguments() -> None:
    class Model:
        def __init__(self, size: int) -> None:
            self.size = size

    class Both(BaseAgent, Model):
        pass

    assert Both(7).size == 7


def test_trackers_of_an_agent_are_of_the_promised_kind(recorded: Any) -> None:
    assert isinstance(Psychologist().create_tracker(), ExecutionTracker)
