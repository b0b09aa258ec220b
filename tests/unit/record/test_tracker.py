"""What a tracker tells of an execution arrives in it, whatever way the execution goes."""

import asyncio
import inspect
import json
import warnings
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest

import longpole
from longpole import AgentTrackerFactory, ExecutionStage, ExecutionTracker, NoOpTracker
from longpole.record.current import current
from longpole.record.recorder import recorder
from longpole.wire import longpole_names as names
from longpole.wire.otlp_encode import SpanOut

VAULT = UUID("7f000001-0000-4000-8000-000000000001")


def tracker_of(agent: str = "planner", **more: Any) -> Any:
    return AgentTrackerFactory().create_tracker(agent, **more)


def stages(span: SpanOut) -> list[tuple[str, str]]:
    return [(e.attributes["stage"], e.attributes["status"]) for e in span.events if e.name == names.EVENT_STAGE]


def decisions(span: SpanOut) -> list[dict[str, Any]]:
    return [dict(e.attributes) for e in span.events if e.name == names.EVENT_DECISION]


def open_status(recorded: Any, name: str) -> Any:
    """The status under which an open execution would be announced now."""
    recorded.flusher.collect()
    entry = next(entry for entry in recorded.flusher._open if entry.record[1].name == name)
    return recorded.flusher._builder.span(entry.record).attributes.get(names.STATUS)


def test_with_and_async_with_record_the_same_execution(recorded: Any) -> None:
    async def run() -> None:
        tracker = tracker_of()
        async with tracker.track_execution("run", {"query": "q"}):
            await tracker.track_stage(ExecutionStage.PRE_PROCESS)
            await tracker.complete_stage(ExecutionStage.PRE_PROCESS)
            await tracker.set_output({"answer": 1})

    asyncio.run(run())
    tracker = tracker_of()
    with tracker.track_execution("run", {"query": "q"}):
        tracker.track_stage(ExecutionStage.PRE_PROCESS)
        tracker.complete_stage(ExecutionStage.PRE_PROCESS)
        tracker.set_output({"answer": 1})
    one, other = recorded.spans
    assert stages(one) == stages(other)
    for name in (names.AGENT, names.METHOD, names.INPUT, names.OUTPUT, names.KIND):
        assert one.attributes[name] == other.attributes[name]
    assert json.loads(one.attributes[names.INPUT]) == {"query": "q"}
    assert json.loads(one.attributes[names.OUTPUT]) == {"answer": 1}
    assert (one.attributes[names.AGENT], one.attributes[names.METHOD]) == ("planner", "run")


def test_nothing_has_to_be_awaited_and_everything_can_be(recorded: Any) -> None:
    async def run() -> Any:
        tracker = tracker_of()
        async with tracker.track_execution("run"):
            tracker.track_stage("init")
            assert await tracker.log_event("hello") is None
            assert await tracker.track_should_respond(False, 0.1, "no") is False
            return bool(tracker.track_should_respond(True))

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert asyncio.run(run()) is True


def test_the_output_is_kept_as_it_was_when_it_was_set(recorded: Any) -> None:
    tracker, result = tracker_of(), {"answer": 1}
    with tracker.track_execution("run"):
        tracker.set_output(result)
        result["answer"] = 2
    assert json.loads(recorded.span("planner").attributes[names.OUTPUT]) == {"answer": 1}


def test_whose_work_it_is_stands_in_the_execution(recorded: Any) -> None:
    factory = AgentTrackerFactory(VAULT, "conversation", "user", trigger_type="api")
    tracker = factory.create("planner", user_id="other", call_reason="asked", trigger_source="GET /", team="blue")
    with tracker.track_execution("run"):
        pass
    attributes = recorded.span("planner").attributes
    assert attributes["longpole.scope.vault_id"] == str(VAULT)
    assert attributes["longpole.scope.team"] == "blue"
    assert attributes["gen_ai.conversation.id"] == "conversation"
    assert attributes["user.id"] == "other"
    assert attributes[names.CALL_REASON] == "asked"
    assert (attributes[names.TRIGGER_TYPE], attributes[names.TRIGGER_SOURCE]) == ("api", "GET /")


