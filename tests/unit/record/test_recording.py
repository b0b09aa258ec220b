"""What is kept of a call: inputs, outputs, events, usage; and what is not."""

import asyncio
import inspect
import json
from collections.abc import Callable
from typing import Any

import pytest

import longpole
from longpole.record.annotate import current_execution
from longpole.record.recorder import recorder


def test_before_configure_a_decorated_function_only_works() -> None:
    @longpole.timing_step
    def plain(value: int) -> int:
        return value + 1

    assert plain(1) == 2
    assert not recorder.records


def test_a_function_that_was_decorated_before_is_recorded_after_configure(record_with: Callable[..., Any]) -> None:
    @longpole.timing_step
    def early() -> None:
        pass

    early()
    recorded = record_with()
    early()
    assert len(recorded.spans) == 1


def test_inputs_are_kept_by_parameter_name_as_they_were_at_the_call(recorded: Any) -> None:
    @longpole.timing_step
    def change(items: list[int], *rest: int, flag: bool = False) -> list[int]:
        items.append(99)
        return items

    change([1], 2, 3, flag=True)
    attributes = recorded.span("change").attributes
    assert json.loads(attributes["longpole.input"]) == {"items": [1], "*": [2, 3], "flag": True}
    assert json.loads(attributes["longpole.output"]) == [1, 99]


def test_secrets_do_not_leave_the_process(recorded: Any) -> None:
    @longpole.timing_step
    def call(headers: dict[str, str], note: str) -> None:
        raise RuntimeError("refused key sk-abcdefghijklmnopqrstuv")

    with pytest.raises(RuntimeError):
        call({"Authorization": "Basic dXNlcjpwYXNz"}, "write to ada@example.com")
    text = repr(recorded.span("call"))
    for secret in ("dXNlcjpwYXNz", "ada@example.com", "sk-abcdef"):
        assert secret not in text


def test_hashed_content_keeps_key_names_and_equality_only(record_with: Callable[..., Any]) -> None:
    recorded = record_with("hashed")

    @longpole.timing_step
    def find(city: str, where: dict[str, Any]) -> str:
        return city

    find("Lisbon", {"country": "Portugal"})
    find("Lisbon", {"country": "Portugal"})
    one, two = recorded.spans
    assert "Lisbon" not in repr(one)
    assert "Portugal" not in repr(one)
    kept = json.loads(one.attributes["longpole.input"])
    assert set(kept) == {"city", "where"}
    assert set(kept["where"]) == {"country"}
    assert json.loads(one.attributes["longpole.output"]) == kept["city"]
    assert one.attributes["longpole.argument_hash"] == two.attributes["longpole.argument_hash"]


def test_content_off_keeps_nothing_of_inputs_and_outputs(record_with: Callable[..., Any]) -> None:
    recorded = record_with("off")

    @longpole.timing_step
    def find(city: str) -> str:
        return city

    find("Lisbon")
    assert not {"longpole.input", "longpole.output", "longpole.argument_hash"} & set(recorded.span("find").attributes)


def test_what_is_too_long_is_cut_and_says_so(record_with: Callable[..., Any]) -> None:
    recorded = record_with(limit=200)

    @longpole.timing_step
    def read(text: str, rows: list[int]) -> None:
        pass

    read("x" * 1_000_000, list(range(1000)))
    kept = recorded.span("read").attributes["longpole.input"]
    assert len(kept) < 1000
    assert "[cut: " in kept


class _Stubborn:
    def __repr__(self) -> str:
        raise OSError("no repr today")


def test_values_that_nobody_can_encode_are_described(recorded: Any) -> None:
    @longpole.timing_step
    def take(value: Any) -> None:
        pass

    circle: list[Any] = []
    circle.append(circle)
    for value in (object(), _Stubborn(), circle, 2**80, {(1, 2): "tuple key"}, b"\xff", float("nan")):
        take(value)
    assert len(recorded.spans) == 7
    assert all("longpole.input" in span.attributes for span in recorded.spans)


def test_the_kind_of_a_function_stays_what_it_was() -> None:
    @longpole.timing_step
    async def coroutine() -> None: ...

    @longpole.timing_step
    def generator() -> Any:
        yield

    @longpole.timing_step
    async def async_generator() -> Any:
        yield

    assert inspect.iscoroutinefunction(coroutine)
    assert inspect.isgeneratorfunction(generator)
    assert inspect.isasyncgenfunction(async_generator)
    assert coroutine.__name__ == "coroutine"


def test_usage_decisions_stages_and_lines_are_in_the_step_or_its_execution(recorded: Any) -> None:
    @longpole.agent
    def helper() -> None:
        longpole.track_stage("should_respond")
        longpole.track_should_respond(False, 0.1, "not my subject", threshold=0.5)
        longpole.track_decision("search", score=0.9, outcome="chosen")
        with longpole.time_step("ask", category="llm"):
            longpole.set_usage(model="m", input_tokens=3, output_tokens=0)
            longpole.first_token()
            longpole.log_event("asked", level="debug", attempt=1)

    helper()
    execution, step = recorded.span("helper"), recorded.span("ask")
    assert execution.attributes["longpole.status"] == "skipped"
    decisions = [event.attributes for event in execution.events if event.name == "longpole.decision"]
    assert [(decision["candidate"], decision["score"]) for decision in decisions] == [("helper", 0.1), ("search", 0.9)]
    assert decisions[0]["threshold"] == 0.5
    stages = [event.attributes for event in execution.events if event.name == "longpole.stage"]
    assert [stage["status"] for stage in stages] == ["started", "completed"]
    assert step.attributes["gen_ai.usage.output_tokens"] == 0
    assert "gen_ai.usage.cache_read.input_tokens" not in step.attributes
    assert step.attributes["longpole.first_token_ns"] >= 0
    assert step.events[0].attributes == {"level": "debug", "message": "asked", "attempt": 1}


