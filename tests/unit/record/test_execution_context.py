"""`ExecutionContext`, by itself and as what `current_execution()` gives."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest

import longpole
from longpole import CurrentExecution, ExecutionContext
from longpole.wire import longpole_names as names


def test_it_measures_without_configure() -> None:
    with ExecutionContext("planner", "run") as context:
        running = context.duration
        assert context.end_time is None
    assert 0 <= running <= context.duration < 60
    assert context.start_time is not None
    assert context.end_time is not None
    assert context.start_time <= context.end_time <= datetime.now(UTC)
    assert context.duration == pytest.approx((context.end_time - context.start_time).total_seconds(), abs=1e-4)
    assert (context.agent, context.method, len(context.execution_id)) == ("planner", "run", 48)


def test_before_its_start_it_has_no_times() -> None:
    context = ExecutionContext("planner")
    assert (context.start_time, context.end_time, context.duration) == (None, None, 0.0)


def test_while_recording_is_on_it_is_an_execution(recorded: Any) -> None:
    async def run() -> ExecutionContext:
        async with ExecutionContext("planner", "run", input_data={"query": "q"}) as context:
            with longpole.time_step("load"):
                here = longpole.current_execution()
            assert here is not None
            assert (here.execution_id, here.agent, here.method) == (context.execution_id, "planner", "run")
            assert here.start_time == context.start_time
        return context

    context = asyncio.run(run())
    span = recorded.span("planner")
    assert span.trace_id + span.span_id == context.execution_id
    assert span.attributes[names.INPUT] == '{"query":"q"}'
    assert context.duration == pytest.approx((span.ended_ns - span.started_ns) / 1e9)
    assert recorded.parent_of("load") == "planner"


def test_an_exception_makes_it_failed_and_goes_on(recorded: Any) -> None:
    with pytest.raises(KeyError), ExecutionContext("planner"):
        raise KeyError("x")
    assert recorded.span("planner").status_code == 2
    assert longpole.current_execution() is None


def test_what_sampling_left_out_measures_itself_all_the_same(record_with: Any) -> None:
    recorded = record_with(sampling_rate=0.0)
    with ExecutionContext("outer"), ExecutionContext("inner") as inner:
        assert len(inner.execution_id) == 48
        assert longpole.current_execution() is None
    assert inner.duration > 0
    assert recorded.spans == []


def test_the_running_execution_shows_its_times(recorded: Any) -> None:
    @longpole.agent
    def writer() -> Any:
        found = longpole.current_execution()
        assert found is not None
        assert found.end_time is None
        return found

    found = writer()
    assert isinstance(found, CurrentExecution)
    assert found.end_time is not None
    assert "writer" in repr(found)
