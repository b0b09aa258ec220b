"""Haystack's own tracing, as it calls ours."""

from collections.abc import Iterator
from threading import Thread
from typing import Any

import pytest

import longpole
from longpole.record.instrument import opentelemetry_context
from longpole.record.instrument.haystack import HaystackTracer
from longpole.record.instrument.opentelemetry_spans import own_provider


@pytest.fixture
def tracer() -> Iterator[HaystackTracer]:
    opentelemetry_context.install()
    yield HaystackTracer(own_provider().get_tracer("haystack"), str)
    opentelemetry_context.remove()


def test_components_and_tools_are_named_and_an_agent_is_an_execution(tracer: HaystackTracer, recorded: Any) -> None:
    with tracer.trace("haystack.pipeline.run"), tracer.trace("haystack.agent.run") as run:
        found = longpole.current_execution()
        run.set_content_tag("haystack.agent.input", ["hello"])
        with tracer.trace("haystack.agent.step.tool", {"haystack.tool.name": "look"}), longpole.time_step("ours"):
            pass
        with tracer.trace("haystack.component.run", {"haystack.component.name": "prompt"}):
            pass
    assert found is not None
    ours, tool, component = (recorded.span(name) for name in ("ours", "look", "prompt"))
    agent = recorded.span("haystack.agent.run")
    assert ours.parent_span_id == tool.span_id
    assert tool.parent_span_id == component.parent_span_id == agent.span_id
    assert agent.parent_span_id == recorded.span("haystack.pipeline.run").span_id


def test_in_a_thread_that_knows_of_nothing_the_parent_that_haystack_gives_counts(
    tracer: HaystackTracer, recorded: Any
) -> None:
    def run_tool(parent: Any) -> None:
        with tracer.trace("tool", parent_span=parent):
            pass

    with tracer.trace("agent"):
        thread = Thread(target=run_tool, args=(tracer.current_span(),))
        thread.start()
        thread.join()
    assert recorded.span("tool").parent_span_id == recorded.span("agent").span_id


def test_an_error_that_leaves_the_block_is_that_of_the_step(tracer: HaystackTracer, recorded: Any) -> None:
    with pytest.raises(ValueError, match="no"), tracer.trace("component"):
        raise ValueError("no")
    assert recorded.span("component").status_code == 2