def test_the_place_in_the_code_is_that_of_the_agent(recorded: Any) -> None:
    with tracker_of().track_execution("run"):
        pass
    assert recorded.span("planner").attributes["code.file.path"] == __file__


def test_steps_decorators_and_log_lines_inside_belong_to_the_execution(recorded: Any) -> None:
    @longpole.timing_step
    def load() -> None:
        longpole.log_event("loading")

    tracker = tracker_of()
    with tracker.track_execution("run"):
        load()
        longpole.track_decision("search", score=0.4)
        tracker.log_event("in between", level="debug")
    assert recorded.parent_of("load") == "planner"
    assert current.get() is None
    execution = recorded.span("planner")
    assert decisions(execution)[0]["candidate"] == "search"
    assert [e.attributes["message"] for e in execution.events if e.name == names.EVENT_LOG] == ["in between"]


# Stages


def test_a_stage_that_is_not_completed_is_closed_by_the_next_one_and_by_the_end(recorded: Any) -> None:
    tracker = tracker_of()
    with tracker.track_execution("run"):
        tracker.track_stage(ExecutionStage.PRE_PROCESS, "reading", pages=3)
        tracker.track_stage(ExecutionStage.LLM_PARSE)
        tracker.complete_stage()
        tracker.track_stage(ExecutionStage.POST_PROCESS)
    span = recorded.span("planner")
    assert stages(span) == [
        ("init", "started"),
        ("init", "completed"),
        ("pre_process", "started"),
        ("pre_process", "left_open"),
        ("llm_parse", "started"),
        ("llm_parse", "completed"),
        ("post_process", "started"),
        ("post_process", "left_open"),
        ("complete", "completed"),
    ]
    started = span.events[2].attributes
    assert (started["message"], started["pages"]) == ("reading", 3)
    assert span.events[3].attributes["duration_ms"] >= 0


def test_a_failure_leaves_the_execution_in_the_stage_where_it_happened(recorded: Any) -> None:
    def parse() -> None:
        tracker = tracker_of()
        with tracker.track_execution("run"):
            tracker.track_stage(ExecutionStage.LLM_PARSE)
            raise KeyError("answer")

    with pytest.raises(KeyError):
        parse()
    assert stages(recorded.span("planner"))[-1] == ("llm_parse", "failed")


def test_a_decorated_agent_closes_its_stages_too(recorded: Any) -> None:
    @longpole.agent
    def writer() -> None:
        longpole.track_stage("pre_process")
        longpole.complete_stage()
        longpole.track_stage("post_process")

    writer()
    found = stages(recorded.span("writer"))
    assert found[1:] == [
        ("pre_process", "completed"),
        ("post_process", "started"),
        ("post_process", "left_open"),
        ("complete", "completed"),
    ]


# Statuses


def test_an_exception_makes_it_failed_and_goes_on_unchanged(recorded: Any) -> None:
    error = ValueError("no plan")
    with pytest.raises(ValueError, match="no plan") as caught, tracker_of().track_execution("run"):
        raise error
    assert caught.value is error
    span = recorded.span("planner")
    assert (span.status_code, span.attributes["error.type"]) == (2, "ValueError")
    assert "test_tracker.py" in span.events[-1].attributes["exception.stacktrace"]


@pytest.mark.parametrize("is_cancelled", [True, False], ids=["cancelled", "timed out"])
def test_a_cancellation_or_timeout_makes_it_timeout(is_cancelled: bool, recorded: Any) -> None:
    async def run() -> None:
        tracker = tracker_of()
        async with tracker.track_execution("run"):
            tracker.track_llm_request("m")
            await asyncio.Event().wait()

    async def main() -> None:
        task = asyncio.create_task(run())
        await asyncio.sleep(0)
        if is_cancelled:
            task.cancel()
            await task
        else:
            await asyncio.wait_for(task, 0.001)

    with pytest.raises(asyncio.CancelledError if is_cancelled else TimeoutError):
        asyncio.run(main())
    assert recorded.span("planner").attributes[names.STATUS] == "timeout"
    assert recorded.span("chat m").attributes[names.STATUS] == "timeout"