def test_a_providers_usage_object_is_sent_under_the_names_of_its_interface(recorded: Any) -> None:
    class Usage:
        """As the providers' libraries make them, with names of their own for a few keys."""

        def model_dump(self, *, mode: str, by_alias: bool, exclude_none: bool) -> dict[str, Any]:
            assert (mode, by_alias, exclude_none) == ("json", True, True)
            return {"promptTokenCount": 7, "candidatesTokenCount": 2}

    @longpole.agent
    def helper() -> None:
        with longpole.time_step("ask", category="llm"):
            longpole.set_usage(model="gemini-2.5-flash", provider="google", reported=Usage())
        with longpole.time_step("ask again", category="llm"):
            longpole.set_usage(model="gpt-5.1", reported={"input_tokens": 7})

    helper()
    told = recorded.span("ask").attributes["longpole.usage"]
    assert told == {"promptTokenCount": 7, "candidatesTokenCount": 2}
    assert recorded.span("ask again").attributes["longpole.usage"] == {"input_tokens": 7}


def test_a_line_after_the_end_of_its_step_goes_by_itself(recorded: Any) -> None:
    async def later() -> None:
        await asyncio.sleep(0)
        longpole.log_event("late")

    async def main() -> None:
        async with longpole.time_step("outer"):
            task = asyncio.create_task(later())
        await task

    asyncio.run(main())
    outer = recorded.span("outer")
    assert [(log.body, log.span_id) for log in recorded.taken.logs if log.body] == [("late", outer.span_id)]


def test_the_current_execution_is_the_one_that_is_sent(recorded: Any) -> None:
    @longpole.agent("helper")
    def helper() -> str:
        with longpole.time_step("inner"):
            found = current_execution()
        assert found is not None
        return found.execution_id

    execution_id = helper()
    span = recorded.span("helper")
    assert execution_id == span.trace_id + span.span_id
    assert current_execution() is None


def test_an_agent_that_never_runs_is_known(recorded: Any) -> None:
    @longpole.agent("idle agent")
    def idle() -> None: ...

    _ = recorded.spans
    (log,) = [log for log in recorded.taken.logs if log.attributes.get("longpole.agent") == "idle agent"]
    assert log.event_name == "longpole.agent.registered"
    assert log.attributes["code.file.path"] == __file__


def test_sampling_keeps_or_leaves_out_whole_executions(record_with: Callable[..., Any]) -> None:
    recorded = record_with(sampling_rate=0.5)

    @longpole.timing_step
    def inner() -> None:
        assert (longpole.traceparent() is None) == (current_execution() is None)

    @longpole.agent
    def outer() -> None:
        inner()

    for _ in range(200):
        outer()
    names = [span.name for span in recorded.spans]
    assert names.count("outer") == names.count("inner")
    assert 50 < names.count("outer") < 150


def test_an_open_step_is_announced_and_replaced_at_its_end(recorded: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("longpole.record.flusher.ANNOUNCE_AFTER_NS", 0)
    recorded.taken.takes_open = True
    with longpole.time_step("long"):
        _ = recorded.spans
        (announced,) = recorded.spans
    assert announced.ended_ns == 0
    assert announced.attributes["longpole.open"] is True
    ended = recorded.spans[-1]
    assert ended.span_id == announced.span_id
    assert ended.ended_ns > ended.started_ns


def test_open_steps_are_not_sent_to_servers_that_do_not_know_them(recorded: Any) -> None:
    with longpole.time_step("long"):
        _ = recorded.spans
        assert recorded.spans == []


def test_a_stream_of_a_model_knows_its_first_token_and_its_text(recorded: Any) -> None:
    @longpole.timing_step(category="llm")
    def stream() -> Any:
        yield "Lis"
        yield "bon"

    assert "".join(stream()) == "Lisbon"
    span = recorded.span("stream")
    assert span.attributes["longpole.output"] == '"Lisbon"'
    assert 0 <= span.attributes["longpole.first_token_ns"] <= span.ended_ns - span.started_ns


def test_memory_is_bounded_by_bytes_and_what_was_dropped_is_counted(record_with: Callable[..., Any]) -> None:
    recorded = record_with(held_limit=1_000_000)

    @longpole.timing_step
    def read(text: str) -> None:
        pass

    with longpole.time_step("the execution around them"):
        for number in range(5000):
            read(f"{number:0600d}")
        kept = [span.attributes["longpole.input"] for span in recorded.spans]
    assert 900 <= len(kept) <= 1100  # of about 1,000 bytes each
    assert kept[-1] == f'{{"text":"{4999:0600d}"}}'  # the latest
    assert recorded.taken.dropped == 5000 - len(kept)
    assert recorded.span("the execution around them").ended_ns > 0


def test_large_inputs_are_not_kept_once_memory_is_full(record_with: Callable[..., Any]) -> None:
    recorded = record_with(held_limit=10_000)

    @longpole.timing_step
    def read(text: str) -> None:
        pass

    for _ in range(10):
        read("x" * 6000)
    kept = [span for span in recorded.spans if "longpole.input" in span.attributes]
    assert len(kept) == 2
    assert recorded.taken.dropped == 8
