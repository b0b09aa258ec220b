"""What a run used: counted from its steps, in the process, as the server counts them."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import longpole
from longpole.model.category import Category
from longpole.record.recorder import recorder
from longpole.testing.spent import spent_of
from longpole.testing.watch import Watch
from longpole.wire import longpole_names as names
from longpole.wire.otlp_encode import SpanOut

MS = 1_000_000
TRACE = "0af7651916cd43dd8448eb211c80319c"


@pytest.fixture
def watch() -> Iterator[Watch]:
    """A watch that has started; whoever recorded before this test is no longer there."""
    recorder.records.clear()
    watch = Watch()
    watch.start()
    yield watch
    watch.stop()


@longpole.timing_step(category=Category.LLM)
def model(tokens: int | None) -> None:
    """A model call that tells its tokens, or does not."""
    if tokens is not None:
        longpole.set_usage(model="gpt-4o", provider="openai", input_tokens=tokens, output_tokens=2)


@longpole.timing_step(category=Category.TOOL)
def tool() -> None:
    """A tool."""


@longpole.agent
def agent(*tokens: int | None) -> None:
    """A model call for each number, and a tool."""
    for each in tokens:
        model(each)
    tool()


def test_calls_tokens_and_cost_are_counted_without_a_server_and_without_configure(watch: Watch) -> None:
    agent(100, 200)
    spent = spent_of(watch.since(0), 1)
    assert (spent.executions, spent.model_calls, spent.tool_calls) == (1, 2, 1)
    assert (spent.input_tokens, spent.output_tokens, spent.tokens) == (300, 4, 304)
    assert spent.cost_usd is not None
    assert {(part.name, part.category, part.count) for part in spent.parts} == {
        ("model", "llm", 2),
        ("tool", "tool", 1),
        ("agent", "agent", 1),
    }


def test_what_a_model_call_does_not_tell_is_unknown_and_never_nothing(watch: Watch) -> None:
    agent(None)
    spent = spent_of(watch.since(0), 1)
    assert (spent.input_tokens, spent.tokens, spent.cost_usd) == (None, None, None)
    assert (spent.model_calls_without_usage, spent.model_calls_without_cost) == (1, 1)


def test_a_run_without_a_model_used_no_tokens_and_took_as_long_as_the_clock_says(watch: Watch) -> None:
    spent = spent_of(watch.since(0), 7)
    assert (spent.duration_ns, spent.executions, spent.tokens, spent.cost_usd) == (7, 0, 0, 0.0)


def test_a_part_of_a_test_is_counted_for_itself_also_inside_of_a_step_that_goes_on(watch: Watch) -> None:
    with longpole.time_step("around"):
        agent(1)
        count = watch.count()
        agent(10, 20)
        spent = spent_of(watch.since(count), 1)
    assert (spent.executions, spent.model_calls, spent.input_tokens) == (1, 2, 30)


def test_when_it_is_over_nothing_is_recorded_any_more(watch: Watch) -> None:
    agent(1)
    watch.stop()
    agent(1)
    assert not recorder.is_on
    assert len(recorder.records) == 0


def test_a_program_that_configures_itself_is_seen_too_and_goes_on_recording(tmp_path: Path, watch: Watch) -> None:
    longpole.configure(spool=tmp_path, endpoint="http://127.0.0.1:9")
    try:
        agent(5)
        assert spent_of(watch.since(0), 1).input_tokens == 5
        watch.stop()
        assert recorder.is_on
    finally:
        longpole.shutdown(0.1)


def span(number: int, started_ms: int, ended_ms: int, **attributes: Any) -> SpanOut:
    """An execution of its own."""
    return SpanOut(
        trace_id=f"{number:032x}",
        span_id=f"{number:016x}",
        parent_span_id=None,
        name=f"agent {number}",
        started_ns=10**18 + started_ms * MS,
        ended_ns=10**18 + ended_ms * MS,
        status_code=1,
        status_message="",
        attributes={names.KIND: "agent", **attributes},
    )


def test_executions_that_run_at_the_same_time_count_once() -> None:
    spent = spent_of([span(1, 0, 30), span(2, 10, 40), span(3, 100, 105)], 1)
    assert (spent.duration_ns, spent.executions) == (45 * MS, 3)