def test_an_agent_that_should_not_respond_is_skipped_in_that_stage(recorded: Any) -> None:
    tracker = tracker_of()
    with tracker.track_execution("run"):
        tracker.track_should_respond(False, 0.3, "not my subject", threshold=0.5)
    span = recorded.span("planner")
    assert span.attributes[names.STATUS] == "skipped"
    assert stages(span)[-1] == ("should_respond", "completed")
    (decision,) = decisions(span)
    assert (decision["candidate"], decision["score"], decision["threshold"]) == ("planner", 0.3, 0.5)
    assert decision["reason"] == "not my subject"


def test_a_skipped_agent_that_fails_afterwards_has_failed(recorded: Any) -> None:
    def run() -> None:
        tracker = tracker_of()
        with tracker.track_execution("run"):
            tracker.track_should_respond(False)
            raise OSError("full")

    with pytest.raises(OSError, match="full"):
        run()
    span = recorded.span("planner")
    assert span.status_code == 2
    assert names.STATUS not in span.attributes


def test_the_open_execution_shows_whether_it_waits_for_the_model(recorded: Any) -> None:
    tracker = tracker_of()
    tracker.track_pending("chosen by the router")
    seen = [open_status(recorded, "planner")]
    with tracker.track_execution("run"):
        seen.append(open_status(recorded, "planner"))
        tracker.track_llm_request("m")
        seen.append(open_status(recorded, "planner"))
        tracker.track_llm_response({"text": "hi"})
        seen.append(open_status(recorded, "planner"))
        tracker.track_stage(ExecutionStage.POST_PROCESS)
        seen.append(open_status(recorded, "planner"))
    assert seen == ["pending", None, "llm_request", "llm_response", None]
    ended = recorded.span("planner")
    assert names.STATUS not in ended.attributes
    assert ended.attributes[names.CALL_REASON] == "chosen by the router"
    assert recorded.parent_of("waiting to start") == "planner"
    assert recorded.span("waiting to start").attributes[names.CATEGORY] == "queue"


def test_a_change_of_status_is_announced_again(recorded: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("longpole.record.flusher.ANNOUNCE_AFTER_NS", 0)
    monkeypatch.setattr("longpole.record.flusher.ANNOUNCE_AGAIN_NS", 0)
    recorded.taken.takes_open = True
    tracker = tracker_of()
    with tracker.track_execution("run"):
        tracker.track_llm_request("m")
        recorded.flusher.collect()
        recorded.flusher.collect()
        tracker.track_llm_response()
        recorded.flusher.collect()
        announced = [s.attributes.get(names.STATUS) for s in recorded.taken.spans if s.name == "planner"]
    assert announced == ["llm_request", "llm_response"]


# Model calls


def test_a_model_call_is_a_step_with_request_response_and_usage(recorded: Any) -> None:
    tracker = tracker_of()
    with tracker.track_execution("run"):
        tracker.track_llm_request("gpt-5.1", {"messages": ["hi"]})
        tracker.track_llm_response({"content": "ho"}, 30, 12.5, input_tokens=20, output_tokens=10, model="gpt-5.1-mini")
    call = recorded.span("chat gpt-5.1")
    assert recorded.parent_of("chat gpt-5.1") == "planner"
    assert call.attributes[names.CATEGORY] == "llm"
    assert json.loads(call.attributes[names.INPUT]) == {"messages": ["hi"]}
    assert json.loads(call.attributes[names.OUTPUT]) == {"content": "ho"}
    assert (call.attributes["gen_ai.usage.input_tokens"], call.attributes["gen_ai.usage.output_tokens"]) == (20, 10)
    assert call.attributes[names.LATENCY_MS] == 12.5
    assert call.attributes["gen_ai.response.model"] == "gpt-5.1-mini"
    assert call.attributes["gen_ai.request.model"] == "gpt-5.1"
    assert names.TOTAL_TOKENS not in call.attributes


def test_tokens_of_which_only_the_sum_is_known_are_kept_as_a_sum(recorded: Any) -> None:
    tracker = tracker_of()
    with tracker.track_execution("run"):
        tracker.track_llm_request("m")
        tracker.track_llm_response({}, tokens_used=1234)
    attributes = recorded.span("chat m").attributes
    assert attributes[names.TOTAL_TOKENS] == 1234
    assert "gen_ai.usage.input_tokens" not in attributes


def test_a_client_library_that_records_the_same_call_is_below_it(recorded: Any) -> None:
    tracker = tracker_of()
    with tracker.track_execution("run"):
        tracker.track_llm_request("m")
        with longpole.time_step("library call", category="llm"):
            pass
        tracker.track_llm_response({})
        with longpole.time_step("afterwards"):
            pass
    assert recorded.parent_of("library call") == "chat m"
    assert recorded.parent_of("afterwards") == "planner"


def test_model_calls_at_the_same_time_get_their_own_responses(recorded: Any) -> None:
    async def main() -> None:
        tracker = tracker_of()

        async def ask(model: str, turns: int) -> None:
            tracker.track_llm_request(model, {"to": model})
            for _ in range(turns):
                await asyncio.sleep(0)
            tracker.track_llm_response({"from": model})

        async with tracker.track_execution("run"):
            await asyncio.gather(ask("slow", 9), ask("quick", 1), ask("middle", 5))

    asyncio.run(main())
    for model in ("slow", "quick", "middle"):
        call = recorded.span(f"chat {model}")
        assert recorded.parent_of(call.name) == "planner"
        assert json.loads(call.attributes[names.OUTPUT]) == {"from": model}


def test_a_request_without_a_response_ends_with_the_execution(recorded: Any) -> None:
    tracker = tracker_of()
    with tracker.track_execution("run"):
        tracker.track_llm_request("first")
        tracker.track_llm_request("second")
    assert recorded.parent_of("chat first") == recorded.parent_of("chat second") == "planner"
    assert names.OUTPUT not in recorded.span("chat second").attributes
    assert current.get() is None


def test_a_response_whose_request_was_not_told_began_when_its_latency_says(recorded: Any) -> None:
    tracker = tracker_of()
    with tracker.track_execution("run"):
        tracker.track_llm_response({"text": "hi"}, latency_ms=250, model="m", output_tokens=5)
    call = recorded.span("chat m")
    assert 250e6 <= call.ended_ns - call.started_ns < 300e6


def test_the_stages_around_a_model_call_need_not_be_told(recorded: Any) -> None:
    tracker = tracker_of()
    with tracker.track_execution("run"):
        tracker.track_stage(ExecutionStage.LLM_PREPARE)
        tracker.track_llm_request("m")
        tracker.track_llm_response({})
        tracker.track_llm_request("m")
        tracker.track_llm_response({})
    assert stages(recorded.span("planner"))[2:] == [
        ("llm_prepare", "started"),
        ("llm_prepare", "completed"),
        ("llm_call", "started"),
        ("llm_call", "completed"),
        ("complete", "completed"),
    ]


# Decisions, progress, checkpoints, credits


@pytest.mark.parametrize(
    "candidates",
    [
        {"plot": 0.9, "style": 0.7, "facts": 0.2},
        [("plot", 0.9), ("style", 0.7), ("facts", 0.2)],
        [{"name": "plot", "score": 0.9}, {"agent": "style", "score": 0.7}, {"candidate": "facts", "score": 0.2}],
    ],
    ids=["dictionary", "pairs", "dictionaries"],
)
def test_each_candidate_of_a_choice_is_a_decision(candidates: Any, recorded: Any) -> None:
    tracker = tracker_of("router")
    with tracker.track_execution("route"):
        tracker.track_decision(candidates, threshold=0.5, chosen="plot", reason="about the plot")
    found = {d["candidate"]: (d["score"], d["threshold"], d["outcome"]) for d in decisions(recorded.span("router"))}
    assert found == {
        "plot": (0.9, 0.5, "chosen"),
        "style": (0.7, 0.5, "passed_over"),
        "facts": (0.2, 0.5, "below_threshold"),
    }


def test_scores_may_come_in_a_list_of_their_own(recorded: Any) -> None:
    tracker = tracker_of("router")
    with tracker.track_execution("route"):
        tracker.track_decision(["plot", "style"], [0.9, 0.7], chosen=["plot", "style"])
    found = [(d["candidate"], d["score"], d["outcome"]) for d in decisions(recorded.span("router"))]
    assert found == [("plot", 0.9, "chosen"), ("style", 0.7, "chosen")]


def test_progress_checkpoints_and_credits_are_kept(recorded: Any) -> None:
    tracker = tracker_of(steps_total=10)
    with tracker.track_execution("run"):
        tracker.progress(3)
        tracker.checkpoint("outline", chapters=["one", "two"])
        tracker.checkpoint("draft")
        tracker.credits(1.5, "pages")
        tracker.credits(2)
    attributes = recorded.span("planner").attributes
    assert (attributes[names.STEPS_COMPLETED], attributes[names.STEPS_TOTAL]) == (3, 10)
    assert [checkpoint["name"] for checkpoint in attributes[names.CHECKPOINTS]] == ["outline", "draft"]
    assert attributes[names.CHECKPOINTS][0]["chapters"] == '["one","two"]'
    assert (attributes[names.CREDITS], attributes[names.CREDITS_UNIT]) == (3.5, "pages")


def test_what_a_checkpoint_holds_is_content(record_with: Callable[..., Any]) -> None:
    kept: list[Any] = []
    for mode in ("full", "hashed", "off"):
        recorded = record_with(mode)
        tracker = tracker_of(f"in mode {mode}")
        with tracker.track_execution("run"):
            tracker.checkpoint("draft", text="a secret plan", pages=[1, 2])
        kept += recorded.span(f"in mode {mode}").attributes[names.CHECKPOINTS]
    assert [checkpoint["name"] for checkpoint in kept] == ["draft"] * 3
    assert kept[0]["text"] == "a secret plan"
    assert kept[1]["text"].startswith("#")
    assert "text" not in kept[2]


# Parents


def test_the_id_is_known_before_the_execution_starts(recorded: Any) -> None:
    tracker = tracker_of()
    known = tracker.execution_id
    with tracker.track_execution("run"):
        running = longpole.current_execution()
        assert running is not None
        assert running.execution_id == known
    span = recorded.span("planner")
    assert span.trace_id + span.span_id == known


def test_an_agent_called_by_an_agent_is_below_the_step_that_calls(recorded: Any) -> None:
    outer = tracker_of("outer")
    with outer.track_execution("run"), longpole.time_step("ask the other"):
        inner = tracker_of("inner", parent_execution_id=outer.execution_id)
        with inner.track_execution("run"):
            pass
    assert recorded.parent_of("inner") == "ask the other"
    assert inner.execution_id[:32] == outer.execution_id[:32]


def test_a_parent_that_is_not_current_is_found_by_its_id(recorded: Any) -> None:
    outer = tracker_of("outer")
    with outer.track_execution("run"):
        known = outer.execution_id
    with longpole.time_step("elsewhere"), tracker_of("inner", parent_execution_id=known).track_execution("run"):
        pass
    assert recorded.parent_of("inner") == "outer"


def test_a_parent_in_another_process_is_named_by_its_id(recorded: Any) -> None:
    far = "0af7651916cd43dd8448eb211c80319c" + "b7ad6b7169203331"
    with tracker_of("inner", parent_execution_id=far).track_execution("run"):
        pass
    span = recorded.span("inner")
    assert (span.trace_id, span.parent_span_id) == (far[:32], far[32:])


def test_an_unknown_parent_is_named_in_the_log_and_changes_nothing(
    recorded: Any, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(2):
        with longpole.time_step("outer"), tracker_of("inner", parent_execution_id="abc").track_execution("run"):
            pass
    assert [record.message.split(". ")[0] for record in caplog.records] == [
        "There is no execution 'abc' to be a parent"
    ]
    assert {span.name for span in recorded.spans} == {"outer", "inner"}


def test_a_tracker_made_outside_of_everything_belongs_where_it_is_used(recorded: Any) -> None:
    tracker, known = tracker_of("late"), tracker_of("known")
    assert known.execution_id
    with longpole.time_step("request"), tracker.track_execution("run"), known.track_execution("run"):
        pass
    assert recorded.parent_of("late") == "request"
    assert recorded.parent_of("known") is None


def test_a_tracker_used_again_makes_another_execution(recorded: Any) -> None:
    tracker = tracker_of(conversation_id="c")
    with tracker.track_execution("first"):
        first = tracker.execution_id
        with tracker.track_execution("inside"):
            tracker.set_output("of the inner one")
        tracker.set_output("of the first one")
        assert tracker.execution_id == first
    with tracker.track_execution("second"):
        pass
    found = {span.attributes[names.METHOD]: span for span in recorded.spans}
    assert found["inside"].parent_span_id == found["first"].span_id
    assert found["second"].trace_id != found["first"].trace_id
    assert json.loads(found["first"].attributes[names.OUTPUT]) == "of the first one"
    assert {span.attributes["gen_ai.conversation.id"] for span in found.values()} == {"c"}


# Mistakes in what is told


class Awkward:
    """A value that cannot be shown."""

    def __str__(self) -> str:
        raise RuntimeError("no text")

    __repr__ = __str__


def test_whatever_a_tracker_is_told_the_program_goes_on(recorded: Any, caplog: pytest.LogCaptureFixture) -> None:
    awkward: Any = Awkward()
    tracker = tracker_of(vault_id=awkward, conversation_id=awkward, parent_execution_id=awkward)
    with tracker.track_execution("run", awkward):
        tracker.track_decision(None, chosen=5)
        tracker.credits("many")
        tracker.track_stage(awkward, awkward, more=awkward)
        tracker.track_llm_request(awkward, {"q": awkward})
        tracker.track_llm_response(awkward, awkward, "soon", input_tokens=awkward)
        tracker.track_should_respond(awkward, awkward, awkward)
        tracker.checkpoint(awkward, at=awkward)
        tracker.progress("three")
        tracker.log_event(awkward, awkward)
        tracker.set_output({1: awkward})
        with longpole.time_step("the work"):
            pass
    assert recorded.parent_of("the work") == "planner"
    assert any("track_decision failed" in record.message for record in caplog.records)


# Sampling, nothing configured, tracking switched off


def test_what_sampling_leaves_out_is_left_out_as_a_whole(record_with: Callable[..., Any]) -> None:
    recorded = record_with(sampling_rate=0.0)
    tracker = tracker_of()
    outside = tracker.execution_id
    with tracker.track_execution("run", {"q": 1}):
        tracker.track_stage("init")
        tracker.track_llm_request("m")
        tracker.track_llm_response({})
        tracker.set_output(1)
        inner = tracker_of("inner")
        with inner.track_execution("run"), longpole.time_step("step"):
            assert len(inner.execution_id) == 48
        with tracker_of("other", parent_execution_id=outside).track_execution("run"):
            tracker.track_pending()
    assert recorded.spans == []
    assert current.get() is None


def test_before_configure_and_with_tracking_off_there_is_only_one_idle_tracker(recorded: Any) -> None:
    assert AgentTrackerFactory(enabled=False).create_tracker("planner") is tracker_when_off()
    recorder.is_on = True
    assert isinstance(tracker_of(), ExecutionTracker)


def tracker_when_off() -> Any:
    recorder.is_on = False
    return tracker_of()


def test_the_idle_tracker_does_nothing_and_lets_exceptions_through(recorded: Any) -> None:
    async def run() -> None:
        tracker = NoOpTracker()
        async with tracker.track_execution(method="run", input_data={"q": 1}):
            await tracker.track_stage(ExecutionStage.INIT, "x", more=1)
            assert await tracker.track_should_respond(False, 0.5, "r") is False
            await tracker.set_output(1)
        with pytest.raises(KeyError), tracker.track_execution("run"):
            raise KeyError

    asyncio.run(run())
    assert recorded.spans == []


def test_the_idle_tracker_has_everything_that_a_tracker_has() -> None:
    def surface(tracker: type) -> set[str]:
        return {name for name, _ in inspect.getmembers(tracker) if not name.startswith("_")}

    assert surface(NoOpTracker) == surface(ExecutionTracker)
    for name in surface(ExecutionTracker):
        assert callable(getattr(NoOpTracker, name)) == callable(getattr(ExecutionTracker, name)), name
